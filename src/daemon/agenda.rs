//! What is to be done next, and when. Pure: the loop asks it, and tells it how it went.

use std::time::Duration;

use jiff::Timestamp;

use super::Timetable;

/// After a failure that the engine caused: this long, then twice as long, up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// As long as predecessors are kept, successors are looked at: one that fails late is reported, or goes back.
const LATE_LOOK: Duration = Duration::from_secs(60);

/// A moment: the wall clock, which may jump, and the time since the process began.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Wall clock.
    pub at: Timestamp,
    /// Since the process began.
    pub elapsed: Duration,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Finish what is open, look after what is kept.
    Resume,
    /// The same, then rotate what is new.
    Run,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, whatever came of it for single containers.
    Done,
    /// The engine was not there: to be tried again soon.
    NoEngine,
    /// Something else, which waits for the next time.
    Failed,
}

/// What is to be done.
#[derive(Debug)]
pub struct Agenda {
    timetable: Timetable,
    /// A run that should have begun.
    is_owed: bool,
    /// When to look after what was begun; none: nothing is open or kept.
    resume_at: Option<Duration>,
    /// In a row, for want of an engine.
    failures: u32,
}

impl Agenda {
    /// At the start of the process: what an earlier one left comes first. `is_owed`: a run was missed.
    pub fn new(timetable: Timetable, is_owed: bool) -> Self {
        Self { timetable, is_owed, resume_at: Some(Duration::ZERO), failures: 0 }
    }

    /// Another schedule, from now on.
    pub fn set_timetable(&mut self, timetable: Timetable) {
        self.timetable = timetable;
    }

    /// When the next scheduled run begins.
    pub fn next_run(&self) -> Option<Timestamp> {
        self.timetable.next()
    }

    /// What is to be begun now.
    pub fn due(&mut self, now: Moment) -> Option<Pass> {
        self.is_owed |= self.timetable.fires(now.at);
        let may_resume = self.resume_at.is_some_and(|at| at <= now.elapsed);
        match (may_resume, self.is_owed && self.failures == 0 && self.resume_at != Some(Duration::ZERO)) {
            (_, true) => Some(Pass::Run),
            (true, false) => Some(Pass::Resume),
            (false, false) => None,
        }
    }

    /// How long there is nothing to do, if nothing happens.
    pub fn pause(&self, now: Moment) -> Duration {
        let run = self.next_run().map(|at| Duration::try_from(at.duration_since(now.at)).unwrap_or(Duration::ZERO));
        let resume = self.resume_at.map(|at| at.saturating_sub(now.elapsed));
        [run, resume].into_iter().flatten().min().unwrap_or(Duration::MAX)
    }

    /// How a pass went. `kept_until`: the soonest end of what is kept, if anything is.
    pub fn ended(&mut self, pass: Pass, outcome: Outcome, kept_until: Option<Timestamp>, now: Moment) {
        match outcome {
            Outcome::NoEngine => {
                let retry = FIRST_RETRY * 2u32.saturating_pow(self.failures.min(16));
                self.failures += 1;
                self.resume_at = Some(now.elapsed + retry.min(LONGEST_RETRY));
            }
            Outcome::Done | Outcome::Failed => {
                self.failures = 0;
                self.is_owed &= pass != Pass::Run;
                self.keeps(kept_until, now);
            }
        }
    }

    /// What is kept may have changed by another hand than this agenda's.
    pub fn keeps(&mut self, kept_until: Option<Timestamp>, now: Moment) {
        if self.failures > 0 {
            return;
        }
        let left = |until: Timestamp| Duration::try_from(until.duration_since(now.at)).unwrap_or(Duration::ZERO);
        self.resume_at = kept_until.map(|until| now.elapsed + left(until).clamp(FIRST_RETRY, LATE_LOOK));
    }
}
