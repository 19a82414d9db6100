//! Which looks are worth a moment to hear whether the engine was restarted.

use std::time::Duration;

use rotate::model::{Health, RestartPolicy, State, Status};
use rotate::rotation::{ContainerView, Failure, GateFailure, GateRules, Goal, Watch};

use crate::make::{container, observed, rules, state};

/// One that this process has started, was seen to run, and looks like this now.
fn seen(gate: GateRules, state: State) -> ContainerView {
    let mut watch = Watch::begin(Duration::ZERO, true);
    watch.look(Duration::from_secs(1), &crate::make::state(Status::Running));
    watch.look(Duration::from_secs(2), &state);
    ContainerView { gate, state, watch: Some(watch), ..container("new", "web", Status::Running, RestartPolicy::Always) }
}

#[test]
fn what_a_restart_of_the_engine_shows_as_well_is_in_doubt_and_what_runs_or_is_unhealthy_is_not() {
    let oneshot = || GateRules { is_oneshot: true, ..rules() };
    let healthy = |health| State { health: Some(health), ..state(Status::Running) };
    let again = State { started_at: Some(jiff::Timestamp::UNIX_EPOCH), ..state(Status::Running) };
    let with_check = || GateRules { proof: rotate::rotation::Proof::Healthcheck { start_period: Duration::ZERO }, ..rules() };
    let cases = [
        ("it runs", seen(rules(), state(Status::Running)), false),
        ("it exited", seen(rules(), state(Status::Exited)), true),
        ("it was started again", seen(rules(), again), true),
        ("a oneshot has ended", seen(oneshot(), state(Status::Exited)), true),
        ("it is late", seen(with_check(), healthy(Health::Starting)), true),
        ("it is unhealthy", seen(with_check(), healthy(Health::Unhealthy)), false),
        ("it is healthy", seen(with_check(), healthy(Health::Healthy)), false),
        ("out of memory", seen(rules(), State { oom_killed: true, ..state(Status::Exited) }), false),
    ];
    for (name, view, expected) in cases {
        let old = || container("old", "web.old", Status::Exited, RestartPolicy::No);
        assert_eq!(observed(Some(old()), Some(view.clone())).is_doubtful(&Goal::Forward), expected, "{name}");
        // On the way back it is the other one that has to prove itself.
        let back = Goal::Back { failure: Failure::Gate { why: GateFailure::Unhealthy } };
        assert!(!observed(Some(old()), Some(view.clone())).is_doubtful(&back), "{name}: on the way back");
        assert_eq!(observed(Some(view), None).is_doubtful(&back), expected, "{name}: as the old one");
    }
}
