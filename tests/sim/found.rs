//! What seeds have found, each as the shortest story that shows it.

use std::time::Duration;

use rotate::cycle::Verdict;
use rotate::model::{Health, RestartPolicy};

use crate::driver::{Ask, Fault, Game, Hand, Order, Scenario, What, Wrong, play_scripted};
use crate::engine::{Build, Flavour};

/// A rotation of one container: pin, pull, tag, create, stop, update, rename, rename, start.
const START: usize = 8;
const CREATE: usize = 3;
const STOP: usize = 4;

fn at(change: usize, what: What) -> Fault {
    Fault { at: change, only_changes: true, what }
}

fn check(scenario: Scenario, faults: Vec<Fault>) {
    if let Err((wrong, story)) = play_scripted(scenario, faults) {
        panic!("{wrong}\n{}", story.join("\n"));
    }
}

#[test]
fn a_good_image_is_not_refused_because_its_engine_takes_longer_to_start_it_than_the_gate_allows() {
    // It is not healthy at the first look, and its 20 s are not over.
    check(Scenario::plain(true), vec![at(START, What::Slow(Duration::from_secs(50)))]);
}

#[test]
fn a_start_that_lands_after_the_agent_has_given_up_is_waited_for_by_the_next_one() {
    check(Scenario::plain(false), vec![at(START, What::Slow(Duration::from_secs(270)))]);
}

#[test]
fn an_engine_that_is_behind_its_own_rename_for_a_moment_keeps_no_service_down() {
    for call in CREATE..2 * START {
        for (scenario, end) in [(Scenario::plain(false), Verdict::Rotated), (Scenario::sick(), Verdict::RolledBack)] {
            let passed = Game::by_hand(scenario).pass_in(vec![at(call, What::NameIsLate)]);
            let verdicts: Vec<_> = passed.report.entries.iter().map(|entry| entry.verdict).collect();
            assert_eq!(verdicts, [end], "at change {call}");
        }
    }
}

#[test]
fn what_is_given_up_because_the_engine_went_away_while_it_was_prepared_is_told_as_not_done() {
    let away = Duration::from_secs(5);
    for call in 1..=CREATE {
        let mut game = Game::by_hand(Scenario::plain(false));
        let passed = game.pass_in(vec![at(call, What::Engine { is_killed: false, loses: false, is_done: false, away })]);
        let told: Vec<_> = passed.report.entries.iter().map(|entry| (entry.verdict, entry.is_fault)).collect();
        assert_eq!(told, [(Verdict::Withdrawn, true)], "at change {call}: {:?}", passed.report.entries);
        let passed = game.pass(Order::Run);
        assert_eq!(passed.report.entries.last().map(|entry| entry.verdict), Some(Verdict::Rotated), "{:?}", passed.report.entries);
    }
}

#[test]
fn a_create_that_lands_after_the_agent_was_killed_leaves_nothing() {
    check(Scenario::plain(false), vec![at(CREATE, What::CrashWhile(Duration::from_secs(20)))]);
}

#[test]
fn a_stop_that_lands_after_the_agent_was_killed_and_the_new_container_was_pruned_leaves_no_service_down() {
    let mut game = Game::by_hand(Scenario::plain(false));
    game.pass_in(vec![at(STOP, What::CrashWhile(Duration::from_secs(40)))]);
    game.world.sim.host().prune_containers();
    // A run would stop it once more for what is new.
    game.pass(Order::RollBack("web"));
    game.world.advance(Duration::from_secs(120));
    let host = game.world.sim.host();
    assert!(host.find("web").is_some_and(|web| web.is_running()), "{:?}", host.find("web").map(|web| web.status));
}

#[test]
fn a_pin_that_lands_after_its_rotation_was_closed_is_removed_by_a_later_run() {
    // Two runs later: the second one closed its record, and tried the image anew.
    check(Scenario::sick(), vec![at(0, What::CrashWhile(Duration::from_secs(800)))]);
}

#[test]
fn an_image_that_was_pulled_and_given_up_goes_once_its_tag_has_moved_on_and_once_it_is_refused() {
    for (variant, kept) in [(Some(Health::Unhealthy), "web-1"), (None, "web-3")] {
        let mut game = Game::by_hand(if variant.is_some() { Scenario::sick() } else { Scenario::plain(false) });
        game.pass_in(vec![at(CREATE, What::Refuse)]);
        assert_eq!(versions(&game), ["web-1", "web-2"], "what was pulled waits for the next attempt");
        if variant.is_none() {
            let image = game.scenario.units[0].spec.image.clone();
            game.world.sim.publish(&image, Build { health: None, ..Build::new("web-3") });
        }
        game.pass(Order::Run);
        assert!(!versions(&game).contains(&"web-2".to_owned()) && versions(&game).contains(&kept.to_owned()), "{:?}", versions(&game));
    }
}

#[test]
fn a_sick_image_goes_though_whoever_pulled_it_was_killed_before_it_could_say_so() {
    let pull = 1;
    for what in [What::CrashAfter, What::CrashAtSave { is_written: false }] {
        let mut game = Game::by_hand(Scenario::sick());
        game.pass_in(vec![at(pull, what)]);
        game.pass(Order::Run);
        game.pass(Order::Run);
        assert_eq!(versions(&game), ["web-1"]);
    }
}

#[test]
fn a_tag_that_was_not_there_before_a_sick_image_came_is_not_there_after_it() {
    let mut game = Game::by_hand(Scenario::sick());
    let image = game.scenario.units[0].spec.image.clone();
    {
        let mut host = game.world.sim.host();
        let id = host.images.find(&image).expect("it runs");
        let kept = image.replace(":latest", ":kept");
        host.images.tag(&id, &kept.parse().expect("a reference")).expect("it is there");
        host.images.remove(&image, &[]).expect("it has another name");
    }
    let passed = game.pass_in(Vec::new());
    let verdicts: Vec<_> = passed.report.entries.iter().map(|entry| entry.verdict).collect();
    assert_eq!(verdicts, [Verdict::RolledBack]);
    let host = game.world.sim.host();
    let tags: Vec<&str> = host.images.tags().map(|(tag, _)| tag).collect();
    assert!(tags.iter().all(|tag| tag.ends_with(":kept")), "{tags:?}");
    drop(host);
    assert_eq!(versions(&game), ["web-1"]);
}

#[test]
fn a_predecessor_that_another_hand_removes_on_the_way_back_serves_again_in_the_same_run() {
    for change in START + 1..START + 8 {
        let mut game = Game::by_hand(Scenario::sick());
        let passed = game.pass_in(vec![at(change, What::Hand(Hand::PruneContainers))]);
        let verdicts: Vec<_> = passed.report.entries.iter().map(|entry| (entry.verdict, entry.message.clone())).collect();
        assert!(matches!(verdicts[..], [(Verdict::RolledBack, _)]), "at change {change}: {verdicts:?}");
    }
}

#[test]
fn a_tag_that_a_prune_takes_in_the_middle_is_there_again_when_the_rotation_was_undone() {
    for change in 1..START + 9 {
        let mut game = Game::by_hand(Scenario::sick());
        game.pass_in(vec![at(change, What::Hand(Hand::PruneImages { all: true }))]);
        game.pass(Order::Run);
        let image = game.scenario.units[0].spec.image.clone();
        let host = game.world.sim.host();
        let version = host.images.find(&image).and_then(|id| host.images.build(&id)).map(|build| build.version.clone());
        assert_eq!(version.as_deref(), Some("web-1"), "at change {change}");
    }
}

#[test]
fn a_tag_does_not_stay_at_a_refused_image_where_what_it_pointed_to_before_was_pruned() {
    let mut game = Game::by_hand(Scenario::sick());
    let image = game.scenario.units[0].spec.image.clone();
    // A person had pulled one that nobody runs.
    game.world.sim.host().pull(&image).expect("the registry answers");
    game.world.sim.publish(&image, Build { health: Some(false), ..Build::new("web-3") });
    game.pass_in(vec![at(START, What::Hand(Hand::PruneImages { all: false }))]);
    assert_eq!(versions(&game), ["web-1"]);
    let host = game.world.sim.host();
    assert_eq!(host.images.find(&image).and_then(|id| host.images.build(&id)).map(|build| build.version.as_str()), Some("web-1"));
}

#[test]
fn an_unanswered_create_is_waited_for_whatever_the_engine_does_not_tell_and_whoever_prunes_meanwhile() {
    let slow = || at(CREATE, What::Slow(Duration::from_secs(336)));
    // What is looked at while the create is asked for again.
    for call in 60..140 {
        let beside = |what| vec![slow(), Fault { at: call, only_changes: false, what }];
        check(Scenario::plain(false), beside(What::Refuse));
        let scenario = Scenario { flavour: Flavour::DOCKER_26_1_CONTAINERD, ..Scenario::plain(false) };
        check(scenario, beside(What::Hand(Hand::PruneImages { all: true })));
    }
}

#[test]
fn a_way_back_that_could_not_be_written_down_does_not_cost_the_next_attempt_its_pin() {
    // On this engine the old image is gone with its last name.
    let scenario = Scenario { flavour: Flavour::DOCKER_26_1_CONTAINERD, ..Scenario::sick() };
    check(scenario, vec![at(CREATE, What::Full(3))]);
}

#[test]
fn a_predecessor_that_was_created_again_and_could_not_be_written_down_is_known_again() {
    // Both go when both are stopped; then come the tag and the create.
    let create_again = START;
    check(Scenario::plain(false), vec![at(START - 2, What::Hand(Hand::PruneContainers)), at(create_again, What::Full(3))]);
}

#[test]
fn what_is_past_its_time_and_still_there_can_be_taken_back() {
    let mut game = Game::by_hand(Scenario::plain(false));
    game.pass(Order::Run);
    game.world.advance(game.scenario.config.keep_old + Duration::from_secs(3600));
    game.pass(Order::RollBack("web"));
    let host = game.world.sim.host();
    let all: Vec<_> = host.containers.values().map(|c| (c.name.as_str(), c.build.version.as_str(), c.is_running())).collect();
    assert_eq!(all, [("web", "web-1", true)]);
}

#[test]
fn a_rollback_in_which_compose_makes_a_container_of_its_own_ends() {
    for change in 0..12 {
        let scenario = Scenario { ask: Ask::RollBack, ..Scenario::plain(false).composed() };
        check(scenario, vec![at(change, What::Hand(Hand::ComposeUp(0)))]);
    }
}

#[test]
fn what_the_engine_has_lost_is_ended_before_the_other_one_starts_or_a_person_is_called() {
    let mut called = 0;
    for flavour in [Flavour::DOCKER_26_1, Flavour::DOCKER_20_10] {
        // What is asked from the start of the new one on.
        for call in 40..120 {
            let mut scenario = Scenario { flavour, ..Scenario::sick() };
            scenario.units[0].spec.policy = RestartPolicy::No;
            let lose = What::Engine { is_killed: true, loses: true, is_done: true, away: Duration::from_millis(500) };
            let mut game = Game::by_hand(scenario);
            let passed = game.pass_in(vec![Fault { at: call, only_changes: false, what: lose }]);
            if !game.world.state().log.iter().any(|line| line.contains("the engine loses [\"web")) {
                continue;
            }
            let is_stuck = passed.report.entries.iter().any(|entry| entry.verdict == Verdict::Stuck);
            assert!(!game.world.has_failed(), "at call {call}: {:?}", game.world.state().failure);
            assert!(!is_stuck || !flavour.ends_lost, "at call {call}: {:?}", passed.report.entries);
            called += usize::from(is_stuck);
            game.world.sim.host().end_lost();
            game.pass(Order::Run);
            let host = game.world.sim.host();
            let all: Vec<_> = host.containers.values().map(|c| (c.name.as_str(), c.build.version.as_str(), c.is_running())).collect();
            assert_eq!(all, [("web", "web-1", true)], "at call {call}");
        }
    }
    assert!(called > 0, "nothing was lost");
}

#[test]
fn a_container_that_was_removed_while_its_processes_ran_is_not_made_again_beside_them() {
    let mut refused = 0;
    // The old one is lost, and pruned before anybody starts it again.
    for change in START..START + 8 {
        let mut scenario = Scenario { flavour: Flavour::DOCKER_28_5, ..Scenario::sick() };
        scenario.units[0].spec.policy = RestartPolicy::No;
        let lose = What::Engine { is_killed: true, loses: true, is_done: true, away: Duration::from_millis(500) };
        let mut game = Game::by_hand(scenario);
        let passed = game.pass_in(vec![at(change, lose), at(change + 1, What::Hand(Hand::PruneContainers))]);
        assert!(!game.world.has_failed(), "at change {change}: {:?}", game.world.state().failure);
        if game.world.sim.host().removed_lost.is_empty() {
            continue;
        }
        assert!(passed.report.entries.iter().any(|e| e.verdict == Verdict::Stuck), "at change {change}: {:?}", passed.report.entries);
        refused += 1;
        game.world.sim.host().end_lost();
        game.pass(Order::Run);
        let host = game.world.sim.host();
        let all: Vec<_> = host.containers.values().map(|c| (c.name.as_str(), c.build.version.as_str(), c.is_running())).collect();
        assert_eq!(all, [("web", "web-1", true)], "at change {change}");
    }
    assert!(refused > 0, "nothing was lost and removed");
}

fn versions(game: &Game) -> Vec<String> {
    let host = game.world.sim.host();
    let mut all: Vec<String> = host.images.ids().filter_map(|id| host.images.build(id)).map(|build| build.version.clone()).collect();
    all.sort();
    all
}

/// The checks themselves: without anything going wrong there is nothing to complain about.
#[test]
fn in_good_weather_all_is_well() -> Result<(), Wrong> {
    play_scripted(Scenario::plain(false), Vec::new())
}
