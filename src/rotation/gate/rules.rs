//! By what one container is judged: its HEALTHCHECK, the operator's probe, or that it runs; and how long each may take. Pure.

use std::time::Duration;

use serde_json::Value;

use super::late::LOOP;
use crate::model::{Container, RestartPolicy};
use crate::rotation::{Role, Terms};

/// Where nothing asks it: how long it must run without interruption.
const MIN_RUNNING: Duration = Duration::from_secs(10);
/// Where something does: how long it must stay healthy after it turned so.
const MIN_HEALTHY: Duration = Duration::from_secs(2);
/// Where nothing asks it: how long it may take until it runs.
const DEADLINE: Duration = Duration::from_secs(300);
/// The same where others come up with it.
const AMONG_OTHERS: Duration = Duration::from_secs(120);
/// What the engine itself may need to notice.
const SLACK: Duration = Duration::from_secs(10);

/// What makes a container well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// That it runs.
    Running,
    /// Its HEALTHCHECK.
    Healthcheck {
        /// While it is this young, `unhealthy` is no verdict.
        start_period: Duration,
    },
    /// The operator's probe, whatever a HEALTHCHECK says.
    Probe {
        /// So many failures in a row make it unwell once it was well.
        retries: u32,
    },
}

/// How one container is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRules {
    /// What makes it well.
    pub proof: Proof,
    /// How long it must be well without interruption.
    pub min_healthy: Duration,
    /// How long it may take until it is well for the first time.
    pub deadline: Duration,
    /// True if exit code 0 proves it.
    pub is_oneshot: bool,
    /// So many restarts are borne.
    pub restarts: u64,
    /// True if an exit may be followed by one of these: its engine starts it again.
    pub is_started_again: bool,
}

impl GateRules {
    /// From the probe or the HEALTHCHECK in force, and the policy. `needs_health` is false for a predecessor that was not healthy before either.
    ///
    /// Deadline: start period + (retries + 1) × (interval + timeout) + 10 s, with a probe its own numbers and the HEALTHCHECK's start period.
    /// Example: 30 s, 3 retries, interval 30 s, timeout 30 s: 280 s. A probe's defaults, without a HEALTHCHECK: 50 s. Podman's check of the start,
    /// which has to pass before the HEALTHCHECK counts, has its own time beside that: successes × (interval + timeout).
    /// Source: Docker API 1.41, HealthConfig: nanoseconds; 0 means 30 s, 30 s and 3 retries.
    pub fn of(container: &Container, terms: &Terms, needs_health: bool) -> Self {
        let check = container.healthcheck().filter(|_| needs_health);
        let start_period = check.map(start_period).unwrap_or_default();
        let (proof, from_proof) = match (&terms.probe, check) {
            (Some(probe), _) if needs_health => {
                let once = probe.interval.saturating_add(probe.timeout);
                (Proof::Probe { retries: probe.retries }, Some(time_to_fail(start_period, (once, probe.retries))))
            }
            (_, Some(check)) => (Proof::Healthcheck { start_period }, Some(time_to_judge(container, check))),
            (_, None) => (Proof::Running, None),
        };
        Self {
            proof,
            min_healthy: terms.min_healthy.unwrap_or(if proof == Proof::Running { MIN_RUNNING } else { MIN_HEALTHY }),
            deadline: terms.deadline.or(from_proof).unwrap_or(DEADLINE),
            is_oneshot: terms.is_oneshot,
            restarts: 0,
            is_started_again: false,
        }
    }

    /// For what a unit makes together with others that may wait for each other by exiting, and that its engine starts again at once (ten times in three
    /// seconds, seen on Podman 5.4): no restart counts, the deadline does.
    pub fn among_others(self, container: &Container) -> Self {
        let is_started_again = container.restart_policy().is_some_and(|policy| policy != RestartPolicy::No);
        let deadline = if self.proof == Proof::Running { self.deadline.min(AMONG_OTHERS) } else { self.deadline };
        Self { restarts: if is_started_again { u64::MAX } else { self.restarts }, is_started_again, deadline, ..self }
    }

    /// For one of the two. A predecessor may have to wait for others that came down with it, and what else there is has failed: from three restarts on it is
    /// a loop, as it is after a proof.
    pub fn of_role(container: &Container, terms: &Terms, role: Role, was_healthy: bool) -> Self {
        match role {
            Role::Successor => Self::of(container, terms, true),
            Role::Predecessor => Self {
                restarts: LOOP - 1,
                is_started_again: container.restart_policy().is_some_and(|policy| policy != RestartPolicy::No),
                ..Self::of(container, terms, was_healthy)
            },
        }
    }
}

/// In which a HEALTHCHECK has to say whether a container is well.
pub(super) fn time_to_judge(container: &Container, check: &Value) -> Duration {
    time_to_fail(start_period(check).saturating_add(time_to_pass_the_start(container)), numbers(check))
}

fn start_period(check: &Value) -> Duration {
    nanoseconds(check, "StartPeriod").unwrap_or_default()
}

/// The HEALTHCHECK's numbers, read as a probe's.
fn numbers(check: &Value) -> (Duration, u32) {
    let or_30_s = |key| nanoseconds(check, key).unwrap_or(Duration::from_secs(30));
    let retries = check.get("Retries").and_then(Value::as_u64).filter(|n| *n > 0).unwrap_or(3);
    (or_30_s("Interval").saturating_add(or_30_s("Timeout")), u32::try_from(retries).unwrap_or(u32::MAX))
}

/// What it takes to fail for good, and once more. `once`: one interval and one timeout.
fn time_to_fail(start_period: Duration, (once, retries): (Duration, u32)) -> Duration {
    start_period.saturating_add(once.saturating_mul(retries.saturating_add(1))).saturating_add(SLACK)
}

/// Libpod's inspect has it beside the HEALTHCHECK, with the same fields and `Successes`; 0 means one.
fn time_to_pass_the_start(container: &Container) -> Duration {
    let check = &container.document()["Config"]["StartupHealthCheck"];
    let successes = check["Successes"].as_u64().map_or(1, |n| n.max(1));
    if check.is_null() { Duration::ZERO } else { numbers(check).0.saturating_mul(u32::try_from(successes).unwrap_or(u32::MAX)) }
}

fn nanoseconds(check: &Value, key: &str) -> Option<Duration> {
    check.get(key).and_then(Value::as_u64).filter(|n| *n > 0).map(Duration::from_nanos)
}
