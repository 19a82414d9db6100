//! A store that takes no write in the middle of a rotation: for a moment, or from then on.

use std::time::Duration;

use rotate::model::RestartPolicy;
use rotate::rotation::{Outcome, Stage};

use crate::driver::{Fault, Game, Order, Passed, Scenario, What};

/// The first change of the switch, which is written down before it.
const STOP: usize = 4;
/// The last one, after which the new container has to prove itself.
const START: usize = 9;

fn full(at: usize, writes: usize) -> Vec<Fault> {
    vec![Fault { at, only_changes: true, what: What::Full(writes) }]
}

#[test]
fn a_digest_that_was_turned_back_from_is_refused_with_the_next_write_that_is_taken() {
    let mut game = Game::by_hand(Scenario::sick());
    let Passed { result, .. } = game.pass_in(full(STOP, 1));
    assert!(matches!(result, Some(Ok(()))), "{result:?}");
    let disk = game.store.disk();
    let outcomes: Vec<_> = disk.records.values().map(|record| record.outcome.clone()).collect();
    assert!(matches!(&outcomes[..], [Some(Outcome::TurnedBack { failure, .. })] if failure.refuses_digest()), "{outcomes:?}");
    assert_eq!(disk.refused.keys().collect::<Vec<_>>(), ["web"]);
}

#[test]
fn an_image_that_fells_its_host_is_not_started_again_where_its_starts_cannot_be_counted() {
    let mut scenario = Scenario::plain(false);
    // The engine itself starts it at no boot.
    (scenario.units[0].spec.policy, scenario.units[0].new.fells_host) = (RestartPolicy::No, true);
    let mut game = Game::by_hand(scenario);
    game.pass_in(full(STOP, usize::MAX));
    let mut served = Vec::new();
    for _ in 0..4 {
        game.world.advance(Duration::from_secs(60));
        game.pass(Order::Run);
        let host = game.world.sim.host();
        served.push(host.find("web").filter(|web| web.is_running()).map(|web| (web.build.version.clone(), web.started_at)));
    }
    let is_left_alone = served.iter().all(|web| web == &served[0]);
    assert!(served[0].as_ref().is_some_and(|(version, _)| version == "web-1") && is_left_alone, "{served:?}");
    assert_eq!(game.world.state().falls, 1);
}

#[test]
fn a_proof_that_was_not_taken_is_written_before_the_run_rests() {
    let mut game = Game::by_hand(Scenario::plain(false));
    let Passed { result, .. } = game.pass_in(full(START, 1));
    assert!(matches!(result, Some(Ok(()))), "{result:?}");
    let stages: Vec<_> = game.store.disk().records.values().map(|record| record.stage).collect();
    assert_eq!(stages, [Stage::Kept]);
}
