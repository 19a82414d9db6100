//! Why a rotation does not go forward, as data: what was seen, for the outcome, the exit code and the refused digest.

use serde::{Deserialize, Serialize};

use super::{GateFailure, Withdrawal};
use crate::engine::Refusal;
use crate::model::Platform;

/// Why a rotation turns back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Failure {
    /// Nothing is wrong with the new image; the rotation is not wanted any more, or not possible now.
    Withdrawn {
        /// Why.
        why: Withdrawal,
    },
    /// The engine could not pull the image.
    PullFailed {
        /// The engine's words.
        message: String,
    },
    /// The new image is made for another platform than the old one, and than the engine's own.
    OtherPlatform {
        /// What it is made for.
        platform: Platform,
    },
    /// The engine refused to create the successor.
    CreateRefused {
        /// What kind of refusal.
        refusal: Refusal,
        /// The engine's words.
        message: String,
    },
    /// Successor and predecessor differ in ways that no rule explains.
    Unexplained {
        /// Each difference as a line for people.
        differences: Vec<String>,
    },
    /// The engine refused to start the successor.
    StartRefused {
        /// What kind of refusal.
        refusal: Refusal,
        /// The engine's words.
        message: String,
    },
    /// The engine refused another act of the switch.
    ActRefused {
        /// The act.
        act: String,
        /// The engine's words.
        message: String,
    },
    /// The successor did not prove itself.
    Gate {
        /// What was seen.
        why: GateFailure,
    },
    /// The successor failed after it had proved itself.
    Late {
        /// What was seen.
        why: GateFailure,
    },
    /// The host or the engine went down after each start of the successor.
    StartsExhausted {
        /// How often it was started.
        starts: u32,
    },
    /// Somebody removed the successor while it had to prove itself.
    SuccessorGone,
    /// The state directory took no write: before anything was touched, or where a start had to be counted.
    NotRecorded {
        /// What the store said.
        message: String,
    },
    /// A person asked for the predecessor back.
    Requested,
}

/// Why only a person can help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum StuckReason {
    /// The engine does not start the predecessor.
    PredecessorRefused {
        /// The engine's words.
        message: String,
    },
    /// The predecessor runs and does not prove itself either.
    PredecessorSick {
        /// What was seen.
        why: GateFailure,
    },
    /// The predecessor is gone, and so is what it could be made of again. Of a unit of systemd: the old image.
    NothingLeft,
    /// Another container has taken the name.
    NameTaken {
        /// Its id.
        by: String,
    },
    /// Of several that belong together another hand has put its own in the place of one, and the rest cannot go back beside that.
    Apart {
        /// Its name.
        name: String,
    },
    /// The engine refuses an act that the way back needs.
    ActRefused {
        /// The act.
        act: String,
        /// The engine's words.
        message: String,
    },
    /// Neither container exists any more, and the engine refuses an act by which the predecessor is made again from the record.
    NotMadeAgain {
        /// The act.
        act: String,
        /// The engine's words.
        message: String,
    },
}

impl Failure {
    /// The failure as one word for programs; stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Withdrawn { why } => why.code(),
            Self::PullFailed { .. } => "pull_failed",
            Self::OtherPlatform { .. } => "other_platform",
            Self::CreateRefused { .. } => "create_refused",
            Self::Unexplained { .. } => "unexplained_difference",
            Self::StartRefused { .. } => "start_refused",
            Self::ActRefused { .. } => "engine_refused",
            Self::Gate { .. } => "gate_failed",
            Self::Late { .. } => "failed_late",
            Self::StartsExhausted { .. } => "starts_exhausted",
            Self::SuccessorGone => "successor_gone",
            Self::NotRecorded { .. } => "not_recorded",
            Self::Requested => "requested",
        }
    }

    /// True if the image itself is to blame, so that its digest is not tried again here. A taken port or a full disk is not its fault.
    pub fn refuses_digest(&self) -> bool {
        match self {
            Self::OtherPlatform { .. } | Self::Gate { .. } | Self::Late { .. } | Self::StartsExhausted { .. } | Self::Requested => true,
            Self::StartRefused { refusal, .. } | Self::CreateRefused { refusal, .. } => *refusal == Refusal::NotExecutable,
            Self::Withdrawn { .. }
            | Self::PullFailed { .. }
            | Self::Unexplained { .. }
            | Self::ActRefused { .. }
            | Self::NotRecorded { .. }
            | Self::SuccessorGone => false,
        }
    }
}

impl StuckReason {
    /// The reason as one word for programs; stable. Those that were there first share one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PredecessorRefused { .. }
            | Self::PredecessorSick { .. }
            | Self::NothingLeft
            | Self::NameTaken { .. }
            | Self::ActRefused { .. } => "stuck",
            Self::NotMadeAgain { .. } => "not_made_again",
            Self::Apart { .. } => "apart",
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Withdrawn { why } => why.fmt(f),
            Self::PullFailed { message } => write!(f, "the image could not be pulled: {message}"),
            Self::OtherPlatform { platform } => {
                write!(f, "the new image is made for {platform}, which is not the platform of this container")
            }
            Self::CreateRefused { message, .. } => write!(f, "the engine did not create the new container: {message}"),
            Self::Unexplained { differences } => write!(f, "the new container would differ: {}", differences.join("; ")),
            Self::StartRefused { message, .. } => write!(f, "the engine did not start the new container: {message}"),
            Self::ActRefused { act, message } => write!(f, "the engine refused to {act}: {message}"),
            Self::Gate { why } => write!(f, "the new container {why}"),
            Self::Late { why } => write!(f, "the new container {why}, after it had proved itself"),
            Self::StartsExhausted { starts } => {
                write!(f, "the host or the engine went down after each of {starts} starts of the new container")
            }
            Self::SuccessorGone => f.write_str("somebody removed the new container before it had proved itself"),
            Self::NotRecorded { message } => write!(f, "the rotation could not be recorded: {message}"),
            Self::Requested => f.write_str("asked for by `rotate rollback`"),
        }
    }
}

impl std::fmt::Display for StuckReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PredecessorRefused { message } => write!(f, "the engine does not start the old container: {message}"),
            Self::PredecessorSick { why } => write!(f, "the old container {why}"),
            Self::NothingLeft => {
                f.write_str("the old container is gone and cannot be made again: its image or its configuration is gone, too")
            }
            Self::NameTaken { by } => write!(f, "its name now belongs to container {by}, which rotate did not make"),
            Self::Apart { name } => {
                write!(f, "another hand has put a container of its own in the place of `{name}`, and the others belong to that")
            }
            Self::ActRefused { act, message } => write!(f, "the engine refuses to {act}: {message}"),
            Self::NotMadeAgain { act, message } => {
                write!(f, "neither the old nor the new container is on the engine any more, and it cannot {act}: {message}")
            }
        }
    }
}
