//! A store that was lost, or an earlier copy that was put back: which of the rotations that only names tell of are taken over, and which are left.

use std::collections::BTreeMap;
use std::time::Duration;

use rotate::cycle::Verdict;
use rotate::model::{Hold, Status};
use rotate::rotation::Stage;
use rotate::store::Store;

use crate::driver::{Disk, Fault, Game, Order, Passed, Scenario, What};
use crate::engine::Build;

/// The call that starts the successor; before it nothing has the unit's name but what does not run.
const START: usize = 8;
const CREATE: usize = 3;

/// One container, updated in good weather as often.
fn updated(times: usize) -> Game {
    let mut game = Game::by_hand(Scenario::plain(false));
    for n in 0..times {
        if n > 0 {
            let image = game.scenario.units[0].spec.image.clone();
            game.world.sim.publish(&image, Build { health: None, ..Build::new(&format!("web-{}", n + 2)) });
        }
        assert_eq!(verdicts(&game.pass(Order::Run)), [Verdict::Rotated]);
    }
    game
}

fn verdicts(passed: &Passed) -> Vec<Verdict> {
    passed.report.entries.iter().map(|entry| entry.verdict).collect()
}

/// What runs, by name: its version, and whether it does.
fn containers(game: &Game) -> BTreeMap<String, (String, bool)> {
    let host = game.world.sim.host();
    host.containers.values().map(|c| (c.name.clone(), (c.build.version.clone(), c.status == Status::Running))).collect()
}

/// The names of the predecessors that are there, the older first.
fn kept(game: &Game) -> Vec<String> {
    let host = game.world.sim.host();
    let mut all: Vec<_> = host.containers.values().filter(|c| c.name.contains(".rotate-old-")).collect();
    all.sort_by_key(|c| c.created);
    all.into_iter().map(|c| c.name.clone()).collect()
}

fn known(game: &Game) -> Vec<Stage> {
    game.store.disk().records.values().map(|record| record.stage).collect()
}

fn lose(game: &Game) {
    *game.store.disk() = Disk::default();
}

/// By another process than one that has died.
fn hold(game: &Game) {
    game.world.set_dead(false);
    let (name, at) = (game.scenario.units[0].spec.name.clone(), game.world.sim.host().epoch);
    game.store.hold(&Hold { name, reason: None, until: None, at }).expect("a hold is written");
}

#[test]
fn of_two_kept_predecessors_whose_records_are_lost_the_newer_can_be_taken_back_and_the_older_is_left() {
    let mut game = updated(2);
    let (before, old) = (containers(&game), kept(&game));
    assert_eq!(old.len(), 2, "{before:?}");
    lose(&game);
    let passed = game.pass(Order::Run);
    assert_eq!(containers(&game), before);
    assert_eq!(known(&game), [Stage::Kept]);
    let left: Vec<_> = passed.report.entries.iter().filter(|entry| entry.reason == Some("orphan")).map(|entry| &entry.name).collect();
    assert_eq!(left, [&old[0]], "{:?}", passed.report.entries);

    game.pass(Order::Run);
    assert_eq!((containers(&game), known(&game)), (before, vec![Stage::Kept]), "a further run changes nothing");
    game.pass(Order::RollBack("web"));
    let web = |version: &str, runs: bool| (version.to_owned(), runs);
    assert_eq!(containers(&game), [(old[0].clone(), web("web-1", false)), ("web".to_owned(), web("web-2", true))].into());
}

#[test]
fn a_kept_rotation_that_the_store_knows_does_not_hide_a_later_one_that_it_has_lost() {
    let mut game = updated(1);
    let copy = game.store.disk().clone();
    game.world.sim.publish("registry.sim/web:latest", Build { health: None, ..Build::new("web-3") });
    game.pass(Order::Run);
    let before = containers(&game);
    *game.store.disk() = copy;
    game.pass(Order::Run);
    assert_eq!((containers(&game), known(&game)), (before, vec![Stage::Kept; 2]));
    game.pass(Order::RollBack("web"));
    assert_eq!(containers(&game)["web"], ("web-2".to_owned(), true));
}

#[test]
fn a_dry_run_and_a_run_beside_a_daemon_take_nothing_over() {
    for order in [Order::DryRun, Order::BesideADaemon] {
        let mut game = updated(1);
        let before = containers(&game);
        lose(&game);
        game.pass(order);
        assert_eq!((containers(&game), known(&game)), (before.clone(), vec![]), "{order:?}");
        game.pass(Order::Run);
        assert_eq!((containers(&game), known(&game)), (before, vec![Stage::Kept]), "what they leave is still there for another run");
    }
}

#[test]
fn of_a_unit_that_is_held_nothing_is_taken_over_while_it_serves() {
    let mut game = updated(1);
    let before = containers(&game);
    lose(&game);
    hold(&game);
    game.pass(Order::Run);
    assert_eq!((containers(&game), known(&game)), (before, vec![]));
    assert!(game.store.release("web").expect("it was held"));
    game.pass(Order::Run);
    assert_eq!(known(&game), [Stage::Kept]);
}

#[test]
fn a_unit_that_is_held_and_down_is_brought_back_by_names() {
    let mut game = Game::by_hand(Scenario::plain(false));
    game.pass_in(vec![Fault { at: START, only_changes: true, what: What::CrashBefore }]);
    assert!(containers(&game).values().all(|(_, runs)| !runs), "{:?}", containers(&game));
    lose(&game);
    hold(&game);
    game.pass(Order::Run);
    assert_eq!(containers(&game), [("web".to_owned(), ("web-1".to_owned(), true))].into());
}

#[test]
fn a_record_from_an_earlier_copy_of_the_store_gives_way_to_the_later_rotation_that_the_names_tell_of() {
    let mut game = Game::by_hand(Scenario::sick());
    // On the way back: so it stands in the copy.
    let cut = |at| vec![Fault { at, only_changes: true, what: What::CrashBefore }];
    game.pass_in(cut(START + 2));
    let copy = game.store.disk().clone();
    game.pass(Order::Run);
    let image = game.scenario.units[0].spec.image.clone();
    game.world.sim.publish(&image, Build { health: None, ..Build::new("web-3") });
    game.pass_in(cut(START));
    assert_eq!(kept(&game).len(), 1, "the later one was cut after its renames: {:?}", containers(&game));
    *game.store.disk() = copy;
    game.pass(Order::Run);
    let serves = containers(&game).get("web").is_some_and(|(_, runs)| *runs);
    assert!(serves, "{:?}", containers(&game));
}

#[test]
fn a_create_of_a_lost_rotation_that_lands_after_the_next_one_is_cleared_away_and_told_as_nothing_else() {
    let mut game = Game::by_hand(Scenario::plain(false));
    let create = What::CrashWhile(Duration::from_secs(20));
    game.pass_in(vec![Fault { at: CREATE, only_changes: true, what: create }]);
    lose(&game);
    assert_eq!(verdicts(&game.pass(Order::Run)), [Verdict::Rotated]);
    game.world.advance(Duration::from_secs(20));
    assert_eq!(containers(&game).len(), 3, "the old one is kept, and the create has landed: {:?}", containers(&game));
    let passed = game.pass(Order::Run);
    assert!(!verdicts(&passed).contains(&Verdict::RolledBack), "{:?}", passed.report.entries);
    assert_eq!(containers(&game).len(), 2);
    assert_eq!(containers(&game)["web"], ("web-2".to_owned(), true));
}
