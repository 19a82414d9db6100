//! What is to be done next, and when. Pure: the loop asks it, and tells it how it went.

use std::time::Duration;

use jiff::Timestamp;

use super::Timetable;

/// After a pass that failed: this long, then twice as long, up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// The same for a whole run, which asks registries.
const FIRST_RUN_RETRY: Duration = Duration::from_secs(15);
const LONGEST_RUN_RETRY: Duration = Duration::from_secs(15 * 60);
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
    /// It could not go on: to be tried again.
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
    /// Passes that failed, in a row.
    failures: u32,
    /// An owed run does not begin earlier.
    run_at: Duration,
    /// Runs that failed, in a row.
    run_failures: u32,
}

impl Agenda {
    /// At the start of the process: what an earlier one left comes first. `is_owed`: a run was missed.
    pub fn new(timetable: Timetable, is_owed: bool) -> Self {
        Self { timetable, is_owed, resume_at: Some(Duration::ZERO), failures: 0, run_at: Duration::ZERO, run_failures: 0 }
    }

    /// Another schedule, from now on. What the old one had due by now is still owed.
    pub fn set_timetable(&mut self, timetable: Timetable, now: Moment) {
        self.is_owed |= self.timetable.fires(now.at);
        self.timetable = timetable.in_place_of(&self.timetable);
    }

    /// When the next scheduled run begins.
    pub fn next_run(&self) -> Option<Timestamp> {
        self.timetable.next()
    }

    /// What is to be begun now.
    pub fn due(&mut self, now: Moment) -> Option<Pass> {
        self.is_owed |= self.timetable.fires(now.at);
        if self.may_run() && self.run_at <= now.elapsed {
            return Some(Pass::Run);
        }
        self.resume_at.filter(|at| *at <= now.elapsed).map(|_| Pass::Resume)
    }

    /// A run is owed, and what was left before it is finished.
    fn may_run(&self) -> bool {
        self.is_owed && self.failures == 0 && self.resume_at != Some(Duration::ZERO)
    }

    /// How long there is nothing to do, if nothing happens.
    pub fn pause(&self, now: Moment) -> Duration {
        let firing = self.next_run().map(|at| until(at, now));
        let resume = self.resume_at.map(|at| at.saturating_sub(now.elapsed));
        let owed = self.may_run().then(|| self.run_at.saturating_sub(now.elapsed));
        [firing, resume, owed].into_iter().flatten().min().unwrap_or(Duration::MAX)
    }

    /// How a pass went. `look_at`: when something that is open or kept wants to be looked at; none if nothing is.
    pub fn ended(&mut self, pass: Pass, outcome: Outcome, look_at: Option<Timestamp>, now: Moment) {
        match (pass, outcome) {
            (Pass::Run, Outcome::Done) => (self.is_owed, self.run_failures, self.run_at) = (false, 0, Duration::ZERO),
            // A rotation of it may be open, and its service down.
            (Pass::Run, Outcome::Failed) if look_at.is_some() => {
                self.fail_run(now);
                self.failures = 0;
                self.resume_at = Some(now.elapsed + FIRST_RETRY);
                return;
            }
            (Pass::Run, Outcome::Failed) => self.fail_run(now),
            (Pass::Resume, Outcome::Failed) => {
                self.resume_at = Some(now.elapsed + backoff(FIRST_RETRY, LONGEST_RETRY, self.failures));
                self.failures += 1;
                return;
            }
            (Pass::Resume, Outcome::Done) => {}
        }
        self.failures = 0;
        self.resume_at = look_at.map(|at| now.elapsed + look_in(at, now));
    }

    fn fail_run(&mut self, now: Moment) {
        self.run_at = now.elapsed + backoff(FIRST_RUN_RETRY, LONGEST_RUN_RETRY, self.run_failures);
        self.run_failures += 1;
    }

    /// What is open or kept may have changed by another hand than this agenda's. Brings a look forward, never back.
    pub fn look(&mut self, look_at: Option<Timestamp>, now: Moment) {
        let at = look_at.map(|at| now.elapsed + until(at, now).clamp(FIRST_RETRY, LATE_LOOK));
        self.resume_at = self.resume_at.into_iter().chain(at).min();
    }
}

/// What is past its time after it was just looked at stays so for a while: a predecessor is kept as long as its successor is unwell.
fn look_in(at: Timestamp, now: Moment) -> Duration {
    if at <= now.at { LATE_LOOK } else { until(at, now).clamp(FIRST_RETRY, LATE_LOOK) }
}

fn until(at: Timestamp, now: Moment) -> Duration {
    Duration::try_from(at.duration_since(now.at)).unwrap_or(Duration::ZERO)
}

fn backoff(first: Duration, longest: Duration, failures: u32) -> Duration {
    (first * 2u32.saturating_pow(failures.min(16))).min(longest)
}
