//! The record of a rotation that the store does not know, or knows only as it was before the switch: made of what its containers are.

use super::lost::{Found, is_successor, with_policy};
use super::rotate::{is_tool_owned, terms};
use super::{Cycle, CycleError};
use crate::config::FailurePolicy;
use crate::model::{Container, Image, Reference, RotationId};
use crate::plan;
use crate::policy::{Policy, policy};
use crate::rotation::{Change, GateRules, Goal, Member, Opening, Purpose, Record, Role, Stage, Terms, in_full};
use crate::spec;

/// What the containers of one member tell.
struct Part<'a> {
    found: &'a Found,
    member: Member,
    policy: Policy,
    goal: Goal,
    successor: Container,
    old: Option<Image>,
    new: Option<Image>,
}

impl Cycle<'_> {
    /// Of the containers of one rotation, by the names of its members; none if those of one do not prove what they are. Of several it goes forward only if
    /// each has changed places.
    pub(super) async fn taken_over(
        &self,
        unit: &[(String, Found)],
        id: RotationId,
        earlier: Option<&Record>,
        names: &[String],
    ) -> Result<Option<Record>, CycleError> {
        let is_named = |(name, found): &(String, Found)| {
            names.iter().any(|typed| typed == name || found.all().any(|container| plan::is_named(container, typed)))
        };
        let is_any_named = unit.iter().any(is_named);
        let mut parts = Vec::new();
        for (name, found) in unit {
            let known = earlier.and_then(|record| record.members.iter().find(|member| member.name == *name));
            let Some(part) = self.part_of(name, found, known).await? else { return Ok(None) };
            if earlier.is_none() && (!names.is_empty() && !is_any_named || !part.policy.selection.takes(is_any_named)) {
                return Ok(None);
            }
            parts.push(part);
        }
        let parts = plan::required_first(parts, |one, other| one.member.requires(&other.member));
        let Some(first) = parts.first() else { return Ok(None) };
        let goal = parts.iter().map(|part| part.goal.clone()).find(|goal| *goal != Goal::Forward).unwrap_or(Goal::Forward);
        let members = parts.iter().enumerate().map(|(n, part)| {
            // The record's own terms are the first one's.
            let terms = (n > 0).then(|| Terms { stays: false, ..terms(&part.policy) });
            Member { terms, is_tool_owned: part.member.is_tool_owned || parts.len() > 1, ..part.member.clone() }
        });
        let members = members.collect();
        let mut record = match earlier {
            Some(earlier) => behind(earlier, members, goal),
            None => {
                let is_late = parts.iter().all(|part| part.found.is_late());
                let stage = if is_late { Stage::Creating } else { Stage::Switching };
                // No agent: whoever goes on with it is another one, and counts its starts.
                let (agent, boot, at) = (String::new(), self.boot.to_owned(), self.clock.at());
                // None of several stays while the others go back.
                let terms = Terms { stays: first.policy.on_failure == FailurePolicy::Stay && parts.len() == 1, ..terms(&first.policy) };
                let opening = Opening { id, purpose: Purpose::Rotate, members, terms, agent, boot, at };
                let auth_file = first.policy.auth_file.clone();
                Record { stage, goal, auth_file, engine: self.name.map(str::to_owned), ..Record::open(opening) }
            }
        };
        let is_made_after = |part: &Part<'_>| {
            let original = record.requiring(&part.member.original, Role::Successor);
            is_successor(&original, &part.successor, part.old.as_ref(), part.new.as_ref())
        };
        if parts.iter().any(|part| part.found.needs_proof() && !is_made_after(part)) {
            return Ok(None);
        }
        let is_over = |part: &Part<'_>| {
            let gate = GateRules::of(&part.successor, record.terms_of(&part.member), true);
            part.found.is_long_switched(self.clock.at(), &gate)
        };
        let is_proved = parts.iter().all(is_over);
        // Those that require it have removed their old ones, which is done once all have proved themselves.
        let is_required = self.required_by_another(&record).await?.is_some();
        if is_required && record.goal != Goal::Forward {
            return Ok(None);
        }
        record.members.iter_mut().for_each(|member| member.is_tool_owned |= is_required);
        if record.goal == Goal::Forward && (is_proved || is_required) {
            record.apply(&Change::Prove { keep_until: record.keep_from(self.clock.at()) });
        }
        Ok(Some(record))
    }

    async fn part_of<'a>(&self, name: &str, found: &'a Found, earlier: Option<&Member>) -> Result<Option<Part<'a>>, CycleError> {
        let Some(roles) = found.roles() else { return Ok(None) };
        let (old, new) = (self.image_of(&roles.predecessor).await?, self.image_of(&roles.successor).await?);
        let labels = old.as_ref().map(Image::labels).unwrap_or_default();
        let Ok(policy) = policy(self.config, &roles.predecessor.labels(), &labels) else { return Ok(None) };
        let original = match earlier.map(|member| &member.original).filter(|known| !known.document().is_null()) {
            Some(known) => known.clone(),
            None => with_policy(&in_full(self.engine, roles.predecessor.clone()).await?, roles.policy),
        };
        let Ok(reference) = roles.predecessor.image_typed().parse::<Reference>() else { return Ok(None) };
        let digest = |image: &Option<Image>| image.as_ref().and_then(|image| image.digests_of(&reference).into_iter().next());
        let old_digest = digest(&old);
        let has_stayed = roles.predecessor.image_id() == roles.successor.image_id();
        // On the way back nothing is pulled; forward, a failure would refuse it.
        let stand_in = old_digest.clone().filter(|_| roles.goal != Goal::Forward);
        let digest = match digest(&new).or(stand_in) {
            _ if has_stayed => None,
            Some(digest) => Some(digest),
            None => return Ok(None),
        };
        let member = Member {
            name: name.to_owned(),
            old_digest,
            platform: old.as_ref().and_then(Image::platform).filter(|platform| !platform.is_like(self.engine.platform())),
            reference,
            digest,
            old_image: roles.predecessor.image_id(),
            new_image: Some(roles.successor.image_id()),
            // What is not known to have come with the rotation is not removed with it.
            is_pulled: false,
            volumes_born: earlier.map(|_| spec::volumes_born(original.document(), roles.successor.document())).unwrap_or_default(),
            tag_before: Some(roles.predecessor.image_id()),
            predecessor: roles.predecessor.id(),
            original,
            policy: roles.policy,
            stop_signal: policy.stop_signal.clone(),
            was_healthy: false,
            is_tool_owned: is_tool_owned(&roles.predecessor),
            successor: Some(roles.successor.id()),
            terms: None,
            auth_file: policy.auth_file.clone(),
        };
        Ok(Some(Part { found, member, policy, goal: roles.goal, successor: roles.successor, old, new }))
    }

    async fn image_of(&self, container: &Container) -> Result<Option<Image>, CycleError> {
        match self.engine.image(container.image_id().as_str()).await {
            Err(error) if !error.is_of_the_engine() => Ok(None),
            answer => Ok(answer?),
        }
    }
}

/// An earlier copy of a record, as far as it knows more than the names do.
fn behind(earlier: &Record, found: Vec<Member>, goal: Goal) -> Record {
    let mut record = Record { stage: Stage::Switching, goal, agent: String::new(), ..earlier.clone() };
    for found in found {
        let Some(member) = record.members.iter_mut().find(|member| member.name == found.name) else { continue };
        let tag_before = member.tag_before.clone().or(found.tag_before);
        let Member { successor, new_image, volumes_born, .. } = found;
        *member = Member { successor, new_image, volumes_born, tag_before, ..member.clone() };
    }
    record
}
