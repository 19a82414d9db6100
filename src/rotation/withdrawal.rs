//! Why a rotation with whose image nothing is wrong is given up.

use serde::{Deserialize, Serialize};

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
