//! What an engine's own health check says of a container.

use jiff::Timestamp;
use serde_json::Value;

use super::container::text;

/// What the engine's own health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No verdict yet.
    Starting,
    /// The last probe passed.
    Healthy,
    /// As many probes in a row failed as the check allows.
    Unhealthy,
}

/// So many entries Podman keeps unless told otherwise (libpod, `HealthcheckMaxLogCount`; before 5.3 always).
const KEPT_BY_PODMAN: u64 = 5;

impl Health {
    /// Reads a container's document. None without a HEALTHCHECK (also where the engine sends an empty status, as Podman 4.3 does).
    pub(super) fn of(document: &Value) -> Option<Self> {
        match text(&document["State"]["Health"]["Status"]) {
            "healthy" if !has_passed_its_start(document) || has_only_failed(document) => Some(Self::Starting),
            "healthy" => Some(Self::Healthy),
            "unhealthy" => Some(Self::Unhealthy),
            "starting" => Some(Self::Starting),
            _ => None,
        }
    }

    /// True if a check was made since the container was last started, whatever came of it.
    pub(super) fn was_checked(document: &Value) -> bool {
        log_of_this_run(document).next().is_some()
    }
}

/// Podman's check of the start, if there is one, has passed as often in a row as was asked for.
///
/// Podman says `healthy` after the first time (seen on 5.4) and does not show how far it has come. Its log does, in which the regular check's
/// entries follow. Three asked for: 0 1 0 0 is not enough, 0 0 0 1 is. Where more are asked for than it keeps, that all of those are good has to do.
fn has_passed_its_start(document: &Value) -> bool {
    let config = &document["Config"];
    let needed = config["StartupHealthCheck"]["Successes"].as_u64().unwrap_or(0);
    // While that check runs, no failure is counted (libpod, `updateHealthCheckLog`).
    let is_over = document["State"]["Health"]["FailingStreak"].as_u64().is_some_and(|failures| failures > 0);
    if needed <= 1 || is_over {
        return true;
    }
    let kept = kept(document);
    let needed = if kept == 0 { needed } else { needed.min(kept) };
    let mut in_a_row = 0;
    log_of_this_run(document).any(|entry| {
        in_a_row = if entry["ExitCode"] == 0 { in_a_row + 1 } else { 0 };
        in_a_row >= needed
    })
}

/// Nothing but failures so far: Podman says `healthy` after one that found no status yet (libpod, `updateHealthCheckLog`). A log that is full has no room
/// for what passed before.
fn has_only_failed(document: &Value) -> bool {
    let checks: Vec<&Value> = log_of_this_run(document).collect();
    let is_full = checks.len() as u64 >= kept(document);
    !checks.is_empty() && !is_full && checks.iter().all(|check| check["ExitCode"] != 0)
}

/// How many entries its log has room for.
fn kept(document: &Value) -> u64 {
    document["Config"]["HealthcheckMaxLogCount"].as_u64().unwrap_or(KEPT_BY_PODMAN)
}

/// What came of its checks since it was last started. Podman's log outlives that (seen on 5.4).
fn log_of_this_run(document: &Value) -> impl Iterator<Item = &Value> {
    let started_at: Option<Timestamp> = text(&document["State"]["StartedAt"]).parse().ok();
    let is_of_this_run =
        move |entry: &&Value| text(&entry["Start"]).parse().ok().is_none_or(|at: Timestamp| started_at.is_none_or(|start| start <= at));
    document["State"]["Health"]["Log"].as_array().into_iter().flatten().filter(is_of_this_run)
}
