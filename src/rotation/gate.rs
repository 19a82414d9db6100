//! The health gate: has a container proved itself? Pure; looks at states that others took.

use std::time::Duration;

use serde_json::Value;

use super::GateFailure;
use super::record::Terms;
use crate::model::{Container, Health, State, Status};

/// Without a HEALTHCHECK: how long it must run without interruption.
const MIN_RUNNING: Duration = Duration::from_secs(10);
/// With one: how long it must stay healthy after it turned so.
const MIN_HEALTHY: Duration = Duration::from_secs(2);
/// Without a HEALTHCHECK: how long it may take until it runs.
const DEADLINE: Duration = Duration::from_secs(300);
/// What the engine itself may need to notice.
const SLACK: Duration = Duration::from_secs(10);
/// How often the gate looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How one container is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRules {
    /// Its HEALTHCHECK's start period; none if it has no HEALTHCHECK, or need not be healthy.
    pub start_period: Option<Duration>,
    /// How long it must be well without interruption.
    pub min_healthy: Duration,
    /// How long it may take until it is well for the first time.
    pub deadline: Duration,
    /// True if exit code 0 proves it.
    pub is_oneshot: bool,
}

/// What this process saw of one container that has to prove itself. In memory only: a new process begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    since: Duration,
    is_started_by_us: bool,
    baseline: Option<(Option<jiff::Timestamp>, u64)>,
    running_since: Option<Duration>,
    healthy_since: Option<Duration>,
    well_until: Option<Duration>,
    restarts: u64,
    exit_code: Option<i64>,
}

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

impl GateRules {
    /// From the HEALTHCHECK in force and the policy. `needs_health` is false for a predecessor that was not healthy before either.
    ///
    /// Deadline: start period + (retries + 1) × (interval + timeout) + 10 s. Example: 30 s, 3 retries, interval 30 s, timeout 30 s: 280 s.
    /// Source: Docker API 1.41, HealthConfig: nanoseconds; 0 means 30 s, 30 s and 3 retries.
    pub fn of(container: &Container, terms: &Terms, needs_health: bool) -> Self {
        let check = container.healthcheck().filter(|_| needs_health);
        let nanoseconds = |check: &Value, key: &str| check.get(key).and_then(Value::as_u64).filter(|n| *n > 0);
        let or_30_s = |n: Option<u64>| n.map_or(Duration::from_secs(30), Duration::from_nanos);
        let start_period = check.map(|c| Duration::from_nanos(nanoseconds(c, "StartPeriod").unwrap_or(0)));
        let from_check = check.zip(start_period).map(|(c, start)| {
            let retries = u32::try_from(nanoseconds(c, "Retries").unwrap_or(3)).unwrap_or(u32::MAX);
            let once = or_30_s(nanoseconds(c, "Interval")).saturating_add(or_30_s(nanoseconds(c, "Timeout")));
            start.saturating_add(once.saturating_mul(retries.saturating_add(1))).saturating_add(SLACK)
        });
        Self {
            start_period,
            min_healthy: terms.min_healthy.unwrap_or(if check.is_some() { MIN_HEALTHY } else { MIN_RUNNING }),
            deadline: terms.deadline.or(from_check).unwrap_or(DEADLINE),
            is_oneshot: terms.is_oneshot,
        }
    }
}

impl Watch {
    /// Begins to watch. `is_started_by_us`: this process is about to start it, so that an exit counts from the first look on.
    pub fn begin(now: Duration, is_started_by_us: bool) -> Self {
        Self {
            since: now,
            is_started_by_us,
            baseline: None,
            running_since: None,
            healthy_since: None,
            well_until: None,
            restarts: 0,
            exit_code: None,
        }
    }

    /// Takes in one look. Looks must come in order.
    pub fn look(&mut self, now: Duration, state: &State) {
        match state.status {
            Status::Running => self.look_at_running(now, state),
            Status::Restarting => self.interrupted(state.restart_count.max(1), Some(state.exit_code)),
            Status::Created | Status::Paused | Status::Exited | Status::Dead => (self.running_since, self.healthy_since) = (None, None),
        }
    }

    fn look_at_running(&mut self, now: Duration, state: &State) {
        let seen = (state.started_at, state.restart_count);
        // A restart between two looks shows in the start time; the count alone is set to 0 by a start by hand.
        let base = *self.baseline.get_or_insert(if self.is_started_by_us { (state.started_at, 0) } else { seen });
        if seen.0 != base.0 || seen.1 > base.1 {
            self.interrupted(state.restart_count.saturating_sub(base.1).max(1), None);
        }
        self.running_since.get_or_insert(now);
        match state.health {
            Some(Health::Healthy) => {
                self.healthy_since.get_or_insert(now);
                self.well_until = Some(now);
            }
            Some(Health::Starting | Health::Unhealthy) | None => self.healthy_since = None,
        }
    }

    fn interrupted(&mut self, restarts: u64, exit_code: Option<i64>) {
        self.restarts = self.restarts.max(restarts);
        self.exit_code = exit_code.or(self.exit_code);
        (self.running_since, self.healthy_since) = (None, None);
    }

    fn well_since(&self, rules: &GateRules) -> Option<Duration> {
        if rules.start_period.is_some() { self.healthy_since } else { self.running_since }
    }

    /// After the first healthy look there is no deadline for staying so, but one for coming back.
    fn late_at(&self, rules: &GateRules) -> Duration {
        self.well_until.unwrap_or(self.since).saturating_add(rules.deadline)
    }

    /// True if this process saw it run, or started it: only then is an exit evidence of sickness.
    pub fn is_evidence(&self) -> bool {
        self.is_started_by_us || self.running_since.is_some() || self.baseline.is_some()
    }
}

/// Judges what was seen. Call after [`Watch::look`] with the same state.
pub fn verdict(rules: &GateRules, watch: &Watch, state: &State, now: Duration) -> Verdict {
    if state.oom_killed {
        return Verdict::Failed(GateFailure::OutOfMemory);
    }
    if watch.restarts > 0 {
        return Verdict::Failed(GateFailure::Restarted { times: watch.restarts, code: watch.exit_code });
    }
    match state.status {
        Status::Exited | Status::Dead if watch.is_evidence() && rules.is_oneshot && state.exit_code == 0 => return Verdict::Passed,
        Status::Exited | Status::Dead if watch.is_evidence() => return Verdict::Failed(GateFailure::Exited { code: state.exit_code }),
        Status::Created | Status::Running | Status::Paused | Status::Restarting | Status::Exited | Status::Dead => {}
    }
    let ran_for = watch.running_since.map(|since| now.saturating_sub(since));
    if let (Some(start_period), Some(Health::Unhealthy), Some(ran_for)) = (rules.start_period, state.health, ran_for)
        && ran_for >= start_period
    {
        return Verdict::Failed(GateFailure::Unhealthy);
    }
    if let Some(since) = watch.well_since(rules) {
        let proved_at = since.saturating_add(rules.min_healthy);
        return if now >= proved_at { Verdict::Passed } else { Verdict::Pending { until: proved_at.min(now + LOOK_EVERY) } };
    }
    let late_at = watch.late_at(rules);
    if now >= late_at {
        return Verdict::Failed(GateFailure::Deadline { seconds: rules.deadline.as_secs() });
    }
    Verdict::Pending { until: late_at.min(now + LOOK_EVERY) }
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
