//! How well a container is, as the engine's document tells it.

use rotate::model::{Container, Health};
use serde_json::{Value, json};

/// Exit codes of the log's entries, one every two seconds since the start.
#[track_caller]
fn check(successes: u64, kept: &Value, log: &[i64], failing_streak: u64, expected: Health) {
    let entries: Vec<Value> =
        log.iter().zip(0..).map(|(code, n)| json!({ "Start": format!("2026-01-01T10:00:{:02}.5Z", 2 * n), "ExitCode": code })).collect();
    let mut config = json!({
        "Healthcheck": { "Test": ["CMD", "true"], "Interval": 1 },
        "StartupHealthCheck": { "Test": ["CMD", "true"], "Successes": successes },
    });
    if !kept.is_null() {
        config["HealthcheckMaxLogCount"] = kept.clone();
    }
    let state = json!({
        "Status": "running", "StartedAt": "2026-01-01T10:00:00Z",
        "Health": { "Status": "healthy", "FailingStreak": failing_streak, "Log": entries },
    });
    let container = Container::new(json!({ "Config": config, "State": state }));
    assert_eq!(container.state().health, Some(expected), "{successes} asked for, {kept} kept: {log:?}");
}

#[test]
fn a_check_of_the_start_is_passed_by_as_many_successes_in_a_row_as_were_asked_for() {
    use Health::{Healthy, Starting};
    for (successes, kept, log, streak, expected) in [
        (0, Value::Null, &[0][..], 0, Healthy),
        (1, Value::Null, &[0], 0, Healthy),
        (3, Value::Null, &[], 0, Starting),
        (3, Value::Null, &[0, 0], 0, Starting),
        (3, Value::Null, &[0, 1, 0, 0], 0, Starting),
        (3, Value::Null, &[0, 0, 0], 0, Healthy),
        // The regular check has taken over, and may fail now and then.
        (3, Value::Null, &[0, 0, 0, 1], 1, Healthy),
        (3, Value::Null, &[0, 0, 0, 1, 0], 0, Healthy),
        (3, Value::Null, &[0, 1, 0, 1, 1], 2, Healthy),
        // The log has no room for seven.
        (7, Value::Null, &[0, 0, 0, 0], 0, Starting),
        (7, Value::Null, &[1, 0, 0, 0, 0], 0, Starting),
        (7, Value::Null, &[0, 0, 0, 0, 0], 0, Healthy),
        (7, json!(0), &[0, 0, 0, 0, 0, 0], 0, Starting),
        (7, json!(0), &[1, 0, 0, 0, 0, 0, 0, 0], 0, Healthy),
        (7, json!(2), &[0, 0], 0, Healthy),
    ] {
        check(successes, &kept, log, streak, expected);
    }
}

#[test]
fn healthy_where_nothing_has_passed_yet_is_no_verdict() {
    use Health::{Healthy, Starting};
    for (log, streak, expected) in [
        (&[1][..], 0, Starting),
        (&[1, 1], 2, Starting),
        (&[1, 1, 0], 0, Healthy),
        (&[0, 1, 1], 2, Healthy),
        // It failed later in its start period.
        (&[0, 1], 0, Healthy),
        // More retries than are kept, and none kept.
        (&[1, 1, 1, 1, 1], 6, Healthy),
        (&[], 0, Healthy),
    ] {
        check(0, &Value::Null, log, streak, expected);
    }
}

#[test]
fn what_was_checked_before_the_container_started_anew_does_not_count() {
    let log = json!([
        { "Start": "2026-01-01T09:59:50Z", "ExitCode": 0 }, { "Start": "2026-01-01T10:00:00.1+00:00", "ExitCode": 0 },
    ]);
    let state = json!({ "Status": "running", "StartedAt": "2026-01-01T10:00:00Z", "Health": { "Status": "healthy", "Log": log } });
    let config = json!({ "StartupHealthCheck": { "Successes": 2 } });
    assert_eq!(Container::new(json!({ "Config": config, "State": state })).state().health, Some(Health::Starting));
}
