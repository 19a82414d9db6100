//! What one process saw of one container that has to prove itself. Pure: it is told, and asks nobody.

use std::time::Duration;

use super::late::LOOP;
use super::{GateRules, Proof};
use crate::model::{Health, State, Status};

/// Before it was well for the first time a probe is made at least this often: failures do not count yet, and the gate is open no longer than it must be.
const EARLY_INTERVAL: Duration = Duration::from_secs(1);
/// Podman shows a container as exited until it has started it again, a second later on a busy host; Docker, as restarting.
const TIME_TO_START_AGAIN: Duration = Duration::from_secs(5);

/// What came of one probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// As it should be.
    Well,
    /// Not: what was seen, for people.
    Unwell(String),
    /// It could not be made here at all, which says nothing of the container: why, for people.
    NotMade(String),
}

/// What this process saw of one container that has to prove itself. In memory only: a new process begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub(super) since: Duration,
    is_started_by_us: bool,
    /// When it was started and how often the engine had restarted it, when it ran at the first look; and at the last one.
    first_run: Option<(Option<jiff::Timestamp>, u64)>,
    last_run: Option<(Option<jiff::Timestamp>, u64)>,
    /// The engine is about to start it again, which is counted.
    is_restarting: bool,
    pub(super) running_since: Option<Duration>,
    /// Since when it is down, and not about to be started.
    down_since: Option<Duration>,
    healthy_since: Option<Duration>,
    healthy_until: Option<Duration>,
    pub(super) restarts: u64,
    /// How often the engine had restarted it when it was at it at the first look.
    restarts_before: Option<u64>,
    pub(super) exit_code: Option<i64>,
    pub(super) probed: Probed,
}

/// What the probe said so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Probed {
    /// Its first success, as long as it runs.
    pub(super) well_since: Option<Duration>,
    /// Its last success.
    well_until: Option<Duration>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// When the last one ended, and with what.
    last: Option<(Duration, Answer)>,
}

impl Watch {
    /// Begins to watch. `is_started_by_us`: this process is about to start it, so that an exit counts from the first look on.
    pub fn begin(now: Duration, is_started_by_us: bool) -> Self {
        Self {
            since: now,
            is_started_by_us,
            first_run: None,
            last_run: None,
            is_restarting: false,
            running_since: None,
            down_since: None,
            healthy_since: None,
            healthy_until: None,
            restarts: 0,
            restarts_before: None,
            exit_code: None,
            probed: Probed::default(),
        }
    }

    /// Its start has been answered only now: it has its time from here on.
    pub fn begin_again(&mut self, now: Duration) {
        *self = Self::begin(now, self.is_started_by_us);
    }

    /// Takes in one look. Looks must come in order.
    pub fn look(&mut self, now: Duration, state: &State) {
        match state.status {
            Status::Running => self.look_at_running(now, state),
            Status::Restarting => self.look_at_restarting(state),
            Status::Created | Status::Paused | Status::Exited | Status::Dead => self.stopped_running(),
        }
        self.down_since = matches!(state.status, Status::Exited | Status::Dead).then(|| self.down_since.unwrap_or(now));
    }

    /// What this process neither started nor saw run may be on its way up since the engine came back: only a restart from now on counts.
    fn look_at_restarting(&mut self, state: &State) {
        let before = *self.restarts_before.get_or_insert(state.restart_count);
        let is_known = std::mem::replace(&mut self.is_restarting, true);
        if self.is_evidence() || state.restart_count > before {
            let counted = state.restart_count.saturating_sub(self.first_run.map_or(before, |(_, count)| count));
            self.restarted(!is_known, counted.max(1), Some(state.exit_code));
        }
        self.stopped_running();
    }

    fn look_at_running(&mut self, now: Duration, state: &State) {
        let seen = (state.started_at, state.restart_count);
        // A restart between two looks shows in the start time; the count alone is set to 0 by a start by hand.
        let first = *self.first_run.get_or_insert(if self.is_started_by_us { (state.started_at, 0) } else { seen });
        let last = self.last_run.replace(seen).unwrap_or(first);
        let is_known = std::mem::take(&mut self.is_restarting);
        if seen.0 != last.0 || seen.1 > last.1 {
            self.restarted(!is_known, seen.1.saturating_sub(first.1), None);
            self.stopped_running();
        }
        self.running_since.get_or_insert(now);
        match state.health {
            Some(Health::Healthy) => {
                self.healthy_since.get_or_insert(now);
                self.healthy_until = Some(now);
            }
            Some(Health::Starting | Health::Unhealthy) | None => self.healthy_since = None,
        }
    }

    /// Once more, if that is new; or as often as the engine has counted since the first look.
    fn restarted(&mut self, is_new: bool, counted: u64, exit_code: Option<i64>) {
        let seen = self.restarts.saturating_add(u64::from(is_new)).min(LOOP);
        self.restarts = self.restarts.max(seen).max(counted);
        self.exit_code = exit_code.or(self.exit_code);
    }

    fn stopped_running(&mut self) {
        (self.running_since, self.healthy_since, self.probed.well_since) = (None, None, None);
    }

    /// Takes in one probe, made from `begun` to `now`. One that was begun before the watch is no news of this container.
    pub fn take(&mut self, begun: Duration, now: Duration, answer: Answer) {
        if begun < self.since {
            return;
        }
        match &answer {
            Answer::Well => {
                self.probed.failures = 0;
                self.probed.well_since.get_or_insert(now);
                self.probed.well_until = Some(now);
            }
            Answer::Unwell(_) | Answer::NotMade(_) => self.probed.failures = self.probed.failures.saturating_add(1),
        }
        self.probed.last = Some((now, answer));
    }

    /// True if it ran at the last look.
    pub fn is_running(&self) -> bool {
        self.running_since.is_some()
    }

    /// When the next probe is due.
    pub fn next_probe(&self, interval: Duration) -> Duration {
        let pause = if self.probed.well_since.is_some() { interval } else { interval.min(EARLY_INTERVAL) };
        self.probed.last.as_ref().map_or(self.since, |(at, _)| at.saturating_add(pause))
    }

    /// What the last probe found wrong.
    pub(super) fn complaint(&self) -> Option<String> {
        match self.last()? {
            Answer::Well => None,
            Answer::Unwell(why) | Answer::NotMade(why) => Some(why.clone()),
        }
    }

    /// What came of the last probe.
    pub(super) fn last(&self) -> Option<&Answer> {
        self.probed.last.as_ref().map(|(_, answer)| answer)
    }

    /// True if it went down so short a while ago that its engine may not have come to start it again.
    pub(super) fn is_just_down(&self, now: Duration) -> bool {
        self.down_since.is_some_and(|since| now.saturating_sub(since) < TIME_TO_START_AGAIN)
    }

    /// Since when it is well, if it is.
    pub(super) fn well_since(&self, rules: &GateRules) -> Option<Duration> {
        match rules.proof {
            Proof::Running => self.running_since,
            Proof::Healthcheck { .. } => self.healthy_since,
            Proof::Probe { .. } => self.probed.well_since,
        }
    }

    /// After the first healthy look there is no deadline for staying so, but one for coming back. What is not its proof does not put that off.
    pub(super) fn late_at(&self, rules: &GateRules) -> Duration {
        let well_until = match rules.proof {
            Proof::Running => None,
            Proof::Healthcheck { .. } => self.healthy_until,
            Proof::Probe { .. } => self.probed.well_until,
        };
        well_until.unwrap_or(self.since).saturating_add(rules.deadline)
    }

    /// True if this process saw it run, or started it: only then is an exit evidence of sickness.
    pub fn is_evidence(&self) -> bool {
        self.is_started_by_us || self.running_since.is_some() || self.first_run.is_some()
    }
}
