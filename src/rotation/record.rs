//! What a rotation means to do, and how far it got: the one thing that outlives a process. Changed only by [`Record::apply`].

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, Failure, GateFailure, StuckReason};
use crate::model::{ContainerId, Digest, ImageId, Platform, Probe, Reference, RestartPolicy, RotationId, StopSignal, Target};

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
    /// What has to be rotated and rolled back together; never empty.
    pub members: Vec<Member>,
    /// How its policy judges the successor.
    pub terms: Terms,
    /// The process (and its connection to the engine) that wrote this last: another one re-arms the gate and counts starts anew.
    pub agent: String,
    /// The boot in which the successor was started last.
    pub boot: String,
    /// Times the successor was started, counted before each start.
    pub starts: u32,
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
    /// The old image is being pinned and the new one pulled. The predecessor runs; no successor exists; the tag is where it was.
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

/// One container of the unit and what replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its name, which the one that serves has.
    pub name: String,
    /// The image as typed when it was created.
    pub reference: Reference,
    /// The digest that the reference pointed to when the rotation began.
    pub digest: Digest,
    /// The digest by which the old image was pulled, if the engine knew.
    pub old_digest: Option<Digest>,
    /// The platform of the old image, if it is another than the engine's own: then it must be asked for.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// The image that runs.
    pub old_image: ImageId,
    /// The new image, once pulled.
    pub new_image: Option<ImageId>,
    /// True if the new image was not on the engine when the rotation began: then it may go again if it is refused.
    pub is_pulled: bool,
    /// Where the tag pointed before it was moved.
    pub tag_before: Option<ImageId>,
    /// The container that runs at the beginning.
    pub predecessor: ContainerId,
    /// Its document at the beginning: what a successor is compared with, and what it is re-created from if another hand removes it.
    pub document: Value,
    /// Its restart policy at the beginning.
    pub policy: RestartPolicy,
    /// What it and its successor are stopped with, if not with their own signal.
    pub stop_signal: Option<StopSignal>,
    /// False if its HEALTHCHECK did not call it healthy at the beginning: then it need not be healthier to be taken back.
    pub was_healthy: bool,
    /// True if another tool finds it by label: then it is kept only until its successor has proved itself.
    pub is_tool_owned: bool,
    /// The container that replaces it, once seen.
    pub successor: Option<ContainerId>,
    /// Anonymous volumes that came into being with the successor.
    pub volumes_born: Vec<String>,
}

/// How the policy of the unit judges and keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long it must be well without interruption; none: the gate's own default.
    pub min_healthy: Option<Duration>,
    /// How long it may take to become well; none: from the HEALTHCHECK.
    pub deadline: Option<Duration>,
    /// How long the predecessor is kept.
    pub keep_old: Duration,
    /// True if exit code 0 proves it.
    pub is_oneshot: bool,
    /// What is asked of it instead of its HEALTHCHECK.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// True if a successor that has run and fails its gate stays: its data may be beyond what the predecessor can read.
    #[serde(default)]
    pub stays: bool,
    /// True if a successor that fails after its proof goes, while its predecessor is kept. One that stays does so then, too.
    #[serde(default)]
    pub returns_late: bool,
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
            outcome: None,
        }
    }

    /// The only way a record changes. Pure: the loop saves it afterwards.
    pub fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::Pulled { member, image } => {
                if let Some(m) = self.members.get_mut(member) {
                    m.new_image = Some(image);
                }
            }
            Change::EnterCreating { tags } => {
                self.stage = Stage::Creating;
                for (member, tag) in self.members.iter_mut().zip(tags) {
                    member.tag_before = tag;
                }
            }
            Change::Adopt { member, successor, volumes_born, differences } => {
                self.differences = differences;
                if let Some(m) = self.members.get_mut(member) {
                    (m.successor, m.volumes_born) = (Some(successor), volumes_born);
                }
            }
            Change::EnterSwitching { agent, boot } => {
                self.stage = Stage::Switching;
                (self.agent, self.boot, self.starts) = (agent, boot, 1);
            }
            Change::CountStart { agent, boot } => {
                self.starts += 1;
                (self.agent, self.boot) = (agent, boot);
            }
            Change::TurnBack { failure } => {
                (self.keep_until, self.late) = (None, None);
                if self.stage == Stage::Kept {
                    self.stage = Stage::Switching;
                }
                self.goal = Goal::Back { failure };
            }
            Change::AdoptReplacement { member, id, agent, boot } => {
                if let Some(m) = self.members.get_mut(member) {
                    m.successor = Some(id);
                }
                if self.goal == Goal::Forward {
                    (self.stage, self.keep_until, self.outcome) = (Stage::Switching, None, None);
                    self.late = None;
                    (self.agent, self.boot, self.starts) = (agent, boot, 1);
                }
            }
            Change::TakeForPredecessor { member, found } => {
                self.stage = Stage::Switching;
                if let Some(m) = self.members.get_mut(member) {
                    (m.predecessor, m.old_image) = (found.id(), found.image_id());
                    m.policy = found.restart_policy().unwrap_or(m.policy);
                    (m.document, m.was_healthy) = (found.document().clone(), false);
                }
            }
            Change::AdoptPredecessor { member, id } => {
                if let Some(m) = self.members.get_mut(member) {
                    m.predecessor = id;
                }
            }
            Change::GiveUpRollback { why, agent, boot } => {
                (self.goal, self.failed_rollback) = (Goal::Forward, Some(why));
                (self.agent, self.boot, self.starts) = (agent, boot, 1);
            }
            Change::Prove { keep_until } => {
                self.stage = Stage::Kept;
                self.keep_until = Some(keep_until);
                self.outcome = Some(Outcome::Rotated);
            }
            Change::Stay { failure, keep_until } => {
                self.stage = Stage::Kept;
                self.keep_until = Some(keep_until);
                self.outcome = Some(Outcome::Stayed { failure });
            }
            Change::FailLate { why } => self.late = Some(why),
            Change::Recover => (self.late, self.log) = (None, None),
            Change::KeepLog { lines } => self.log = Some(lines),
            Change::Close => {
                if let Goal::Back { failure } = &self.goal {
                    self.outcome = Some(Outcome::TurnedBack { failure: failure.clone(), was_switched: self.stage >= Stage::Switching });
                }
                self.stage = Stage::Closed;
                self.stuck = None;
                // Nothing needs it any more, and an environment may hold secrets.
                self.members.iter_mut().for_each(|m| m.document = Value::Null);
            }
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
            0 => format!("localhost/rotate/keep:{}", self.id),
            n => format!("localhost/rotate/keep:{}-{n}", self.id),
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
        let stopped = self.times.iter().find(|(what, _)| what.starts_with("stop"))?.1;
        let started = self.times.iter().rev().find(|(what, _)| what == "started")?.1;
        let down = started.duration_since(stopped);
        (!down.is_negative()).then(|| down.as_secs_f64())
    }
}

impl Member {
    /// The image to pull.
    pub fn pull_reference(&self) -> Reference {
        self.reference.at_digest(&self.digest)
    }

    /// The tag that has to move; none if the reference has no tag.
    pub fn tag(&self) -> Option<&Reference> {
        matches!(self.reference.target(), Target::Tag(_)).then_some(&self.reference)
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
