//! What seeds have found, each as the shortest story that shows it.

use std::time::Duration;

use rotate::model::Health;

use crate::driver::{Fault, Game, Order, Scenario, What, Wrong, play_scripted};
use crate::engine::Build;

/// A rotation of one container: pin, pull, tag, create, stop, update, rename, rename, start.
const START: usize = 8;

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
fn a_create_that_lands_after_the_agent_was_killed_leaves_nothing() {
    let create = 3;
    check(Scenario::plain(false), vec![at(create, What::CrashWhile(Duration::from_secs(20)))]);
}

#[test]
fn a_pin_that_lands_after_its_rotation_was_closed_is_removed_by_a_later_run() {
    // Two runs later: the second one closed its record, and tried the image anew.
    check(Scenario::sick(), vec![at(0, What::CrashWhile(Duration::from_secs(800)))]);
}

#[test]
fn an_image_that_was_pulled_and_given_up_goes_once_its_tag_has_moved_on_and_once_it_is_refused() {
    let create = 3;
    for (variant, kept) in [(Some(Health::Unhealthy), "web-1"), (None, "web-3")] {
        let mut game = Game::by_hand(if variant.is_some() { Scenario::sick() } else { Scenario::plain(false) });
        game.pass_in(vec![at(create, What::Refuse)]);
        assert_eq!(versions(&game), ["web-1", "web-2"], "what was pulled waits for the next attempt");
        if variant.is_none() {
            let image = game.scenario.units[0].spec.image.clone();
            game.world.sim.publish(&image, Build { health: None, ..Build::new("web-3") });
        }
        game.pass(Order::Run);
        assert!(!versions(&game).contains(&"web-2".to_owned()) && versions(&game).contains(&kept.to_owned()), "{:?}", versions(&game));
    }
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
