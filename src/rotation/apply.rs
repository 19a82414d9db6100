//! How a record changes: in memory, and nowhere else. Whether and when it is saved is not known here.

use jiff::Timestamp;
use serde_json::Value;

use super::{Change, Failure, Goal, Outcome, Record, Stage, Way};

/// How many times of steps a record keeps.
const TIMES: usize = 64;

impl Record {
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
                    member.tag_before = tag.or(member.tag_before.take());
                }
            }
            Change::Adopt { member, successor, volumes_born, differences } => {
                self.note_differences(member, differences);
                if let Some(m) = self.members.get_mut(member) {
                    (m.successor, m.volumes_born) = (Some(successor), volumes_born);
                }
            }
            Change::NoteDependents { names, siblings } => {
                if let Way::Service(service) = &mut self.way {
                    (service.dependents, service.siblings, service.is_to_note) = (names, siblings, false);
                }
            }
            Change::NoteDown { names } => {
                if let Way::Service(service) = &mut self.way {
                    service.down = names;
                }
            }
            Change::LeaveDropIn => {
                if let Way::Service(service) = &mut self.way {
                    service.leaves_drop_ins = true;
                }
            }
            Change::NoteLost { container } => self.lost = container,
            Change::NoteFailed { member } => self.failed_member = Some(member),
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
                if failure == Failure::Requested {
                    self.failed_member = None;
                }
                if self.stage == Stage::Kept {
                    self.stage = Stage::Switching;
                    if let Way::Service(service) = &mut self.way {
                        service.is_to_note = true;
                    }
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
                    (m.original, m.was_healthy) = (found, false);
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
                (self.stage, self.failed_member) = (Stage::Kept, None);
                self.keep_until = Some(keep_until);
                self.outcome = Some(Outcome::Rotated);
            }
            Change::Stay { failure, keep_until } => {
                self.stage = Stage::Kept;
                self.keep_until = Some(keep_until);
                self.outcome = Some(Outcome::Stayed { failure });
            }
            Change::FailLate { why } => self.late = Some(why),
            Change::Recover => (self.late, self.log, self.failed_member) = (None, None, None),
            Change::KeepLog { lines } => self.log = Some(lines),
            Change::Close => {
                if let Goal::Back { failure } = &self.goal {
                    self.outcome = Some(Outcome::TurnedBack { failure: failure.clone(), was_switched: self.stage >= Stage::Switching });
                }
                self.stage = Stage::Closed;
                self.stuck = None;
                // Nothing needs them any more, and an environment may hold secrets, as may what a probe asks.
                for member in &mut self.members {
                    (member.original, member.terms) = (Value::Null.into(), None);
                }
                self.terms.probe = None;
            }
        }
    }

    /// Of several members each line says whose it is. What was found of the same one before is replaced.
    fn note_differences(&mut self, member: usize, found: Vec<String>) {
        let whose = match self.members.get(member) {
            Some(member) if self.members.len() > 1 => format!("{}: ", member.name),
            _ => String::new(),
        };
        self.differences.retain(|line| !line.starts_with(&whose));
        self.differences.extend(found.into_iter().map(|line| whose.clone() + &line));
    }

    /// Notes when something was begun. What is repeated until it is answered counts from its first time.
    pub(super) fn note(&mut self, what: &str, at: Timestamp) {
        let is_repeated = self.times.last().is_some_and(|(last, _)| last == what);
        if self.times.len() < TIMES && !is_repeated {
            self.times.push((what.to_owned(), at));
        }
    }
}
