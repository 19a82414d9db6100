//! What an outage of the engine or the host shows is no evidence, and ends.

use std::time::Duration;

use rotate::cycle::Verdict;
use rotate::model::RestartPolicy;

use crate::driver::{Fault, Game, Order, Scenario, What};

/// What the gate sees then is what the restart did, and the end of the old engine's stream is seen a moment later.
#[test]
fn whatever_call_a_restarted_engine_answers_no_good_image_is_refused_for_it() {
    let what = What::Renewed { away: Duration::from_secs(2) };
    for has_check in [false, true] {
        for call in 0..200 {
            let mut game = Game::by_hand(Scenario::plain(has_check));
            let passed = game.pass_in(vec![Fault { at: call, only_changes: false, what: what.clone() }]);
            let verdicts: Vec<_> = passed.report.entries.iter().map(|entry| entry.verdict).collect();
            let is_well = matches!(verdicts[..], [Verdict::Rotated | Verdict::Withdrawn]);
            assert!(is_well, "at call {call}: {:?}", passed.report.entries);
        }
    }
}

/// What the outage stopped looks like what the switch stops; its policy is `no`, or it is another boot.
#[test]
fn a_power_cut_before_the_switch_is_not_taken_for_a_switch_that_the_store_has_lost() {
    for policy in [RestartPolicy::No, RestartPolicy::UnlessStopped] {
        for call in 1..110 {
            let mut scenario = Scenario::plain(false);
            (scenario.units[0].spec.policy, scenario.units[0].new.volumes) = (policy, vec!["/anon".to_owned()]);
            let mut game = Game::by_hand(scenario);
            game.pass_in(vec![Fault { at: call, only_changes: false, what: What::Power { is_done: true } }]);
            let passed = game.pass(Order::Run);
            let told = passed.report.entries.iter().filter_map(|entry| entry.message.as_deref());
            let lost: Vec<_> = told.filter(|message| message.contains("lost its record")).collect();
            assert!(lost.is_empty(), "{policy}, at call {call}: {lost:?}");
        }
    }
}

/// What nobody answers in time may be over a restart of the engine, and what was seen before it is no evidence: but not again and again.
#[test]
fn a_gate_ends_on_a_host_so_slow_that_many_a_look_has_no_answer() {
    let mut scenario = Scenario::plain(true);
    scenario.units[0].new.interval = Duration::from_secs(3600); // it is asked of its health for the first time after this
    let slow = |at| Fault { at, only_changes: false, what: What::Slow(Duration::from_secs(25)) };
    let passed = Game::by_hand(scenario).pass_in((110..4000).step_by(40).map(slow).collect());
    let entry = passed.report.entries.last().expect("it was tried");
    assert_eq!(entry.verdict, Verdict::RolledBack, "{entry:?}");
    assert!(entry.took_seconds.is_some_and(|took| took < 600.0), "{entry:?}");
}
