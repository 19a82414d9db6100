//! What was missed while the host was off, and the delay that spreads hosts.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rotate::schedule::jittered;

use super::{instant, schedule};

#[test]
fn a_run_is_missed_if_a_firing_lies_after_the_last_one_begun() {
    let cases = [
        (Some("2026-02-01T02:30Z"), "2026-02-02T02:29:59Z", false),
        (Some("2026-02-01T02:30Z"), "2026-02-02T02:30Z", true),
        (Some("2026-02-01T02:30Z"), "2026-02-09T00:00Z", true),
        (Some("2026-02-01T02:30:07Z"), "2026-02-01T12:00Z", false),
        (Some("2026-02-01T02:29:59Z"), "2026-02-01T12:00Z", true),
        // The clock was set back.
        (Some("2026-02-05T00:00Z"), "2026-02-01T12:00Z", false),
        // It never ran: nothing was missed.
        (None, "2026-02-01T12:00Z", false),
    ];
    for (last_begun, now, expected) in cases {
        let missed = schedule("30 2 * * *").is_missed(last_begun.map(instant), instant(now), &TimeZone::UTC);
        assert_eq!(missed, expected, "{last_begun:?} to {now}");
    }
}

#[test]
fn a_delay_is_stable_for_a_host_and_a_firing_and_less_than_the_jitter() {
    let jitter = Duration::from_secs(600);
    let mut delays = HashSet::new();
    for seed in 0..1000 {
        let at = instant("2026-02-01T02:30Z");
        let due = jittered(at, jitter, seed);
        assert_eq!(due, jittered(at, jitter, seed));
        assert!(at <= due && due < at + jitter, "{due}");
        delays.insert(due.duration_since(at).as_secs() / 60);
    }
    assert_eq!(delays.len(), 10, "every minute is used: {delays:?}");
    let days: HashSet<_> = (1..=9).map(|day| instant(&format!("2026-02-0{day}T00:00Z"))).map(|at| jittered(at, jitter, 7) - at).collect();
    assert!(days.len() > 1, "a host has not the same delay every day");
}

#[test]
fn no_jitter_is_no_delay_and_no_delay_leaves_time() {
    let at = instant("2026-02-01T02:30Z");
    assert_eq!(jittered(at, Duration::ZERO, 7), at);
    assert_eq!(jittered(at, Duration::from_nanos(1), 7), at);
    assert_eq!(jittered(Timestamp::MAX, Duration::MAX, 7), Timestamp::MAX);
}
