//! What the containers of a rotation tell whose record is lost: which is which, where to go, and whether they prove it. Pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::model::{Container, ContainerId, Image, RestartPolicy};
use crate::rotation::{Failure, GateRules, Goal, Purpose, Record, Stage, Withdrawal};
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

/// A switch takes no longer than this and the time that a container may take to stop, or to prove itself. What was stopped later was not
/// stopped by it.
const SWITCH: SignedDuration = SignedDuration::from_mins(10);
/// From the create of the new container until the old one is asked to stop, where the record knows of no switch.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);

impl Found {
    pub fn all(&self) -> impl Iterator<Item = &Container> {
        [&self.old, &self.next, &self.failed, &self.current].into_iter().flatten()
    }

    /// True if a record of another rotation speaks of one of them as its own. Of one that is only kept what counts is whose successor serves: that rotation
    /// is the newer one, and the one that can be rolled back.
    pub fn is_of(&self, record: &Record) -> bool {
        let is_successor = |id: &ContainerId| record.members.iter().any(|m| m.successor.as_ref() == Some(id));
        if record.stage == Stage::Kept {
            return self.current.as_ref().is_some_and(|current| is_successor(&current.id()))
                && self.next.is_none()
                && self.failed.is_none();
        }
        let mut ours = self.old.iter().chain(&self.current).map(Container::id);
        ours.any(|id| is_successor(&id) || record.members.iter().any(|m| m.predecessor == id))
    }

    /// True if that the container with the unit's name came with this rotation is not said by any name.
    pub fn needs_proof(&self) -> bool {
        self.next.is_none() && self.failed.is_none()
    }

    /// True if both were disarmed on the way back, or the old one by a switch whose new one Podman arms at its end only, and no name of theirs tells the
    /// policy that they had. It may as well have been `no`.
    pub fn has_lost_policy(&self) -> bool {
        let is_no = |container: &Option<Container>| container.as_ref().is_some_and(|c| c.restart_policy() == Some(RestartPolicy::No));
        let is_in_switch = is_no(&self.next) && self.next.as_ref().is_some_and(Container::is_of_podman) && !self.is_served();
        self.old.is_none() && is_no(&self.current) && (is_no(&self.failed) || is_in_switch)
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
                let is_disarmed = current.restart_policy() == Some(RestartPolicy::No) && new.restart_policy() != Some(RestartPolicy::No);
                let is_of_the_switch = is_disarmed || self.failed.is_some() || is_stopped_in_the_switch(current, new);
                if is_stopped(current) && !is_of_the_switch {
                    return None;
                }
                // What runs has its own policy: it is given back before the start.
                let policy = match current.restart_policy()? {
                    RestartPolicy::No if is_stopped(current) => new.restart_policy()?,
                    policy => policy,
                };
                Some(Roles { predecessor: current.clone(), successor: new.clone(), policy, goal: back })
            }
            // After the renames. A successor that has run, and was stopped with its own policy, may have been stopped by a person.
            (Some(old), None, Some(current)) if is_stopped(old) && created(old) < created(current) => {
                let policy = if is_stopped(current) { policy_in_name? } else { current.restart_policy()? };
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

    /// True if what serves is of the successor's image: a later rotation brought it, and the create of this one landed after that. Nothing was stopped
    /// for it.
    pub fn is_late(&self) -> bool {
        let image = |container: &Option<Container>| container.as_ref().map(Container::image_id);
        self.old.is_none() && self.failed.is_none() && self.is_served() && image(&self.next) == image(&self.current)
    }

    /// True if a container runs under the unit's name.
    pub fn is_served(&self) -> bool {
        self.current.as_ref().is_some_and(|current| !is_stopped(current))
    }

    /// True if its switch was over long ago: it has proved itself, or its failure is one after its proof. `gate`: what it has to prove, and how fast.
    pub fn is_long_switched(&self, now: Timestamp, gate: &GateRules) -> bool {
        let ended_at = self.old.as_ref().filter(|_| self.is_served()).and_then(Container::ended_at);
        let proof = SignedDuration::try_from(gate.deadline.saturating_add(gate.min_healthy)).unwrap_or(SignedDuration::MAX);
        ended_at.is_some_and(|at| now.duration_since(at) > SWITCH.max(proof))
    }

    /// No rotation ever starts a container under the name that it has before the switch.
    fn is_plausible(&self) -> bool {
        self.next.as_ref().is_none_or(|next| next.started_at().is_none() && self.failed.is_none())
    }
}

/// True if the engine shows what the switch does, and the record is of a time before it: an earlier copy of the store was put back.
///
/// What is only stopped may be a person's doing in a rotation that was cut short before its switch: one that is on hold is left. Or an outage's: so is what
/// was stopped in another boot than the record's, or has a policy by which no engine that comes back starts it.
pub fn is_behind(record: &Record, name: &str, found: &Found, boot: &str, is_held: bool) -> bool {
    let is_disarmed = |current: &Container, policy| {
        is_stopped(current) && current.restart_policy() == Some(RestartPolicy::No) && policy != RestartPolicy::No
    };
    let is_before_the_switch = record.stage < Stage::Switching && record.purpose == Purpose::Rotate;
    let Some(member) = record.members.iter().find(|member| is_before_the_switch && member.name == name) else {
        return false;
    };
    let is_of_it = |container: &Option<Container>| container.as_ref().filter(|c| c.id() == member.predecessor).is_some();
    let is_left = is_held || record.boot != boot || member.policy == RestartPolicy::No;
    let is_stopped_by_it =
        |current| !is_left && found.next.as_ref().is_some_and(|next| is_stopped(current) && is_stopped_within(AT_ONCE, current, next));
    let is_of_the_switch = |current| is_disarmed(current, member.policy) || is_stopped_by_it(current);
    is_of_it(&found.old) || is_of_it(&found.current) && (found.failed.is_some() || found.current.as_ref().is_some_and(is_of_the_switch))
}

/// Differs from the predecessor by nothing but what the two images explain.
pub fn is_successor(original: &Container, new: &Container, old_image: Option<&Image>, new_image: Option<&Image>) -> bool {
    let (Some(old_image), Some(new_image)) = (old_image, new_image) else { return false };
    let images = spec::Images { old: old_image.document(), new: new_image.document() };
    spec::is_made_after(original.document(), new.document(), images)
}

/// It as it was before it was disarmed.
pub fn with_policy(container: &Container, policy: RestartPolicy) -> Container {
    let mut document = container.document().clone();
    let (name, most) = policy.parts();
    if let Some(at) = document.pointer_mut("/HostConfig/RestartPolicy") {
        *at = json!({ "Name": name, "MaximumRetryCount": most });
    }
    Container::new(document)
}

/// Of `web.rotate-old-7f3a21-on-failure-3`.
fn policy_in_name(old: &Container) -> Option<RestartPolicy> {
    let (_, rest) = old.name().rsplit_once(".rotate-old-")?;
    rest.split_once('-')?.1.parse().ok()
}

fn is_stopped_in_the_switch(current: &Container, next: &Container) -> bool {
    is_stopped_within(SWITCH, current, next)
}

/// A switch follows the create at once; a person's stop comes whenever it comes.
fn is_stopped_within(time: SignedDuration, current: &Container, next: &Container) -> bool {
    let grace = SignedDuration::from_secs(i64::try_from(current.stop_grace_seconds()).unwrap_or(0));
    let times = current.ended_at().zip(created(next));
    times.is_some_and(|(end, begin)| end >= begin && end.duration_since(begin) <= time.saturating_add(grace))
}

fn is_stopped(container: &Container) -> bool {
    !container.status().is_active()
}

pub fn created(container: &Container) -> Option<Timestamp> {
    container.document().get("Created")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::rotation::Proof;

    /// Second `second` of a day.
    fn at(second: u32) -> String {
        format!("2026-01-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }

    fn container(name: &str, created: u32, policy: &str, state: Value) -> Option<Container> {
        Some(Container::new(json!({
            "Id": name, "Name": format!("/{name}"), "Created": at(created), "State": state,
            "HostConfig": { "RestartPolicy": { "Name": policy, "MaximumRetryCount": 0 } },
        })))
    }

    fn running() -> Value {
        json!({ "Status": "running", "StartedAt": at(10) })
    }

    fn ended(second: u32) -> Value {
        json!({ "Status": "exited", "StartedAt": at(10), "FinishedAt": at(second) })
    }

    fn gate(deadline_seconds: u64) -> GateRules {
        let [min_healthy, deadline] = [10, deadline_seconds].map(Duration::from_secs);
        GateRules { proof: Proof::Running, min_healthy, deadline, is_oneshot: false, restarts: 0, is_started_again: false }
    }

    fn before_the_renames(policy: &str, state: Value) -> Found {
        let next = container("web.rotate-next-7f3a21", 1_000, "always", json!({ "Status": "created" }));
        Found { current: container("web", 0, policy, state), next, ..Found::default() }
    }

    fn after_the_renames(policy: &str, state: Value) -> Found {
        let old = container("web.rotate-old-7f3a21-always", 0, "no", ended(1_000));
        Found { current: container("web", 990, policy, state), old, ..Found::default() }
    }

    #[test]
    fn what_the_switch_has_stopped_goes_back_and_what_a_person_has_stopped_later_is_left() {
        assert!(before_the_renames("always", ended(1_010)).roles().is_some());
        assert!(before_the_renames("no", ended(9_000)).roles().is_some(), "nobody but the switch disarms it");
        assert!(before_the_renames("always", ended(9_000)).roles().is_none());
        assert!(before_the_renames("always", ended(900)).roles().is_none());
        assert!(before_the_renames("always", running()).roles().is_some());
    }

    #[test]
    fn what_runs_keeps_the_restart_policy_that_it_has() {
        let policy = |found: Found| found.roles().map(|roles| roles.policy);
        assert_eq!(policy(after_the_renames("unless-stopped", running())), Some(RestartPolicy::UnlessStopped));
        assert_eq!(policy(before_the_renames("no", running())), Some(RestartPolicy::No));
        assert_eq!(policy(before_the_renames("no", ended(1_010))), Some(RestartPolicy::Always));
    }

    #[test]
    fn a_policy_that_no_container_has_any_more_is_lost() {
        let podmans = |found: Found| {
            let mut document = found.next.map(|next| next.document().clone()).expect("a successor");
            document["OCIRuntime"] = json!("crun");
            document["HostConfig"]["RestartPolicy"]["Name"] = json!("no");
            Found { next: Some(Container::new(document)), ..found }
        };
        assert!(podmans(before_the_renames("no", ended(1_010))).has_lost_policy());
        assert!(!podmans(before_the_renames("no", running())).has_lost_policy(), "it was not disarmed");
        assert!(!podmans(before_the_renames("always", ended(1_010))).has_lost_policy());
        assert!(!before_the_renames("no", ended(1_010)).has_lost_policy(), "the new one has it");
    }

    #[test]
    fn what_was_switched_long_ago_is_not_proved_again() {
        let now = |second| at(second).parse().expect("a time");
        let found = after_the_renames("always", running());
        assert!(!found.is_long_switched(now(1_100), &gate(30)));
        assert!(found.is_long_switched(now(9_000), &gate(30)));
        assert!(!after_the_renames("no", ended(1_005)).is_long_switched(now(9_000), &gate(30)), "it does not run");
    }

    #[test]
    fn what_may_take_an_hour_to_prove_itself_is_not_taken_for_proved_before() {
        let now = |second| at(second).parse().expect("a time");
        let found = after_the_renames("always", running());
        assert!(!found.is_long_switched(now(4_500), &gate(3_600)));
        assert!(!found.is_long_switched(now(4_605), &gate(3_600)), "well in the last moment, it must stay so for 10 s");
        assert!(found.is_long_switched(now(4_700), &gate(3_600)));
    }
}
