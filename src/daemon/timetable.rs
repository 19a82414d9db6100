//! When the next run begins: the schedule, read with a wall clock that may jump. Pure.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::schedule::{Schedule, ZoneError, jittered, zone};

/// No clock change is longer: a clock that has gone back further was wrong before.
const LONGEST_STEP: SignedDuration = SignedDuration::from_hours(25);

/// A schedule and how far it has come.
#[derive(Debug, Clone)]
pub struct Timetable {
    schedule: Schedule,
    zone: TimeZone,
    jitter: Duration,
    /// Differs from host to host.
    seed: u64,
    /// Every firing up to here is past.
    past: Timestamp,
}

impl Timetable {
    /// From `now` on.
    ///
    /// Errors: a zone that the host's database has lost since the configuration was read.
    pub fn new(config: &Config, seed: u64, now: Timestamp) -> Result<Self, ZoneError> {
        let zone = zone(config.time_zone.as_deref())?;
        Ok(Self { schedule: config.schedule.clone(), zone, jitter: config.jitter, seed, past: now })
    }

    /// The same, from `now` on.
    pub fn beginning(&self, now: Timestamp) -> Self {
        Self { past: now, ..self.clone() }
    }

    /// In place of another. The same schedule goes on where that one is: a firing that jitter puts off is not lost.
    pub fn in_place_of(self, other: &Self) -> Self {
        let is_same = (&self.schedule, &self.zone) == (&other.schedule, &other.zone);
        Self { past: if is_same { other.past } else { self.past }, ..self }
    }

    /// True if neither the configuration nor the host says in which zone the schedule is to be read: then it is read in UTC.
    pub fn is_zone_unknown(&self) -> bool {
        self.zone.is_unknown()
    }

    /// True if a run should have begun since `last_begun`, while nobody was there to begin it.
    pub fn is_missed(&self, last_begun: Option<Timestamp>, now: Timestamp) -> bool {
        self.schedule.is_missed(last_begun, now, &self.zone)
    }

    /// When the next run begins.
    pub fn next(&self) -> Option<Timestamp> {
        let firing = self.schedule.next(self.past, &self.zone)?;
        Some(jittered(firing, self.jitter, self.seed))
    }

    /// True, once, if a run is to begin. However many were missed, and wherever the clock jumped, it is one; and after a clock went back by an
    /// hour none begins twice.
    pub fn fires(&mut self, now: Timestamp) -> bool {
        if self.past.duration_since(now) > LONGEST_STEP {
            self.past = now;
        }
        let is_due = self.next().is_some_and(|at| at <= now);
        if is_due {
            self.past = now;
        }
        is_due
    }
}
