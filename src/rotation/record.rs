//! What a rotation means to do, and how far it got: the one thing that outlives a process. Changed only by [`Record::apply`].

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Act, Failure, GateFailure, Member, Role, StuckReason, Terms, Way};
use crate::clock::seconds_between;
use crate::model::{Container, ContainerId, RotationId};

/// One rotation of one unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Part of every name that this rotation gives.
    pub id: RotationId,
    /// The unit's name for people: that of its first member.
    pub unit: String,
    /// What it is for.
    pub purpose: Purpose,
    /// How far it got.
    pub stage: Stage,
    /// Where it goes.
    pub goal: Goal,
    /// What has to be rotated and rolled back together, those first that others require; never empty.
    pub members: Vec<Member>,
    /// How its policy judges the successor: the first member's, whose `keep_old` and ways back are those of all.
    pub terms: Terms,
    /// How the new image comes to serve.
    #[serde(default)]
    pub way: Way,
    /// The file with the credentials for its first member's image that a label named.
    #[serde(default)]
    pub auth_file: Option<String>,
    /// What its engine is called; empty: it has no name, being at a place of its own. None: nobody noted it.
    #[serde(default)]
    pub engine: Option<String>,
    /// The process (and its connection to the engine) that wrote this last: another one re-arms the gate and counts starts anew.
    pub agent: String,
    /// The boot in which the successor was started last.
    pub boot: String,
    /// Times the successor was started, counted before each start.
    pub starts: u32,
    /// The member at fault for what turned it back, where there are several: whose digest is refused, if that was a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_member: Option<usize>,
    /// A container that its engine has lost sight of: a start of it may still land ([`super::Change::NoteLost`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<ContainerId>,
    /// When it began.
    pub opened_at: Timestamp,
    /// Until when the predecessor is kept; set when the successor has proved itself.
    pub keep_until: Option<Timestamp>,
    /// What was wrong with the successor at the last look after its proof.
    #[serde(default)]
    pub late: Option<GateFailure>,
    /// Why it needs a person; judged anew by each run.
    pub stuck: Option<StuckReason>,
    /// Why the predecessor could not be taken back when a person asked for it.
    pub failed_rollback: Option<StuckReason>,
    /// The successor's last log lines, once it failed.
    pub log: Option<Vec<String>>,
    /// What the comparison found, for people; explained differences included.
    pub differences: Vec<String>,
    /// What was begun when ([`super::Act::word`], then `started`, `proved`, `turned_back`, `closed`); written with the next save, not before each act.
    pub times: Vec<(String, Timestamp)>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A rotation.
    Rotate,
    /// Create, compare and clean up: nothing is stopped and no tag moves.
    DryRun,
}

/// How far a rotation got. Each is entered by one durable write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The old image is being pinned and the new one pulled. The predecessor runs; no successor exists; the tag is where it was. All that is done is ours: a
    /// unit of systemd that pulls by itself may have brought what was to be pulled.
    Preparing,
    /// The tag is being moved and the successor created and compared. The predecessor runs untouched; the successor has never been started.
    Creating,
    /// The two change places and the one that got the name proves itself. Any of the two may run, never both.
    Switching,
    /// The successor has proved itself and runs; the predecessor is spare.
    Kept,
    /// Nothing more to do.
    Closed,
}

/// Where a rotation goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to")]
pub enum Goal {
    /// To the successor.
    Forward,
    /// To the predecessor, as it was.
    Back {
        /// Why.
        failure: Failure,
    },
}

/// How a rotation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// The successor serves.
    Rotated,
    /// The successor has the name although it did not prove itself: its policy wants that. The predecessor is spare.
    Stayed {
        /// What was wrong.
        failure: Failure,
    },
    /// The predecessor serves, as before.
    TurnedBack {
        /// Why.
        failure: Failure,
        /// True if the successor had been switched to.
        was_switched: bool,
    },
}

/// What is known when a rotation begins.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Fresh, and used by no other record.
    pub id: RotationId,
    /// What it is for.
    pub purpose: Purpose,
    /// The containers to replace, the first one's name being the unit's.
    pub members: Vec<Member>,
    /// The unit's policy.
    pub terms: Terms,
    /// The process.
    pub agent: String,
    /// The boot.
    pub boot: String,
    /// Now.
    pub at: Timestamp,
}

impl Record {
    /// The repository of all pins.
    pub const PINS: &'static str = "localhost/rotate/keep";

    /// A new record in its first stage.
    pub fn open(opening: Opening) -> Self {
        let Opening { id, purpose, members, terms, agent, boot, at } = opening;
        Self {
            id,
            unit: members.first().map(|m| m.name.clone()).unwrap_or_default(),
            purpose,
            stage: Stage::Preparing,
            goal: Goal::Forward,
            members,
            terms,
            way: Way::default(),
            auth_file: None,
            engine: None,
            agent,
            boot,
            starts: 0,
            opened_at: at,
            keep_until: None,
            late: None,
            stuck: None,
            failed_rollback: None,
            log: None,
            differences: Vec::new(),
            times: Vec::new(),
            failed_member: None,
            lost: None,
            outcome: None,
        }
    }

    /// The name of the successor before it has the unit's name: `web.rotate-next-7f3a21`.
    pub fn next_name(&self, member: &Member) -> String {
        format!("{}.rotate-next-{}", member.name, self.id)
    }

    /// The name of a successor that failed.
    pub fn failed_name(&self, member: &Member) -> String {
        format!("{}.rotate-failed-{}", member.name, self.id)
    }

    /// The name of a predecessor while it does not serve. It ends in what is needed if the store is lost: `web.rotate-old-7f3a21-always`.
    pub fn old_name(&self, member: &Member) -> String {
        format!("{}.rotate-old-{}-{}", member.name, self.id, member.policy)
    }

    /// The tag that keeps the old image of a member from `image prune`.
    pub fn pin(&self, member: usize) -> String {
        match member {
            0 => format!("{}:{}", Self::PINS, self.id),
            n => format!("{}:{}-{n}", Self::PINS, self.id),
        }
    }

    /// True if a container of this name is one of its members.
    pub fn is_about(&self, name: &str) -> bool {
        self.names().any(|member| member == name)
    }

    /// The names of its members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    /// The members whose new images may be at fault for what turned it back: the one that failed, or all if that one's image has stayed.
    pub fn at_fault(&self) -> impl Iterator<Item = &Member> {
        let failed = self.failed_member.and_then(|n| self.members.get(n)).filter(|member| member.digest.is_some());
        self.members.iter().filter(move |member| failed.is_none_or(|failed| std::ptr::eq(failed, *member)))
    }

    /// How a member is judged.
    pub fn terms_of<'a>(&'a self, member: &'a Member) -> &'a Terms {
        member.terms.as_ref().unwrap_or(&self.terms)
    }

    /// The description of a predecessor as one of this role has it: what it requires of the unit is of the same role.
    pub fn requiring(&self, predecessor: &Container, role: Role) -> Container {
        let ids = self.members.iter().filter_map(|member| {
            let id = match role {
                Role::Predecessor => &member.predecessor,
                Role::Successor => member.successor.as_ref()?,
            };
            Some((member.original.id(), id.clone()))
        });
        predecessor.requiring(ids)
    }

    /// Whom an act is about, for people.
    pub fn subject(&self, act: &Act) -> &str {
        act.member().and_then(|n| self.members.get(n)).map_or(&self.unit, |member| &member.name)
    }

    /// The rotation that has this tag for a pin.
    pub fn id_of_pin(tag: &str) -> Option<RotationId> {
        let rest = tag.strip_prefix(Self::PINS)?.strip_prefix(':')?;
        Some(RotationId::new(rest.split_once('-').map_or(rest, |(id, _)| id)))
    }

    /// How its containers stand while it cannot go on, as far as the record tells.
    pub fn stands(&self) -> &'static str {
        match (self.stage, &self.goal) {
            (Stage::Switching, _) if self.service().is_some() => "its unit of systemd is between two images and may be down",
            (Stage::Kept, _) if self.service().is_some() => "its unit runs the new image, the old one is kept",
            (Stage::Preparing | Stage::Creating, _) => "its container was not touched and runs as before",
            (Stage::Switching, Goal::Forward) => "it is between its old and its new container and may be down",
            (Stage::Switching, Goal::Back { .. }) => "it is on its way back to its old container and may be down",
            (Stage::Kept, Goal::Forward) => "its new container has the name; what its old one needs to come back is kept",
            (Stage::Kept, Goal::Back { .. }) => "its new container has the name, and its old one is to be taken back",
            (Stage::Closed, _) => "nothing is left to be done",
        }
    }

    /// Until when the predecessor is kept, if the successor proves itself now.
    pub fn keep_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(jiff::SignedDuration::try_from(self.terms.keep_old).unwrap_or(jiff::SignedDuration::MAX))
            .unwrap_or(Timestamp::MAX)
    }

    /// When it came to its end: to the proof, or to the end of the way back. None if it has not, or an older version recorded it.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let end = match self.outcome.as_ref()? {
            Outcome::Rotated => "proved",
            Outcome::Stayed { .. } => "stayed",
            Outcome::TurnedBack { .. } => "closed",
        };
        self.times.iter().rev().find(|(what, _)| what == end).map(|(_, at)| *at)
    }

    /// Seconds from the first stop to the end of the last start, as far as this process saw both.
    pub fn down_time_seconds(&self) -> Option<f64> {
        let stopped = self.times.iter().find(|(what, _)| what.starts_with("stop") || what == "restart_service")?.1;
        let started = self.times.iter().rev().find(|(what, _)| what == "started")?.1;
        seconds_between(stopped, started)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goal = match &self.goal {
            Goal::Forward => "forward".to_owned(),
            Goal::Back { failure } => format!("back ({failure})"),
        };
        write!(f, "{} {} {:?} {goal} starts={}", self.id, self.unit, self.stage, self.starts)
    }
}
