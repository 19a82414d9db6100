//! The verdict on what was seen of one container, and how far it has come. Pure.

use std::time::Duration;

use super::{GateRules, Proof, Watch};
use crate::model::{Health, State, Status};
use crate::rotation::GateFailure;

/// How often the gate looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not yet; look again at this time.
    Pending {
        /// Time since the process began.
        until: Duration,
    },
    /// It has proved itself.
    Passed,
    /// It has not.
    Failed(GateFailure),
}

/// Judges what was seen. Call after [`Watch::look`] with the same state.
pub fn verdict(rules: &GateRules, watch: &Watch, state: &State, now: Duration) -> Verdict {
    if state.oom_killed {
        return Verdict::Failed(GateFailure::OutOfMemory);
    }
    if watch.restarts > rules.restarts {
        return Verdict::Failed(GateFailure::Restarted { times: watch.restarts, code: watch.exit_code });
    }
    match state.status {
        Status::Exited | Status::Dead if watch.is_evidence() && rules.is_oneshot && state.exit_code == 0 => return Verdict::Passed,
        Status::Exited | Status::Dead if rules.is_started_again && watch.is_just_down(now) => {}
        Status::Exited | Status::Dead if watch.is_evidence() => return Verdict::Failed(GateFailure::Exited { code: state.exit_code }),
        Status::Created | Status::Running | Status::Paused | Status::Restarting | Status::Exited | Status::Dead => {}
    }
    if let Some(why) = turned_unwell(rules, watch, state, now) {
        return Verdict::Failed(why);
    }
    let soon = now.saturating_add(LOOK_EVERY);
    if let Some(since) = watch.well_since(rules) {
        let proved_at = since.saturating_add(rules.min_healthy);
        // While a probe is failing, though not often enough to count, the next one decides.
        let is_in_doubt = matches!(rules.proof, Proof::Probe { .. }) && watch.probed.failures > 0;
        return match (now >= proved_at, is_in_doubt) {
            (true, false) => Verdict::Passed,
            (true, true) => Verdict::Pending { until: soon },
            (false, _) => Verdict::Pending { until: proved_at.min(soon) },
        };
    }
    let late_at = watch.late_at(rules);
    if now >= late_at {
        return Verdict::Failed(GateFailure::Deadline { seconds: rules.deadline.as_secs(), last_probe: watch.complaint() });
    }
    Verdict::Pending { until: late_at.min(soon) }
}

fn turned_unwell(rules: &GateRules, watch: &Watch, state: &State, now: Duration) -> Option<GateFailure> {
    match rules.proof {
        Proof::Running => None,
        Proof::Healthcheck { start_period } => {
            let is_old_enough = watch.running_since.is_some_and(|since| now.saturating_sub(since) >= start_period);
            (state.health == Some(Health::Unhealthy) && is_old_enough).then_some(GateFailure::Unhealthy)
        }
        Proof::Probe { retries } => {
            let has_failed = watch.probed.well_since.is_some() && watch.probed.failures >= retries;
            has_failed.then(|| GateFailure::Probe { times: watch.probed.failures, last: watch.complaint().unwrap_or_default() })
        }
    }
}

/// How far a container has come at the gate; only to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Countdown {
    /// Well without interruption.
    Well {
        /// For so long.
        since: Duration,
        /// It must be for so long.
        needed: Duration,
    },
    /// Not well, or not any more.
    NotYet {
        /// Until the deadline.
        left: Duration,
    },
}

/// How far a container has come. See [`verdict`] for what that means.
pub fn countdown(rules: &GateRules, watch: &Watch, now: Duration) -> Countdown {
    match watch.well_since(rules) {
        Some(since) => Countdown::Well { since: now.saturating_sub(since), needed: rules.min_healthy },
        None => Countdown::NotYet { left: watch.late_at(rules).saturating_sub(now) },
    }
}

impl Countdown {
    /// How long the gate may still take; one that is not well yet comes after all that are.
    pub fn remaining(&self) -> (bool, Duration) {
        match *self {
            Self::Well { since, needed } => (false, needed.saturating_sub(since)),
            Self::NotYet { left } => (true, left),
        }
    }
}
