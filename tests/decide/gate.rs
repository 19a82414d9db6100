//! The health gate on scripted looks: what each sequence of states leads to.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rotate::model::{Container, Health, State, Status};
use rotate::rotation::{GateFailure, GateRules, Proof, Terms, Verdict, Watch, is_unchecked, verdict};
use serde_json::json;

use crate::make::{rules, state};

/// Looks at `(seconds, state)` one after the other; the verdict of the last look.
fn check(name: &str, rules: &GateRules, looks: &[(u64, State)], expected: &Verdict) {
    let mut watch = Watch::begin(Duration::ZERO, true);
    let mut last = Verdict::Pending { until: Duration::ZERO };
    for (at, state) in looks {
        let now = Duration::from_secs(*at);
        watch.look(now, state);
        last = verdict(rules, &watch, state, now);
    }
    match (&last, expected) {
        (Verdict::Pending { .. }, Verdict::Pending { .. }) => {}
        _ => assert_eq!(&last, expected, "{name}"),
    }
}

pub fn pending() -> Verdict {
    Verdict::Pending { until: Duration::ZERO }
}

pub fn running() -> State {
    state(Status::Running)
}

pub fn health(health: Health) -> State {
    State { health: Some(health), ..running() }
}

fn with_check(start_period: u64) -> GateRules {
    GateRules {
        proof: Proof::Healthcheck { start_period: Duration::from_secs(start_period) },
        min_healthy: Duration::from_secs(2),
        ..rules()
    }
}

#[test]
fn without_a_healthcheck_it_must_run_for_ten_seconds_without_a_restart() {
    let restarted = State { started_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(105)), ..running() };
    let counted = State { restart_count: 1, ..running() };
    let failed = |code| Verdict::Failed(GateFailure::Restarted { times: 1, code });
    let exited = State { exit_code: 3, ..state(Status::Exited) };
    let restarting = State { exit_code: 7, restart_count: 1, ..state(Status::Restarting) };
    check("9 s", &rules(), &[(0, running()), (9, running())], &pending());
    check("10 s", &rules(), &[(0, running()), (10, running())], &Verdict::Passed);
    check("a restart between two looks", &rules(), &[(0, running()), (5, restarted.clone()), (20, restarted)], &failed(None));
    check("a restart before the first look", &rules(), &[(0, counted)], &failed(None));
    check("restarting", &rules(), &[(0, running()), (1, restarting)], &failed(Some(7)));
    check("exited", &rules(), &[(0, running()), (4, exited)], &Verdict::Failed(GateFailure::Exited { code: 3 }));
    let oom = State { oom_killed: true, ..running() };
    check("out of memory", &rules(), &[(0, running()), (4, oom)], &Verdict::Failed(GateFailure::OutOfMemory));
}

#[test]
fn one_that_has_served_before_may_be_restarted_twice_and_proves_itself_from_then_on() {
    let rules = GateRules { restarts: 2, ..rules() };
    let started = |second, restart_count| State {
        started_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)),
        restart_count,
        ..running()
    };
    let restarting = |restart_count| State { exit_code: 7, restart_count, ..state(Status::Restarting) };
    check("not yet", &rules, &[(0, running()), (3, started(103, 1)), (12, started(103, 1))], &pending());
    check("10 s after it", &rules, &[(0, running()), (3, started(103, 1)), (13, started(103, 1))], &Verdict::Passed);
    check("by a hand, which sets the count back", &rules, &[(0, running()), (3, started(103, 0)), (13, started(103, 0))], &Verdict::Passed);
    let twice = [(0, running()), (1, restarting(1)), (2, restarting(1)), (3, started(103, 1)), (4, restarting(2)), (5, started(105, 2))];
    check("twice", &rules, &twice, &pending());
    let thrice = [&twice[..], &[(6, started(106, 3))]].concat();
    check("a loop", &rules, &thrice, &Verdict::Failed(GateFailure::Restarted { times: 3, code: Some(7) }));
    check(
        "a loop between two looks",
        &rules,
        &[(0, running()), (9, started(109, 5))],
        &Verdict::Failed(GateFailure::Restarted { times: 5, code: None }),
    );
}

#[test]
fn one_that_its_engine_starts_again_may_be_seen_exited_for_a_moment() {
    let rules = GateRules { restarts: 2, is_started_again: true, ..rules() };
    let exited = || State { exit_code: 7, ..state(Status::Exited) };
    let again = || State { started_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(104)), ..running() };
    check("not yet", &rules, &[(0, running()), (3, exited()), (7, exited())], &pending());
    check("it stays down", &rules, &[(0, running()), (3, exited()), (8, exited())], &Verdict::Failed(GateFailure::Exited { code: 7 }));
    check("it is started again", &rules, &[(0, running()), (3, exited()), (4, again()), (14, again())], &Verdict::Passed);
    check("it exits anew", &rules, &[(0, running()), (3, exited()), (4, again()), (7, exited()), (9, exited())], &pending());
    let final_exit = GateRules { is_started_again: false, ..rules };
    check("nothing starts it", &final_exit, &[(0, running()), (3, exited())], &Verdict::Failed(GateFailure::Exited { code: 7 }));
}

#[test]
fn exit_code_0_proves_only_a_oneshot() {
    let exited = [(0, running()), (1, state(Status::Exited))];
    check("service", &rules(), &exited, &Verdict::Failed(GateFailure::Exited { code: 0 }));
    check("oneshot", &GateRules { is_oneshot: true, ..rules() }, &exited, &Verdict::Passed);
    let failed = [(0, running()), (1, State { exit_code: 1, ..state(Status::Exited) })];
    check("failed oneshot", &GateRules { is_oneshot: true, ..rules() }, &failed, &Verdict::Failed(GateFailure::Exited { code: 1 }));
}

#[test]
fn with_a_healthcheck_it_must_stay_healthy_for_two_seconds() {
    use Health::{Healthy, Starting, Unhealthy};
    let unhealthy = Verdict::Failed(GateFailure::Unhealthy);
    check("not yet", &with_check(0), &[(0, health(Starting)), (3, health(Healthy)), (4, health(Healthy))], &pending());
    check("2 s", &with_check(0), &[(0, health(Starting)), (3, health(Healthy)), (5, health(Healthy))], &Verdict::Passed);
    check("unhealthy", &with_check(0), &[(0, health(Starting)), (3, health(Unhealthy))], &unhealthy);
    check("within the start period", &with_check(30), &[(0, health(Starting)), (3, health(Unhealthy))], &pending());
    check("after the start period", &with_check(30), &[(0, health(Starting)), (30, health(Unhealthy))], &unhealthy);
    let flapping = [(0, health(Healthy)), (1, health(Unhealthy)), (2, health(Healthy)), (3, health(Healthy))];
    check("the interval begins anew", &with_check(30), &flapping, &pending());
    let starting_again = [(0, health(Healthy)), (1, health(Starting)), (9, health(Starting))];
    check("an engine that was restarted asks anew", &with_check(0), &starting_again, &pending());
}

#[test]
fn the_deadline_runs_until_the_first_healthy_and_min_healthy_comes_on_top() {
    use Health::{Healthy, Starting};
    let late = Verdict::Failed(GateFailure::Deadline { seconds: 300, last_probe: None });
    check("too late", &with_check(0), &[(0, health(Starting)), (300, health(Starting))], &late);
    check("just in time", &with_check(0), &[(0, health(Starting)), (299, health(Healthy)), (301, health(Healthy))], &Verdict::Passed);
}

#[test]
fn the_deadline_follows_from_the_healthcheck_and_zeros_mean_the_engines_defaults() {
    let terms = Terms {
        min_healthy: None,
        deadline: None,
        keep_old: Duration::ZERO,
        is_oneshot: false,
        probe: None,
        stays: false,
        returns_late: false,
    };
    let deadline = |check: serde_json::Value| {
        let container = Container::new(json!({ "Config": { "Healthcheck": check } }));
        GateRules::of(&container, &terms, true).deadline.as_secs()
    };
    let s = 1_000_000_000_u64;
    assert_eq!(deadline(json!({ "Test": ["CMD", "true"] })), 4 * 60 + 10);
    assert_eq!(
        deadline(json!({ "Test": ["CMD", "true"], "Interval": s, "Timeout": 2 * s, "Retries": 2, "StartPeriod": 5 * s })),
        5 + 3 * 3 + 10
    );
    assert_eq!(
        deadline(json!({ "Test": ["CMD", "true"], "Interval": 0, "Timeout": 0, "Retries": 0, "StartPeriod": 30 * s })),
        30 + 4 * 60 + 10
    );
    assert_eq!(deadline(json!({ "Test": ["NONE"] })), 300);

    let start = json!({ "Test": ["CMD", "true"], "Interval": 20 * s, "Timeout": 10 * s, "Successes": 5 });
    let check = json!({ "Test": ["CMD", "true"], "Interval": s, "Timeout": 2 * s, "Retries": 2 });
    let container = Container::new(json!({ "Config": { "Healthcheck": check, "StartupHealthCheck": start } }));
    assert_eq!(GateRules::of(&container, &terms, true).deadline.as_secs(), 5 * 30 + 3 * 3 + 10, "a check of the start has its own time");
}

#[test]
fn a_healthcheck_of_which_nothing_comes_in_the_time_that_it_has_is_one_that_nobody_makes() {
    let s = 1_000_000_000_u64;
    let check = json!({ "Test": ["CMD", "true"], "Interval": s, "Timeout": 2 * s, "Retries": 2, "StartPeriod": 5 * s });
    let web = json!({
        "OCIRuntime": "crun", "Config": { "Healthcheck": check },
        "State": { "Status": "running", "StartedAt": "2026-01-01T10:00:00Z", "Health": { "Status": "starting", "FailingStreak": 0, "Log": null } },
    });
    let after = |seconds: i64, path: &str, value: serde_json::Value| {
        let mut web = web.clone();
        *web.pointer_mut(path).expect("it is there") = value;
        let at = "2026-01-01T10:00:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_secs(seconds);
        is_unchecked(&Container::new(web), at)
    };
    let (log, status) = ("/State/Health/Log", "/State/Health/Status");
    assert!(after(24, log, json!(null)) && after(24, log, json!([])), "5 + 3 × 3 + 10");
    assert!(!after(23, log, json!(null)), "there is time left");
    assert!(!after(-1, log, json!(null)), "a clock that was set back");
    assert!(!after(99, log, json!([{ "Start": "2026-01-01T10:00:01Z", "ExitCode": 1 }])), "a start period that is longer than it says");
    assert!(after(99, log, json!([{ "Start": "2026-01-01T09:59:59Z", "ExitCode": 0 }])), "what an earlier run left");
    assert!(!after(99, status, json!("healthy")) && !after(99, status, json!("unhealthy")));
    assert!(!after(99, "/Config/Healthcheck/Interval", json!(0)), "switched off");
    assert!(!after(99, "/Config/Healthcheck", json!({ "Test": ["NONE"] })));
    assert!(!after(99, "/State/StartedAt", json!("0001-01-01T00:00:00Z")));
    let start = json!({ "Test": ["CMD", "true"], "Interval": 20 * s, "Timeout": 10 * s, "Successes": 2 });
    let config = json!({ "Healthcheck": web["Config"]["Healthcheck"], "StartupHealthCheck": start });
    assert!(!after(83, "/Config", config.clone()) && after(84, "/Config", config), "a check of the start has its own time");

    let mut of_docker = web.clone();
    of_docker.as_object_mut().and_then(|web| web.remove("OCIRuntime"));
    assert!(!is_unchecked(&Container::new(of_docker), Timestamp::MAX), "an engine that makes them itself");
}

/// An engine that came back after a crash kills what is left of its containers and starts them again by their policy.
#[test]
fn what_the_engine_restarts_when_a_new_process_looks_first_is_no_evidence_and_what_it_restarts_then_is() {
    let restarting = |restart_count| State { exit_code: 137, restart_count, ..state(Status::Restarting) };
    let up = |restart_count| State { restart_count, ..running() };
    let judged = |looks: &[(u64, State)]| {
        let mut watch = Watch::begin(Duration::ZERO, false);
        let mut last = Verdict::Pending { until: Duration::ZERO };
        for (at, state) in looks {
            watch.look(Duration::from_secs(*at), state);
            last = verdict(&rules(), &watch, state, Duration::from_secs(*at));
        }
        last
    };
    let failed = |times, code| Verdict::Failed(GateFailure::Restarted { times, code });
    assert_eq!(judged(&[(0, restarting(3)), (1, up(3)), (11, up(3))]), Verdict::Passed);
    assert!(matches!(judged(&[(0, restarting(3)), (1, restarting(3))]), Verdict::Pending { .. }));
    assert_eq!(judged(&[(0, restarting(3)), (1, restarting(4))]), failed(1, Some(137)));
    assert_eq!(judged(&[(0, restarting(3)), (1, up(3)), (2, up(4))]), failed(1, None));
    assert_eq!(judged(&[(0, up(3)), (1, restarting(4))]), failed(1, Some(137)));
}

#[test]
fn a_new_process_takes_an_exit_for_no_evidence() {
    let mut watch = Watch::begin(Duration::ZERO, false);
    let exited = State { exit_code: 1, ..state(Status::Exited) };
    watch.look(Duration::ZERO, &exited);
    assert!(!watch.is_evidence());
}
