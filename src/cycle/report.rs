//! What a pass did, as data: one entry a container. How it looks is up to `cli/`.

use jiff::Timestamp;
use serde::Serialize;

use super::report_along::{ALL_BACK, Along, blamed, of_whom};
use super::{report_stuck, report_unit};
use crate::clock::seconds_between;
use crate::engine::EngineError;
use crate::plan::Skipped;
use crate::rotation::{Ended, Failure, Outcome, Record, Stage, StuckReason, Withdrawal};

/// What a pass did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Nothing was to be switched.
    pub is_dry_run: bool,
    /// What was done, in the order in which it was done, and what was not.
    pub entries: Vec<Entry>,
}

/// What became of one container.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The reference that it follows, as typed.
    pub image: String,
    /// In one word.
    pub verdict: Verdict,
    /// Why, in one word for programs; none if all went well.
    pub reason: Option<&'static str>,
    /// Why, for people.
    pub message: Option<String>,
    /// What to do, for people.
    pub help: Option<String>,
    /// The digest that ran before.
    pub from_digest: Option<String>,
    /// The digest that was rotated to, or tried.
    pub to_digest: Option<String>,
    /// Those that went the same way along with it, because they require it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub along: Vec<Along>,
    /// From the opening of the record to the end.
    pub took_seconds: Option<f64>,
    /// From the first stop to the last start.
    pub down_time_seconds: Option<f64>,
    /// The last log lines of a container that failed.
    pub log: Vec<String>,
    /// What the comparison found.
    pub differences: Vec<String>,
    /// The rotation's id.
    pub rotation: Option<String>,
    /// An earlier run had begun it.
    pub is_resumed: bool,
    /// See [`crate::plan::Reason::is_fault`]; or something that it had stopped is down.
    #[serde(skip)]
    pub is_fault: bool,
    /// Only a person can help, and which of the two serves is not known.
    #[serde(skip)]
    pub may_serve: bool,
    /// See [`Record::stands`]; none where the verdict says it all.
    #[serde(skip)]
    pub stands: Option<&'static str>,
}

/// What became of one container, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The successor serves.
    Rotated,
    /// The predecessor serves, after the successor was switched to.
    RolledBack,
    /// The successor failed its gate and has the name all the same, as its policy wants.
    Stayed,
    /// The successor is unwell after it had proved itself; nothing was done about it.
    FailedLate,
    /// Turned back before the switch, through no wish of anybody.
    Failed,
    /// Would differ in ways that no rule explains: a person must look.
    Held,
    /// Only a person can help.
    Stuck,
    /// Interrupted at rest; the next run goes on.
    Left,
    /// The engine tells nothing of its containers, or does not answer; the next run goes on.
    Unanswered,
    /// Given up before anything was touched, because it is not wanted any more.
    Withdrawn,
    /// Compared only.
    DryRun,
    /// Not to be rotated.
    Skipped,
    /// Of a rotation that the store does not know, while no container has the unit's name.
    Orphaned,
}

impl Entry {
    /// True if a container of this name is among those that it is about.
    pub fn is_about(&self, name: &str) -> bool {
        self.name == name || self.along.iter().any(|along| along.name == name)
    }

    /// For a container that is not rotated.
    pub fn skipped(skipped: &Skipped) -> Self {
        let Skipped { name, image, reason } = skipped;
        let verdict = if reason.needs_a_person() { Verdict::Orphaned } else { Verdict::Skipped };
        let (message, help, is_fault) = (Some(reason.to_string()), reason.help(), reason.is_fault());
        Self { reason: Some(reason.code()), message, help, is_fault, ..Self::new(name, image, verdict) }
    }

    fn new(name: &str, image: &str, verdict: Verdict) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            verdict,
            reason: None,
            message: None,
            help: None,
            from_digest: None,
            to_digest: None,
            along: Vec::new(),
            took_seconds: None,
            down_time_seconds: None,
            log: Vec::new(),
            differences: Vec::new(),
            rotation: None,
            is_resumed: false,
            is_fault: false,
            may_serve: false,
            stands: None,
        }
    }

    /// For a rotation that waits for the engine's answer about its containers.
    pub fn unanswered(record: &Record, error: &EngineError, now: Timestamp) -> Self {
        let what = if record.stage == Stage::Kept { "whether it is well cannot be seen" } else { "its rotation is not finished" };
        let message = Some(format!("{what}: {error}"));
        let of_the_engine = || {
            format!(
                "a driver of it may hang, or the engine's own notes of it are broken: see whether `docker inspect {}` answers; the next run \
                 goes on from there",
                record.unit
            )
        };
        let help = record.service().map_or_else(of_the_engine, report_unit::unanswered);
        let (help, stands) = (Some(help), Some(record.stands()));
        Self { verdict: Verdict::Unanswered, reason: Some("no_answer"), message, help, stands, ..Self::of(record, &Ended::Left, now) }
    }

    /// For a rotation that ended, or has to wait.
    pub fn of(record: &Record, ended: &Ended, now: Timestamp) -> Self {
        let image = record.members.first().map(|m| m.reference.to_string()).unwrap_or_default();
        let (verdict, message, help) = judge(record, ended);
        let message = message.map(|message| of_whom(record, ended, message));
        let first = record.members.first();
        let entry = Self {
            stands: match (record.service(), ended) {
                (None, Ended::Stuck(reason)) => Some(report_stuck::stands(reason)),
                (Some(_), Ended::Stuck(reason)) => Some(report_unit::stands_stuck(reason)),
                (Some(_), _) => report_unit::stands(verdict),
                (None, _) if verdict == Verdict::RolledBack && record.members.len() > 1 => Some(ALL_BACK),
                (None, _) => None,
            },
            // What cannot be stopped runs; a tag that cannot be moved may belong to one that does.
            may_serve: matches!(ended, Ended::Stuck(StuckReason::ActRefused { .. })),
            reason: reason(record, ended),
            message,
            help,
            from_digest: first.and_then(|m| m.old_digest.as_ref()).map(ToString::to_string),
            to_digest: first.and_then(|m| m.digest.as_ref()).map(ToString::to_string),
            along: record.members.iter().skip(1).map(Along::of).collect(),
            took_seconds: seconds_between(record.opened_at, now),
            down_time_seconds: record.down_time_seconds(),
            log: record.log.clone().unwrap_or_default(),
            differences: record.differences.clone(),
            rotation: Some(record.id.to_string()),
            ..Self::new(&record.unit, &image, verdict)
        };
        match record.service() {
            Some(service) => report_unit::with_down(entry, service),
            None => entry,
        }
    }
}

fn judge(record: &Record, ended: &Ended) -> (Verdict, Option<String>, Option<String>) {
    let unit = &record.unit;
    match (ended, &record.outcome) {
        (Ended::Stuck(reason), _) => {
            let (message, help) = match record.service() {
                Some(service) => report_unit::stuck(record, service, reason),
                None => report_stuck::told(unit, reason),
            };
            (Verdict::Stuck, Some(message), Some(help))
        }
        (Ended::Left, _) => (
            Verdict::Left,
            Some("interrupted while the container under the name still had to prove itself".into()),
            Some("run `rotate now` again: it goes on from there".into()),
        ),
        (Ended::Kept | Ended::Closed | Ended::Prepared, Some(Outcome::TurnedBack { failure, was_switched })) => {
            turned_back(blamed(record), failure, *was_switched)
        }
        (Ended::Kept | Ended::Closed | Ended::Prepared, Some(Outcome::Stayed { failure })) => {
            let message = record.late.as_ref().map_or_else(|| failure.to_string(), |why| format!("the new container {why}"));
            (Verdict::Stayed, Some(message), way_back(record))
        }
        (Ended::Kept | Ended::Closed | Ended::Prepared, _) => match (&record.late, &record.failed_rollback) {
            (None, None) => (Verdict::Rotated, None, None),
            (Some(why), None) => {
                (Verdict::FailedLate, Some(format!("the new container {why}, after it had proved itself")), way_back(record))
            }
            (Some(why), Some(no)) => {
                let no_way = record.why_stuck(no);
                let message =
                    format!("the new container {why}, after it had proved itself, and the old one could not be taken back: {no_way}");
                (Verdict::FailedLate, Some(message), way_back(record).filter(|_| *no != StuckReason::NothingLeft))
            }
            (None, Some(no)) => {
                let message = format!("the old container could not be taken back: {}; the new one serves again", record.why_stuck(no));
                let again = format!("remove the cause; `rotate rollback {unit}` tries it again as long as the way back is kept");
                (Verdict::Failed, Some(message), Some(again).filter(|_| *no != StuckReason::NothingLeft))
            }
        },
    }
}

/// For a successor that is not well while there is a way back: the predecessor itself, or what it is created from again.
fn way_back(record: &Record) -> Option<String> {
    if let Some(service) = record.service() {
        return Some(report_unit::way_back(record, service));
    }
    let (unit, sick) = (&record.unit, blamed(record));
    Some(format!(
        "read its log (`docker logs {sick}`); `rotate rollback {unit}` takes the old one back: what that needs is kept while this lasts"
    ))
}

fn turned_back(unit: &str, failure: &Failure, was_switched: bool) -> (Verdict, Option<String>, Option<String>) {
    let message = Some(failure.to_string());
    match failure {
        Failure::Withdrawn { why: Withdrawal::DryRun } => (Verdict::DryRun, None, None),
        Failure::Withdrawn { why: Withdrawal::SameImage } => (Verdict::Skipped, message, None),
        Failure::Withdrawn { why: Withdrawal::RecordLost | Withdrawal::AlreadyBack } if was_switched => {
            (Verdict::RolledBack, message, Some("it is tried again in the next run".into()))
        }
        Failure::Withdrawn { .. } => (Verdict::Withdrawn, message, None),
        Failure::Unexplained { .. } => {
            (Verdict::Held, message, Some(format!("nothing was touched; create `{unit}` anew by hand, or report the difference")))
        }
        Failure::PullFailed { .. }
        | Failure::OtherPlatform { .. }
        | Failure::CreateRefused { .. }
        | Failure::StartRefused { .. }
        | Failure::ActRefused { .. }
        | Failure::Gate { .. }
        | Failure::Late { .. }
        | Failure::StartsExhausted { .. }
        | Failure::SuccessorGone
        | Failure::NotRecorded { .. }
        | Failure::Requested => {
            let help = match (failure.refuses_digest(), was_switched) {
                (true, _) => format!("this digest is not tried again until the tag moves, or with `rotate now --retry {unit}`"),
                (false, true) => "it is tried again in the next run".into(),
                (false, false) => "nothing was touched; it is tried again in the next run".into(),
            };
            (if was_switched { Verdict::RolledBack } else { Verdict::Failed }, message, Some(help))
        }
    }
}

fn reason(record: &Record, ended: &Ended) -> Option<&'static str> {
    match (ended, &record.outcome) {
        (Ended::Stuck(reason), _) => Some(reason.code()),
        (Ended::Left, _) => Some("interrupted"),
        (Ended::Kept | Ended::Closed | Ended::Prepared, Some(Outcome::TurnedBack { failure, .. })) => Some(failure.code()),
        (Ended::Kept | Ended::Closed | Ended::Prepared, Some(Outcome::Stayed { failure })) => Some(failure.code()),
        (Ended::Kept | Ended::Closed | Ended::Prepared, _) if record.late.is_some() => Some("failed_late"),
        (Ended::Kept | Ended::Closed | Ended::Prepared, _) => record.failed_rollback.as_ref().map(|_| "rollback_failed"),
    }
}
