//! Why a rotation does not go forward, as data: what was seen, for the outcome, the exit code and the refused digest.

use serde::{Deserialize, Serialize};

use super::GateFailure;
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

/// Why a rotation is given up before anything was touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Withdrawal {
    /// An earlier run was interrupted while it prepared: undone, so that the next one begins with what is true then.
    Interrupted,
    /// An earlier rotation of the same run failed.
    RunStopped,
    /// It was a rehearsal of create and compare only.
    DryRun,
    /// The image is, under another digest, the one that runs.
    SameImage,
    /// Somebody removed the container.
    PredecessorGone,
    /// Somebody stopped or paused the container.
    PredecessorNotRunning,
    /// Somebody gave the container another name.
    PredecessorRenamed {
        /// Its name now.
        to: String,
    },
    /// Somebody changed the container's restart policy.
    PolicyChanged,
    /// Somebody stopped, edited or masked its unit of systemd.
    ServiceChanged,
    /// Somebody moved the tag in the meantime.
    TagMoved,
    /// The tag, or a drop-in of ours, brings the old image again: an earlier way back that could not be written down, or a person's.
    AlreadyBack,
    /// What it requires (`podman run --requires`), directly or not, does not run any more: the engine would start that with the new one.
    RequiredNotRunning {
        /// The other one, as the engine calls it.
        other: String,
    },
    /// Somebody created it again, from another configuration or image.
    Replaced,
    /// Somebody took both containers away while the new one ran.
    TakenAway,
    /// The state directory knew nothing of it, or nothing of its switch: what was going on was told by the containers' names.
    RecordLost,
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

impl Withdrawal {
    /// The reason as one word for programs; stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::RunStopped => "run_stopped",
            Self::DryRun => "dry_run",
            Self::SameImage => "same_image",
            Self::PredecessorGone => "container_gone",
            Self::PredecessorNotRunning => "container_not_running",
            Self::PredecessorRenamed { .. } => "container_renamed",
            Self::PolicyChanged => "policy_changed",
            Self::ServiceChanged => "service_changed",
            Self::TagMoved => "tag_moved",
            Self::AlreadyBack => "already_back",
            Self::RequiredNotRunning { .. } => "required_not_running",
            Self::Replaced => "container_replaced",
            Self::TakenAway => "container_taken_away",
            Self::RecordLost => "record_lost",
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

impl std::fmt::Display for Withdrawal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted before anything was touched"),
            Self::RunStopped => f.write_str("not begun, because an earlier rotation of this run failed"),
            Self::DryRun => f.write_str("dry run"),
            Self::SameImage => f.write_str("the new digest is the same image"),
            Self::PredecessorGone => f.write_str("somebody removed it in the meantime"),
            Self::PredecessorNotRunning => f.write_str("somebody stopped it in the meantime"),
            Self::PredecessorRenamed { to } => write!(f, "somebody renamed it to `{to}` in the meantime"),
            Self::PolicyChanged => f.write_str("somebody changed its restart policy in the meantime"),
            Self::ServiceChanged => f.write_str("somebody changed its unit of systemd in the meantime"),
            Self::TagMoved => f.write_str("somebody moved the image's tag in the meantime"),
            Self::AlreadyBack => {
                f.write_str("its tag or a drop-in brings the old image again: an earlier way back was not recorded, or it was somebody's")
            }
            Self::RequiredNotRunning { other } => write!(f, "`{other}`, which it requires (--requires), does not run any more"),
            Self::Replaced => f.write_str("somebody created it again in the meantime, and not as it was"),
            Self::TakenAway => f.write_str("somebody took it away in the meantime"),
            Self::RecordLost => {
                f.write_str("the state directory lost its record in the middle of it; the names of its containers told how to undo it")
            }
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
            Self::ActRefused { act, message } => write!(f, "the engine refuses to {act}: {message}"),
            Self::NotMadeAgain { act, message } => {
                write!(f, "neither the old nor the new container is on the engine any more, and it cannot {act}: {message}")
            }
        }
    }
}
