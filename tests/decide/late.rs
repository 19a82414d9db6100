//! One look at a successor after its proof: what is a failure, and what may be a person's doing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rotate::model::{Ending, Health, RestartPolicy, State, Status};
use rotate::rotation::{Answer, ContainerView, GateFailure, GateRules, Late, Proof, Watch, late};

use crate::make::{container, rules, state};

/// `age`: seconds since its last start.
fn check(name: &str, rules: &GateRules, policy: RestartPolicy, state: &State, age: i64, expected: &Late) {
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100 + age);
    assert_eq!(&late(&view(rules, state), policy, at, Duration::ZERO), expected, "{name}");
}

fn view(rules: &GateRules, state: &State) -> ContainerView {
    ContainerView { gate: rules.clone(), state: state.clone(), ..container("new", "web", state.status, RestartPolicy::No) }
}

const OLD: i64 = 3_600;

fn exited(exit_code: i64) -> State {
    State { exit_code, ..state(Status::Exited) }
}

#[test]
fn an_exit_is_a_failure_unless_a_person_may_have_stopped_it() {
    use RestartPolicy::{Always, No, OnFailure, UnlessStopped};
    let failed = |code| Late::Failed(GateFailure::Exited { code });
    let table = [
        (No, exited(1), Late::Suspected(GateFailure::Exited { code: 1 })),
        (No, exited(139), failed(139)),
        (No, exited(134), failed(134)),
        (No, exited(0), Late::Unclear),
        (No, exited(137), Late::Unclear),
        (No, exited(143), Late::Unclear),
        (No, State { oom_killed: true, ..exited(137) }, Late::Failed(GateFailure::OutOfMemory)),
        (Always, exited(1), Late::Unclear),
        (UnlessStopped, exited(143), Late::Unclear),
        (Always, exited(128), failed(128)),
        (OnFailure(3), State { restart_count: 3, ..exited(1) }, failed(1)),
        (OnFailure(3), State { restart_count: 1, ..exited(143) }, Late::Unclear),
        (OnFailure(0), exited(1), Late::Unclear),
        (No, state(Status::Paused), Late::Unclear),
    ];
    for (policy, state, expected) in table {
        check(&format!("{policy} {state:?}"), &rules(), policy, &state, OLD, &expected);
    }
}

#[test]
fn an_exit_that_a_stop_may_have_made_is_what_the_engine_remembers_of_it() {
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100 + OLD);
    let judge = |ending| late(&ContainerView { ending, ..view(&rules(), &exited(1)) }, RestartPolicy::No, at, Duration::ZERO);
    assert_eq!(judge(Ending::ByItself), Late::Failed(GateFailure::Exited { code: 1 }));
    assert_eq!(judge(Ending::ByHand), Late::Unclear);
}

#[test]
fn a_restart_loop_is_a_failure_and_one_restart_is_none() {
    let running = |restart_count| State { restart_count, ..state(Status::Running) };
    let failed = |times, code| Late::Failed(GateFailure::Restarted { times, code });
    let restarting = State { restart_count: 2, exit_code: 7, ..state(Status::Restarting) };
    check("at it", &rules(), RestartPolicy::Always, &restarting, 0, &failed(2, Some(7)));
    check("three, the last just now", &rules(), RestartPolicy::Always, &running(3), 5, &failed(3, None));
    check("three, long ago", &rules(), RestartPolicy::Always, &running(3), OLD, &Late::Well);
    check("one just now", &rules(), RestartPolicy::Always, &running(1), 5, &Late::Unclear);
}

#[test]
fn one_that_started_a_short_while_ago_may_still_become_well() {
    let check_rules = GateRules { proof: Proof::Healthcheck { start_period: Duration::ZERO }, ..rules() };
    let sick = State { health: Some(Health::Unhealthy), ..state(Status::Running) };
    check("young", &check_rules, RestartPolicy::No, &sick, 299, &Late::Unclear);
    check("old", &check_rules, RestartPolicy::No, &sick, 300, &Late::Failed(GateFailure::Unhealthy));
    check("no HEALTHCHECK", &rules(), RestartPolicy::No, &sick, OLD, &Late::Well);
}

#[test]
fn a_probe_fails_late_when_all_its_retries_fail_and_says_nothing_if_it_cannot_be_made() {
    let rules = GateRules { proof: Proof::Probe { retries: 2 }, ..rules() };
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100 + OLD);
    let after = |answers: &[Answer]| {
        let mut watch = Watch::begin(Duration::ZERO, false);
        answers.iter().for_each(|answer| watch.take(Duration::ZERO, Duration::ZERO, answer.clone()));
        let view = ContainerView { watch: Some(watch), ..view(&rules, &state(Status::Running)) };
        late(&view, RestartPolicy::No, at, Duration::ZERO)
    };
    let (well, unwell) = (Answer::Well, Answer::Unwell("status 503".into()));
    let ask = Late::Ask { until: Duration::from_millis(200) };
    assert_eq!(after(&[]), ask);
    assert_eq!(after(std::slice::from_ref(&unwell)), ask);
    assert_eq!(after(&[unwell.clone(), well]), Late::Well);
    assert_eq!(after(&[unwell.clone(), unwell]), Late::Failed(GateFailure::Probe { times: 2, last: "status 503".into() }));
    assert_eq!(after(&[Answer::NotMade("no".into())]), Late::Unclear);
}
