//! Health checks, given and taken away, and logs.

use crate::case::{Group, rotated};
use crate::scratch;
use crate::walk::walk;

pub const GROUPS: [Group; 2] = [
    Group {
        variant: "ok",
        cases: &[
            rotated("--health-cmd", &["--health-cmd", "test -d /www"], &["/Config/Healthcheck/Test"]),
            rotated("--health-interval", &["--health-interval", "700ms"], &["/Config/Healthcheck/Interval"]),
            rotated("--health-retries", &["--health-retries", "7"], &["/Config/Healthcheck/Retries"]),
            rotated("--health-start-period", &["--health-start-period", "9s"], &["/Config/Healthcheck/StartPeriod"]),
            rotated("--health-start-interval", &["--health-start-interval", "300ms"], &["/Config/Healthcheck/StartInterval"]),
            rotated("--health-timeout", &["--health-timeout", "6s"], &["/Config/Healthcheck/Timeout"]),
            rotated("--log-driver", &["--log-driver", "local"], &["/HostConfig/LogConfig/Type"]),
            rotated("--log-opt", &["--log-opt", "max-size=2m", "--log-opt", "max-file=2"], &["/HostConfig/LogConfig/Config"]),
        ],
        ..Group::PLAIN
    },
    Group { variant: "ok", cases: &[rotated("--no-healthcheck", &["--no-healthcheck"], &["/Config/Healthcheck/Test"])], ..Group::PLAIN },
];

#[test]
fn every_field_of_a_health_check_and_the_log_survive_two_rotations() {
    walk(&scratch("health"), &GROUPS[0]);
}

#[test]
fn a_health_check_that_was_taken_away_stays_away() {
    walk(&scratch("nohealth"), &GROUPS[1]);
}
