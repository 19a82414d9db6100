//! What goes on in a rotation while it goes on, for whoever watches. Data only; how it looks is up to the watcher.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Act, Countdown, Goal, Observed, Record, Stage, countdown};
use crate::engine::PullProgress;

/// One thing that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The engine's name, where several are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The unit's name.
    pub unit: String,
    /// What goes on.
    #[serde(flatten)]
    pub what: Doing,
}

/// What goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "doing")]
pub enum Doing {
    /// The engine was asked for an act.
    Acting {
        /// Which, for people.
        act: String,
    },
    /// The new image arrives.
    Pulling {
        /// Bytes so far.
        done_bytes: u64,
        /// Bytes in all, as far as the engine knows by now: it grows.
        total_bytes: u64,
    },
    /// The container under the name is well, and must stay so.
    Proving {
        /// How long it has been well, in seconds.
        well_seconds: u64,
        /// How long it must be, in seconds.
        needed_seconds: u64,
    },
    /// The container under the name is not well yet.
    Awaiting {
        /// How long it may still take, in seconds.
        left_seconds: u64,
    },
}

impl Progress {
    /// Whose it is, for people: `web`, or `podman:alice: web`.
    pub fn whose(&self) -> String {
        self.engine.as_ref().map_or_else(|| self.unit.clone(), |engine| format!("{engine}: {}", self.unit))
    }
}

/// Takes what goes on; must return at once.
pub type Watcher<'a> = dyn Fn(Progress) + Send + Sync + 'a;

impl Progress {
    pub(super) fn pulling(record: &Record, PullProgress { done_bytes, total_bytes }: PullProgress) -> Self {
        Self { engine: None, unit: record.unit.clone(), what: Doing::Pulling { done_bytes, total_bytes } }
    }

    pub(super) fn acting(record: &Record, act: &Act) -> Self {
        Self { engine: None, unit: record.subject(act).to_owned(), what: Doing::Acting { act: act.to_string() } }
    }

    /// What the gate waits for, if it waits: of several members the one that is furthest from its end.
    pub(super) fn at_the_gate(record: &Record, observed: &Observed) -> Option<Self> {
        if record.stage != Stage::Switching {
            return None;
        }
        let incoming = observed.members.iter().filter_map(|member| match record.goal {
            Goal::Forward => member.successor.as_ref(),
            Goal::Back { .. } => member.predecessor.as_ref(),
        });
        let counts = incoming.filter_map(|c| c.watch.as_ref().map(|watch| countdown(&c.gate, watch, observed.now)));
        let what = match counts.max_by_key(Countdown::remaining)? {
            Countdown::Well { since, needed } => Doing::Proving { well_seconds: since.as_secs(), needed_seconds: seconds_up(needed) },
            Countdown::NotYet { left } => Doing::Awaiting { left_seconds: seconds_up(left) },
        };
        Some(Self { engine: None, unit: record.unit.clone(), what })
    }
}

/// Half a second is not nothing.
fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
