//! What the containers of a rotation tell whose record is lost: which is which, where to go, and whether they prove it. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{Container, Image, RestartPolicy};
use crate::rotation::{Failure, Goal, Purpose, Record, Stage, Withdrawal};
use crate::spec;

/// The containers of one rotation, by the names that it gave them, and whatever has the unit's name.
#[derive(Default)]
pub struct Found {
    /// Under the name of a predecessor that does not serve.
    pub old: Option<Container>,
    /// Under the name of a successor before the switch.
    pub next: Option<Container>,
    /// Under the name of a successor that failed.
    pub failed: Option<Container>,
    /// Under the unit's name.
    pub current: Option<Container>,
}

/// Which is which, and where to go.
pub struct Roles {
    pub predecessor: Container,
    pub successor: Container,
    pub policy: RestartPolicy,
    pub goal: Goal,
}

impl Found {
    pub fn all(&self) -> impl Iterator<Item = &Container> {
        [&self.old, &self.next, &self.failed, &self.current].into_iter().flatten()
    }

    /// True if a record of another rotation speaks of one of them as its own.
    pub fn is_of(&self, record: &Record) -> bool {
        let mut ours = self.old.iter().chain(&self.current).map(Container::id);
        record.stage != Stage::Kept
            && ours.any(|id| record.members.iter().any(|m| m.predecessor == id || m.successor.as_ref() == Some(&id)))
    }

    /// True if that the container with the unit's name came with this rotation is not said by any name.
    pub fn needs_proof(&self) -> bool {
        self.next.is_none() && self.failed.is_none()
    }

    /// True if both were disarmed on the way back, and no name of theirs tells the policy that they had. It may as well have been `no`.
    pub fn has_lost_policy(&self) -> bool {
        let is_no = |container: &Option<Container>| container.as_ref().is_some_and(|c| c.restart_policy() == Some(RestartPolicy::No));
        self.old.is_none() && is_no(&self.failed) && is_no(&self.current)
    }

    /// None if the containers may as well be what a person made of them.
    pub fn roles(&self) -> Option<Roles> {
        let back = Goal::Back { failure: Failure::Withdrawn { why: Withdrawal::RecordLost } };
        let policy_in_name = self.old.as_ref().and_then(policy_in_name);
        match (&self.old, self.next.as_ref().or(self.failed.as_ref()), &self.current) {
            // Between the renames, in either direction.
            (Some(old), Some(new), None) if is_stopped(old) && is_stopped(new) => {
                Some(Roles { predecessor: old.clone(), successor: new.clone(), policy: policy_in_name?, goal: back })
            }
            // Before the first rename, or after the last one on the way back.
            (None, Some(new), Some(current)) if is_stopped(new) && created(current) < created(new) && self.is_plausible() => {
                let policy = match current.restart_policy()? {
                    RestartPolicy::No => new.restart_policy()?,
                    policy => policy,
                };
                Some(Roles { predecessor: current.clone(), successor: new.clone(), policy, goal: back })
            }
            // After the renames. A successor that has run, and was stopped with its own policy, may have been stopped by a person.
            (Some(old), None, Some(current)) if is_stopped(old) && created(old) < created(current) => {
                let policy = policy_in_name?;
                let is_disarmed = current.restart_policy() == Some(RestartPolicy::No) && policy != RestartPolicy::No;
                let goal = match current.state() {
                    state if state.is_active() => Goal::Forward,
                    state if state.started_at.is_none() || is_disarmed => back,
                    _ => return None,
                };
                Some(Roles { predecessor: old.clone(), successor: current.clone(), policy, goal })
            }
            _ => None,
        }
    }

    /// No rotation ever starts a container under the name that it has before the switch.
    fn is_plausible(&self) -> bool {
        self.next.as_ref().is_none_or(|next| next.state().started_at.is_none() && self.failed.is_none())
    }
}

/// True if the engine shows what the switch alone does, and the record is of a time before it: an earlier copy of the store was put back.
pub fn is_behind(record: &Record, found: &Found) -> bool {
    let is_disarmed = |current: &Container, policy| {
        is_stopped(current) && current.restart_policy() == Some(RestartPolicy::No) && policy != RestartPolicy::No
    };
    let Some(member) = record.members.first().filter(|_| record.stage < Stage::Switching && record.purpose == Purpose::Rotate) else {
        return false;
    };
    let is_of_it = |container: &Option<Container>| container.as_ref().filter(|c| c.id() == member.predecessor).is_some();
    is_of_it(&found.old)
        || is_of_it(&found.current) && (found.failed.is_some() || found.current.as_ref().is_some_and(|c| is_disarmed(c, member.policy)))
}

/// Differs from the predecessor by nothing but what the two images explain.
pub fn is_successor(document: &Value, new: &Container, old_image: Option<&Image>, new_image: Option<&Image>) -> bool {
    let (Some(old_image), Some(new_image)) = (old_image, new_image) else { return false };
    let mut new = new.document().clone();
    // On the way back it is disarmed first.
    set_policy(&mut new, document.pointer("/HostConfig/RestartPolicy"));
    forget_generated_macs(document, &mut new);
    let images = spec::Images { old: old_image.document(), new: new_image.document() };
    spec::compare(document, &new, images).iter().all(|difference| difference.explained_by.is_some())
}

/// The comparison is made for one that never ran, and so has no address yet.
fn forget_generated_macs(old: &Value, new: &mut Value) {
    let networks = new.pointer_mut("/NetworkSettings/Networks").and_then(Value::as_object_mut);
    for (name, endpoint) in networks.into_iter().flatten() {
        let before = &old["NetworkSettings"]["Networks"][name.as_str()]["MacAddress"];
        if let Some(mac) = endpoint.get_mut("MacAddress").filter(|mac| *mac != before) {
            *mac = Value::from("");
        }
    }
}

/// Its document, as it was before it was disarmed.
pub fn with_policy(container: &Container, policy: RestartPolicy) -> Value {
    let mut document = container.document().clone();
    let (name, most) = policy.parts();
    set_policy(&mut document, Some(&json!({ "Name": name, "MaximumRetryCount": most })));
    document
}

fn set_policy(document: &mut Value, policy: Option<&Value>) {
    if let Some((at, policy)) = document.pointer_mut("/HostConfig/RestartPolicy").zip(policy) {
        *at = policy.clone();
    }
}

/// Of `web.rotate-old-7f3a21-on-failure-3`.
fn policy_in_name(old: &Container) -> Option<RestartPolicy> {
    let (_, rest) = old.name().rsplit_once(".rotate-old-")?;
    rest.split_once('-')?.1.parse().ok()
}

fn is_stopped(container: &Container) -> bool {
    !container.state().is_active()
}

pub fn created(container: &Container) -> Option<Timestamp> {
    container.document().get("Created")?.as_str()?.parse().ok()
}
