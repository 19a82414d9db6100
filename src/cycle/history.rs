//! What was rotated when, from the store alone; no engine is asked.

use jiff::Timestamp;
use serde::Serialize;

use super::report::Entry;
use crate::clock::seconds_between;
use crate::rotation::{Ended, Record, Stage};
use crate::store::{Store, StoreError};

/// One rotation that was.
#[derive(Debug, Clone, Serialize)]
pub struct Past {
    /// What became of it, in the words of the run that did it.
    #[serde(flatten)]
    pub entry: Entry,
    /// When it began.
    pub began_at: Timestamp,
    /// When the new container had proved itself, or the old one was back; none if it is not over.
    pub ended_at: Option<Timestamp>,
    /// Until when the predecessor is kept; none if it is not kept any more.
    pub kept_until: Option<Timestamp>,
    /// What was done.
    pub steps: Vec<Step>,
}

/// One thing that was done in a rotation.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// In one word: `pull`, `stop_old`, `started`, `proved`, …
    pub step: String,
    /// When it began.
    pub at: Timestamp,
}

/// The newest `most` rotations of all units or of one, newest first.
pub fn history(store: &dyn Store, unit: Option<&str>, most: usize) -> Result<Vec<Past>, StoreError> {
    Ok(store.history(unit, most)?.iter().map(Past::of).collect())
}

/// The newest rotation of each unit.
pub fn last_rotations(store: &dyn Store) -> Result<Vec<Past>, StoreError> {
    Ok(store.last_rotations()?.iter().map(Past::of).collect())
}

impl Past {
    fn of(record: &Record) -> Self {
        let ended = match (record.stage, &record.stuck) {
            (_, Some(reason)) => Ended::Stuck(reason.clone()),
            (Stage::Preparing | Stage::Creating | Stage::Switching, None) => Ended::Left,
            (Stage::Kept, None) => Ended::Kept,
            (Stage::Closed, None) => Ended::Closed,
        };
        let ended_at = record.ended_at();
        let took_seconds = ended_at.and_then(|at| seconds_between(record.opened_at, at));
        let steps = record.times.iter().map(|(step, at)| Step { step: step.clone(), at: *at });
        Self {
            entry: Entry { took_seconds, ..Entry::of(record, &ended, record.opened_at) },
            began_at: record.opened_at,
            ended_at,
            kept_until: record.keep_until.filter(|_| record.stage == Stage::Kept),
            steps: steps.collect(),
        }
    }
}
