//! A HEALTHCHECK that nobody makes: no successor could pass it. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::rules::time_to_judge;
use crate::model::{Container, Health};

/// True if its HEALTHCHECK has had the time in which it must judge a successor, and nothing came of it, not even a failure.
///
/// Podman leaves its checks to timers of systemd. Where there is none, or with `DISABLE_HC_SYSTEMD=true`, nobody makes them: the status stays `starting`,
/// and the log empty but for what earlier runs left there (seen on 4.3, 5.4 and 5.8).
pub fn is_unchecked(container: &Container, at: Timestamp) -> bool {
    let Some(check) = container.healthcheck().filter(|_| container.is_of_podman()) else { return false };
    let state = container.state();
    let runs_for = state.started_at.and_then(|since| Duration::try_from(at.duration_since(since)).ok());
    state.health == Some(Health::Starting)
        && !container.was_checked()
        && runs_for.is_some_and(|time| time >= time_to_judge(container, check))
}
