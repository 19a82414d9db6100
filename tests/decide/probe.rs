//! The health gate with a probe, on scripted looks and answers.

use std::time::Duration;

use rotate::model::{Check, Container, Health, Probe, State, Status};
use rotate::rotation::{Answer, GateFailure, GateRules, Proof, Terms, Verdict, Watch, verdict};
use serde_json::json;

use crate::gate::{health, pending, running};
use crate::make::state;

/// One step of a scripted gate with a probe, 1 s after the last one.
enum Seen {
    Well,
    Unwell,
    /// The HEALTHCHECK says otherwise.
    UnwellYetHealthy,
    Look(State),
}

/// The verdict after the last step; a probe is looked at after it, as the loop does. Three failures in a row count, 2 s of being well prove it.
fn probed(steps: &[Seen]) -> Verdict {
    let rules = GateRules {
        proof: Proof::Probe { retries: 3 },
        min_healthy: Duration::from_secs(2),
        deadline: Duration::from_secs(50),
        is_oneshot: false,
        restarts: 0,
        is_started_again: false,
    };
    let mut watch = Watch::begin(Duration::ZERO, true);
    let mut last = pending();
    for (at, step) in (0..).map(Duration::from_secs).zip(steps) {
        let state = match step {
            Seen::Well => running(),
            Seen::Unwell => State { health: Some(Health::Unhealthy), ..running() },
            Seen::UnwellYetHealthy => health(Health::Healthy),
            Seen::Look(state) => state.clone(),
        };
        watch.look(at, &state);
        match step {
            Seen::Well => watch.take(at, at, Answer::Well),
            Seen::Unwell | Seen::UnwellYetHealthy => watch.take(at, at, Answer::Unwell("status 503".into())),
            Seen::Look(_) => {}
        }
        last = verdict(&rules, &watch, &state, at);
    }
    if matches!(last, Verdict::Pending { .. }) { pending() } else { last }
}

#[test]
fn a_probe_counts_as_a_healthcheck_does_and_beats_it() {
    use Seen::{Look, Unwell, UnwellYetHealthy, Well};
    let sick = || health(Health::Unhealthy);
    let failed = Verdict::Failed(GateFailure::Probe { times: 3, last: "status 503".into() });
    assert_eq!(probed(&[Look(running()), Look(running())]), pending(), "to run is not enough");
    assert_eq!(probed(&[Well, Look(sick()), Look(sick())]), Verdict::Passed, "whatever the HEALTHCHECK says");
    assert_eq!(probed(&[Unwell, Unwell, Unwell, Unwell, Unwell]), pending(), "failures before the first success do not count");
    assert_eq!(probed(&[Unwell, Unwell, Unwell, Unwell, Well, Look(running()), Look(running())]), Verdict::Passed);
    assert_eq!(probed(&[Well, Unwell, Unwell, Unwell]), failed, "three in a row do");
    assert_eq!(probed(&[Well, Unwell, Unwell]), pending(), "in doubt the next one decides");
    assert_eq!(probed(&[Well, Unwell, Unwell, Well]), Verdict::Passed);
    let exited = State { exit_code: 3, ..state(Status::Exited) };
    assert_eq!(probed(&[Well, Look(exited)]), Verdict::Failed(GateFailure::Exited { code: 3 }), "an exit fails at once");
    let late = |seen: fn() -> Seen| probed(&(0..=50).map(|_| seen()).collect::<Vec<_>>());
    let deadline = Verdict::Failed(GateFailure::Deadline { seconds: 50, last_probe: Some("status 503".into()) });
    assert_eq!(late(|| Unwell), deadline, "the last probe says why");
    assert_eq!(late(|| UnwellYetHealthy), deadline, "a HEALTHCHECK that passes puts nothing off");
    assert_eq!(probed(&[Well, Look(state(Status::Paused)), Look(running()), Look(running())]), pending(), "what was paused begins anew");
}

#[test]
fn a_probe_of_another_life_of_the_container_is_no_news() {
    let mut watch = Watch::begin(Duration::from_secs(10), true);
    watch.take(Duration::from_secs(9), Duration::from_secs(11), Answer::Well);
    assert_eq!(watch, Watch::begin(Duration::from_secs(10), true));
}

#[test]
fn probes_are_made_every_second_until_one_succeeds_and_then_at_their_interval() {
    let s = Duration::from_secs;
    let mut watch = Watch::begin(s(10), true);
    assert_eq!(watch.next_probe(s(5)), s(10));
    watch.take(s(10), s(11), Answer::Unwell("connection refused".into()));
    assert_eq!((watch.next_probe(s(5)), watch.next_probe(Duration::from_millis(200))), (s(12), Duration::from_millis(11_200)));
    watch.take(s(12), s(12), Answer::Well);
    assert_eq!(watch.next_probe(s(5)), s(17));
}

#[test]
fn the_deadline_of_a_probe_follows_from_its_own_numbers_and_the_start_period() {
    let probe = Probe { check: Check::Tcp { port: 80 }, interval: Duration::from_secs(5), timeout: Duration::from_secs(5), retries: 3 };
    let terms = Terms {
        probe: Some(probe),
        min_healthy: None,
        deadline: None,
        keep_old: Duration::ZERO,
        is_oneshot: false,
        stays: false,
        returns_late: false,
    };
    let of = |check: serde_json::Value, needs_health| {
        let rules = GateRules::of(&Container::new(json!({ "Config": { "Healthcheck": check } })), &terms, needs_health);
        (rules.proof, rules.deadline.as_secs())
    };
    let probe = Proof::Probe { retries: 3 };
    assert_eq!(of(json!(null), true), (probe, 4 * 10 + 10));
    assert_eq!(of(json!({ "Test": ["CMD", "true"], "StartPeriod": 30_000_000_000_u64 }), true), (probe, 30 + 4 * 10 + 10));
    assert_eq!(of(json!(null), false), (Proof::Running, 300), "a predecessor that was not well before need not be");
}
