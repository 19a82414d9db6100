//! What the next step of a rotation can be.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Failure, GateFailure, StuckReason};
use crate::model::{Container, ContainerId, ImageId};

/// The next step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask the engine for one act, then look again.
    Act(Act),
    /// Write the record durably, then look again.
    Write(Change),
    /// Nothing to do before this moment (time since the process began), but look again then.
    Wait {
        /// When.
        until: Duration,
    },
    /// Read the failed successor's last log lines, and decide anew on the same look.
    ReadLog {
        /// Whose.
        successor: ContainerId,
    },
    /// Look at the images, too, and decide anew on the same look.
    LookAtImages,
    /// Everything before the tag moves is done, and the run wants the other units brought as far first.
    Prepared,
    /// At rest with one container under the name; the gate goes on in the next process.
    Leave,
    /// Only a person can help; nothing is touched.
    Stuck {
        /// Why.
        reason: StuckReason,
    },
    /// Nothing to do before `keep_until`.
    Rest,
    /// The record is closed.
    Done,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The container that ran at the beginning.
    Predecessor,
    /// The one with the new image.
    Successor,
}

/// One change to the engine. Each is idempotent: done again, it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Give the old image our tag.
    Pin { member: usize },
    /// Pull the new image by digest.
    Pull { member: usize },
    /// Point the tag to the new image.
    MoveTag { member: usize },
    /// Point the tag to where it was, or remove it if it was nowhere.
    TagBack { member: usize },
    /// Create the successor under its temporary name.
    Create { member: usize },
    /// Pull the old image again, by its digest: another hand removed it.
    PullOld { member: usize },
    /// Point the tag to the old image, so that the predecessor can be created from its reference as typed.
    TagOld { member: usize },
    /// Create the predecessor again, from its saved document, under the name it has while it does not serve.
    Recreate { member: usize },
    /// Connect it to a network that its create could not name too; it was never started.
    Connect { member: usize, role: Role, network: String },
    /// Stop it. Its policy is still what it was: a person's restart would bring it back.
    Stop { member: usize, role: Role },
    /// Set its policy to `no`: from here on only we start it.
    Disarm { member: usize, role: Role },
    /// Give it another name; it does not run.
    Rename { member: usize, role: Role, to: String },
    /// Give it its own policy back; the other one is stopped with policy `no`, or absent.
    Rearm { member: usize, role: Role },
    /// Start it; the other one is stopped with policy `no`, or absent.
    Start { member: usize, role: Role },
    /// Remove it; the other one has proved itself, or was never touched.
    Remove { member: usize, role: Role },
    /// Remove a volume that was born with the successor.
    RemoveVolume { name: String },
    /// Remove our tag from the old image.
    Unpin { member: usize },
    /// Remove the tag of an earlier rotation from the old image: containerd's store refuses to take an image's last one while a container runs it.
    UnpinLeft { pin: String },
    /// Remove an image that has no tag and that nothing uses.
    RemoveImage { image: ImageId },
    /// Restart the unit of systemd that makes the container, whatever it is at; it brings what the tag points to.
    RestartService { member: usize },
    /// Keep that unit from pulling, by a drop-in of ours beside it.
    WriteDropIn { member: usize },
    /// Keep that unit on the old image, by such a drop-in and a tag of ours: others go on with the new one under its own.
    Stay { member: usize },
    /// Remove the drop-in, and that tag.
    RemoveDropIn { member: usize },
    /// Start a unit that ran before that one's restart.
    StartDependent { name: String },
}

/// One durable change of the record.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The new image is on the engine.
    Pulled { member: usize, image: ImageId },
    /// Enter [`super::Stage::Creating`]; `tags` is where each member's tag points before it is moved.
    EnterCreating { tags: Vec<Option<ImageId>> },
    /// The successor exists.
    Adopt { member: usize, successor: ContainerId, volumes_born: Vec<String>, differences: Vec<String> },
    /// Units of systemd that the restart will stop.
    NoteDependents { names: Vec<String>, siblings: Vec<String> },
    /// Those of them that are not up again, though all else is done.
    NoteDown { names: Vec<String> },
    /// The drop-in could not be removed.
    LeaveDropIn,
    /// Enter [`super::Stage::Switching`], the first start counted.
    EnterSwitching { agent: String, boot: String },
    /// A new process is about to start the successor.
    CountStart { agent: String, boot: String },
    /// The goal turns round.
    TurnBack { failure: Failure },
    /// The tool that owns the unit made a container in the predecessor's place: from here on it is the successor. On the way forward it has to
    /// prove itself, whatever the stage was.
    AdoptReplacement { member: usize, id: ContainerId, agent: String, boot: String },
    /// The tool that owns the unit removed the predecessor for a container of another configuration and could not finish: on the way back that one is
    /// the predecessor.
    TakeForPredecessor { member: usize, found: Container },
    /// Which member of several is at fault for what turns the rotation back.
    NoteFailed { member: usize },
    /// The predecessor was created again under this id.
    AdoptPredecessor { member: usize, id: ContainerId },
    /// The engine has lost sight of this container, and a start of it that ends its processes is about to be asked for; none: that start has ended.
    NoteLost { container: Option<ContainerId> },
    /// A rollback that a person asked for failed: the successor, which had proved itself before, is taken back.
    GiveUpRollback { why: StuckReason, agent: String, boot: String },
    /// The successor has proved itself.
    Prove { keep_until: Timestamp },
    /// The successor failed its gate and stays.
    Stay { failure: Failure, keep_until: Timestamp },
    /// The successor is unwell after its proof.
    FailLate { why: GateFailure },
    /// It is well again.
    Recover,
    /// The failed successor's last log lines.
    KeepLog { lines: Vec<String> },
    /// The end.
    Close,
}

impl Act {
    /// Which member it is about; none for what is named by itself.
    pub fn member(&self) -> Option<usize> {
        match self {
            Self::Pin { member }
            | Self::Pull { member }
            | Self::MoveTag { member }
            | Self::TagBack { member }
            | Self::Create { member }
            | Self::PullOld { member }
            | Self::TagOld { member }
            | Self::Recreate { member }
            | Self::Connect { member, .. }
            | Self::Stop { member, .. }
            | Self::Disarm { member, .. }
            | Self::Rename { member, .. }
            | Self::Rearm { member, .. }
            | Self::Start { member, .. }
            | Self::Remove { member, .. }
            | Self::Unpin { member }
            | Self::RestartService { member }
            | Self::WriteDropIn { member }
            | Self::Stay { member }
            | Self::RemoveDropIn { member } => Some(*member),
            Self::RemoveVolume { .. } | Self::UnpinLeft { .. } | Self::RemoveImage { .. } | Self::StartDependent { .. } => None,
        }
    }

    /// Whose container it is done to; none for what is done to something else, or makes one.
    pub fn container(&self) -> Option<(usize, Role)> {
        match self {
            Self::Connect { member, role, .. }
            | Self::Stop { member, role }
            | Self::Disarm { member, role }
            | Self::Rename { member, role, .. }
            | Self::Rearm { member, role }
            | Self::Start { member, role }
            | Self::Remove { member, role } => Some((*member, *role)),
            _ => None,
        }
    }

    /// Whose container is another one after it.
    pub fn makes(&self) -> Option<(usize, Role)> {
        match self {
            Self::Create { member } => Some((*member, Role::Successor)),
            Self::Recreate { member } => Some((*member, Role::Predecessor)),
            _ => None,
        }
    }

    /// The act as one word for programs, with whose it is: `pull`, `stop_old`; stable.
    pub fn word(&self) -> String {
        let of = |verb: &str, role: &Role| match role {
            Role::Predecessor => format!("{verb}_old"),
            Role::Successor => format!("{verb}_new"),
        };
        match self {
            Self::Pin { .. } => "pin".to_owned(),
            Self::Pull { .. } => "pull".to_owned(),
            Self::MoveTag { .. } => "move_tag".to_owned(),
            Self::TagBack { .. } => "move_tag_back".to_owned(),
            Self::Create { .. } => "create".to_owned(),
            Self::PullOld { .. } => "pull_old".to_owned(),
            Self::TagOld { .. } => "tag_old".to_owned(),
            Self::Recreate { .. } => "recreate_old".to_owned(),
            Self::Connect { role, .. } => of("connect", role),
            Self::Stop { role, .. } => of("stop", role),
            Self::Disarm { role, .. } => of("disarm", role),
            Self::Rename { role, .. } => of("rename", role),
            Self::Rearm { role, .. } => of("rearm", role),
            Self::Start { role, .. } => of("start", role),
            Self::Remove { role, .. } => of("remove", role),
            Self::RemoveVolume { .. } => "remove_volume".to_owned(),
            Self::Unpin { .. } => "unpin".to_owned(),
            Self::UnpinLeft { .. } => "unpin_left".to_owned(),
            Self::RemoveImage { .. } => "remove_image".to_owned(),
            Self::RestartService { .. } => "restart_service".to_owned(),
            Self::WriteDropIn { .. } => "write_drop_in".to_owned(),
            Self::Stay { .. } => "stay".to_owned(),
            Self::RemoveDropIn { .. } => "remove_drop_in".to_owned(),
            Self::StartDependent { .. } => "start_dependent".to_owned(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Predecessor => "old container",
            Self::Successor => "new container",
        })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin { .. } => f.write_str("pin the old image"),
            Self::Pull { .. } => f.write_str("pull the new image"),
            Self::MoveTag { .. } => f.write_str("move the tag to the new image"),
            Self::TagBack { .. } => f.write_str("move the tag back"),
            Self::Create { .. } => f.write_str("create the new container"),
            Self::PullOld { .. } => f.write_str("pull the old image again"),
            Self::TagOld { .. } => f.write_str("point the tag to the old image"),
            Self::Recreate { .. } => f.write_str("create the old container again"),
            Self::Connect { role, network, .. } => write!(f, "connect the {role} to the network {network}"),
            Self::Stop { role, .. } => write!(f, "stop the {role}"),
            Self::Disarm { role, .. } => write!(f, "set the restart policy of the {role} to `no`"),
            Self::Rename { role, to, .. } => write!(f, "rename the {role} to `{to}`"),
            Self::Rearm { role, .. } => write!(f, "restore the restart policy of the {role}"),
            Self::Start { role, .. } => write!(f, "start the {role}"),
            Self::Remove { role, .. } => write!(f, "remove the {role}"),
            Self::RemoveVolume { name } => write!(f, "remove the volume {name}"),
            Self::Unpin { .. } => f.write_str("unpin the old image"),
            Self::UnpinLeft { pin } => write!(f, "remove the pin {pin} that an earlier rotation left"),
            Self::RemoveImage { image } => write!(f, "remove the unused image {}", image.short()),
            Self::RestartService { .. } => f.write_str("restart its unit"),
            Self::WriteDropIn { .. } => f.write_str("keep its unit from pulling by a drop-in"),
            Self::Stay { .. } => f.write_str("keep its unit on the old image by a drop-in"),
            Self::RemoveDropIn { .. } => f.write_str("remove the drop-in that kept its unit from pulling"),
            Self::StartDependent { name } => write!(f, "start {name} again"),
        }
    }
}
