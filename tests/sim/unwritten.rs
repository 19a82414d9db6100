//! A store that takes no write in the middle of a rotation: for a moment, or from then on.

use rotate::rotation::Outcome;

use crate::driver::{Fault, Game, Passed, Scenario, What};

/// The first change of the switch, which is written down before it.
const STOP: usize = 4;

fn full(writes: usize) -> Vec<Fault> {
    vec![Fault { at: STOP, only_changes: true, what: What::Full(writes) }]
}

#[test]
fn a_digest_that_was_turned_back_from_is_refused_with_the_next_write_that_is_taken() {
    let mut game = Game::by_hand(Scenario::sick());
    let Passed { result, .. } = game.pass_in(full(1));
    assert!(matches!(result, Some(Ok(()))), "{result:?}");
    let disk = game.store.disk();
    let outcomes: Vec<_> = disk.records.values().map(|record| record.outcome.clone()).collect();
    assert!(matches!(&outcomes[..], [Some(Outcome::TurnedBack { failure, .. })] if failure.refuses_digest()), "{outcomes:?}");
    assert_eq!(disk.refused.keys().collect::<Vec<_>>(), ["web"]);
}
