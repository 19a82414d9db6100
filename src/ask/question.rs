//! The questions, as they travel over the daemon's socket. Field names are stable.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cycle::Request;
use crate::engine::LOOK;

/// What is asked. As JSON: the command's name, and below it what goes with it, such as `{"now": {"names": ["web"]}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Rotate what has a newer image.
    Now(Request),
    /// What would be rotated.
    Plan {
        /// Only these; empty: all that are selected.
        #[serde(default)]
        names: Vec<String>,
    },
    /// How things stand.
    Status {},
    /// What decides about one container.
    Explain {
        /// The container.
        name: String,
    },
    /// What was rotated.
    History {
        /// Only this one.
        #[serde(default)]
        name: Option<String>,
        /// So many at most.
        #[serde(default = "usual_limit")]
        limit: usize,
    },
    /// Keep containers as they are.
    Hold {
        /// The containers.
        names: Vec<String>,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
        /// Until when; none: until released.
        #[serde(default)]
        until: Option<Timestamp>,
    },
    /// End holds.
    Release {
        /// The containers.
        names: Vec<String>,
    },
    /// Which digests are refused, or forget some.
    Refused {
        /// Forget what is refused for these.
        #[serde(default)]
        forget: Vec<String>,
    },
    /// Take a predecessor back.
    Rollback {
        /// The container.
        name: String,
    },
}

/// Engines that are well answer in milliseconds, busy ones in a second.
const AT_A_GLANCE: Duration = Duration::from_secs(3);

/// As many rotations as `rotate history` shows by itself.
pub const USUAL_LIMIT: usize = 20;

fn usual_limit() -> usize {
    USUAL_LIMIT
}

impl Ask {
    /// True if it changes something, so that it needs the lock and takes its turn.
    pub fn writes(&self) -> bool {
        match self {
            Self::Now(_) | Self::Hold { .. } | Self::Release { .. } | Self::Rollback { .. } => true,
            Self::Refused { forget } => !forget.is_empty(),
            Self::Plan { .. } | Self::Status {} | Self::Explain { .. } | Self::History { .. } => false,
        }
    }

    /// How long a look at the engine may take for its sake. Whoever asks how things stand sits there and waits, and is told what gets no answer.
    pub fn patience(&self) -> Duration {
        if matches!(self, Self::Status {}) { AT_A_GLANCE } else { LOOK }
    }

    /// True if it rotates: it may take long, and can be asked to come to rest.
    pub fn rotates(&self) -> bool {
        matches!(self, Self::Now(_) | Self::Rollback { .. })
    }

    /// True if the store alone can answer it.
    pub fn is_of_the_store(&self) -> bool {
        matches!(self, Self::History { .. } | Self::Release { .. } | Self::Refused { .. })
    }
}
