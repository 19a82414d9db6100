//! Rotations whose record is lost, or older than what the engine shows: their containers' names tell what was going on, and a record is made of
//! that. Removes and starts nothing by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::lost::{Found, created, is_behind, is_successor, with_policy};
use super::rotate::{is_tool_owned, terms};
use super::survey::LOOKS_AT_ONCE;
use super::{Cycle, CycleError};
use crate::clock::sign_of_life;
use crate::model::{Container, Image, Reference, RotationId};
use crate::plan;
use crate::policy::{Policy, policy};
use crate::rotation::{Change, Failure, GateRules, Goal, Member, Opening, Purpose, Record, Stage, Withdrawal, in_full};
use crate::spec;

impl Cycle<'_> {
    /// Makes a record of each rotation that left containers and that the store does not know, or knows only as it was before the switch. Of units
    /// that are named, or without names of those that are selected; one whose containers do not prove what they are is left as it is. Nothing is
    /// taken over where a daemon may be at work on the same containers.
    pub(super) async fn adopt(&self, names: &[String]) -> Result<(), CycleError> {
        if !self.is_alone {
            return Ok(());
        }
        let known = self.store.open_rotations()?;
        let found = self.find(&known).await?;
        let known = self.close_superseded(known, &found)?;
        let now = self.clock.at();
        let held: BTreeSet<String> = self.store.holds()?.into_iter().filter(|hold| hold.is_in_force(now)).map(|hold| hold.name).collect();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        // What is in the middle of its switch goes before what is only kept, and the newest before older ones.
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, found)| {
            (found.next.is_none() && found.failed.is_none(), found.old.as_ref().map(|c| std::cmp::Reverse(created(c))))
        });
        for ((unit, id), found) in found {
            let earlier = known.iter().find(|record| record.id == id);
            let is_lost = match earlier {
                Some(record) => is_behind(record, &found, self.boot, held.contains(&unit)),
                None => !self.store.has_rotation(&id)? && !known.iter().any(|record| found.is_of(record)),
            };
            let is_held = held.contains(&unit) && found.is_served();
            if !is_lost || is_held || taken.contains(&unit) {
                continue;
            }
            let Some(record) = self.record_of(&unit, id, &found, earlier, names).await? else { continue };
            self.store.save(&record)?;
            let to = match (record.stage, &record.goal) {
                (Stage::Kept, _) => "the old container is kept",
                (_, Goal::Forward) => "the new container has to prove itself",
                (_, Goal::Back { .. }) => "back to the old container",
            };
            if found.has_lost_policy() && earlier.is_none() {
                tracing::warn!(
                    container = %unit,
                    "`{unit}`: which restart policy it had is not known any more; it has `no`: give it back with `docker update --restart` (or `podman update`)"
                );
            }
            tracing::warn!(
                rotation = %record.id,
                container = %unit,
                "`{unit}`: the state directory does not know how far the rotation {} got; taken over by the names of its containers: {to}",
                record.id
            );
            taken.insert(unit);
        }
        Ok(())
    }

    /// Closes records whose predecessor bears the name that another rotation gave it, one that the store does not know. A unit's rotations follow each
    /// other: these had ended when an earlier copy of the store was made, or soon after. The names tell the rest.
    fn close_superseded(&self, known: Vec<Record>, found: &BTreeMap<(String, RotationId), Found>) -> Result<Vec<Record>, CycleError> {
        let mut open = Vec::new();
        for mut record in known {
            let is_of_it = |of: &Found| of.old.as_ref().is_some_and(|old| record.members.iter().any(|m| m.predecessor == old.id()));
            let mut later = found.iter().filter(|((unit, id), of)| *unit == record.unit && *id != record.id && is_of_it(of));
            let Some(((unit, later), _)) = later.next().filter(|_| record.stage != Stage::Kept) else {
                open.push(record);
                continue;
            };
            if self.store.has_rotation(later)? {
                open.push(record);
                continue;
            }
            if record.goal == Goal::Forward {
                record.apply(&Change::TurnBack { failure: Failure::Withdrawn { why: Withdrawal::RecordLost } });
            }
            record.apply(&Change::Close);
            self.store.save(&record)?;
            tracing::warn!(
                rotation = %record.id,
                container = %unit,
                "`{unit}`: the rotation {} is closed: by the name of its old container a later one, {later}, has begun since then, which the state directory does not know",
                record.id
            );
        }
        Ok(open)
    }

    /// By unit and rotation; without those that the store knows to be in their switch, or beyond.
    async fn find(&self, known: &[Record]) -> Result<BTreeMap<(String, RotationId), Found>, CycleError> {
        let listed = self.engine.containers().await?;
        let mut all: BTreeMap<(String, RotationId), Found> = BTreeMap::new();
        let mut unanswered = 0;
        for listed in &listed {
            let Some((unit, id)) = plan::given_name(&listed.name) else { continue };
            if known.iter().any(|record| record.id == id && record.stage >= Stage::Switching) {
                continue;
            }
            // Of many that hang the survey says so; here they are left for another pass.
            if unanswered >= LOOKS_AT_ONCE {
                break;
            }
            let Some(container) = self.look_at(listed.id.as_str()).await? else {
                unanswered += 1;
                continue;
            };
            let rest = &listed.name[unit.len()..];
            let found = all.entry((unit.to_owned(), id)).or_default();
            let place = if rest.starts_with(".rotate-old-") {
                &mut found.old
            } else if rest.starts_with(".rotate-next-") {
                &mut found.next
            } else {
                &mut found.failed
            };
            *place = Some(container);
        }
        for ((unit, _), found) in &mut all {
            if listed.iter().any(|listed| listed.name == *unit) {
                found.current = self.look_at(unit).await?;
            }
        }
        Ok(all)
    }

    /// One that the engine tells nothing of is reported later, and keeps no other from being taken over.
    async fn look_at(&self, container: &str) -> Result<Option<Container>, CycleError> {
        sign_of_life(self.clock);
        match self.engine.container(container).await {
            Err(error) if !error.is_of_the_engine() => Ok(None),
            answer => Ok(answer?),
        }
    }

    async fn record_of(
        &self,
        unit: &str,
        id: RotationId,
        found: &Found,
        earlier: Option<&Record>,
        names: &[String],
    ) -> Result<Option<Record>, CycleError> {
        let Some(roles) = found.roles() else { return Ok(None) };
        let (old, new) = (self.image_of(&roles.predecessor).await?, self.image_of(&roles.successor).await?);
        let labels = old.as_ref().map(Image::labels).unwrap_or_default();
        let Ok(policy) = policy(self.config, &roles.predecessor.labels(), &labels) else { return Ok(None) };
        let is_named = names.iter().any(|name| name == unit || found.all().any(|container| plan::is_named(container, name)));
        if earlier.is_none() && (!names.is_empty() && !is_named || !policy.selection.takes(is_named)) {
            return Ok(None);
        }
        let original = earlier.and_then(|record| record.members.first()).map(|member| member.original.clone());
        let original = match original.filter(|known| !known.document().is_null()) {
            Some(known) => known,
            None => with_policy(&in_full(self.engine, roles.predecessor.clone()).await?, roles.policy),
        };
        if found.needs_proof() && !is_successor(&original, &roles.successor, old.as_ref(), new.as_ref()) {
            return Ok(None);
        }
        let Ok(reference) = roles.predecessor.image_typed().parse::<Reference>() else { return Ok(None) };
        let digest = |image: &Option<Image>| image.as_ref().and_then(|image| image.digests_of(&reference).into_iter().next());
        let old_digest = digest(&old);
        // On the way back nothing is pulled; forward, a failure would refuse it.
        let stand_in = old_digest.clone().filter(|_| roles.goal != Goal::Forward);
        let Some(digest) = digest(&new).or(stand_in) else { return Ok(None) };
        let member = Member {
            name: unit.to_owned(),
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
        };
        let mut record = match earlier {
            Some(earlier) => behind(earlier, member, roles.goal),
            None => self.taken_over(id, member, &policy, roles.goal, if found.is_late() { Stage::Creating } else { Stage::Switching }),
        };
        let gate = GateRules::of(&roles.successor, &record.terms, true);
        if record.goal == Goal::Forward && found.is_long_switched(self.clock.at(), &gate) {
            record.apply(&Change::Prove { keep_until: record.keep_from(self.clock.at()) });
        }
        Ok(Some(record))
    }

    fn taken_over(&self, id: RotationId, member: Member, policy: &Policy, goal: Goal, stage: Stage) -> Record {
        // No agent: whoever goes on with it is another one, and counts its starts.
        let (agent, boot, at) = (String::new(), self.boot.to_owned(), self.clock.at());
        let opening = Opening { id, purpose: Purpose::Rotate, members: vec![member], terms: terms(policy), agent, boot, at };
        Record { stage, goal, auth_file: policy.auth_file.clone(), engine: self.name.map(str::to_owned), ..Record::open(opening) }
    }

    async fn image_of(&self, container: &Container) -> Result<Option<Image>, CycleError> {
        match self.engine.image(container.image_id().as_str()).await {
            Err(error) if !error.is_of_the_engine() => Ok(None),
            answer => Ok(answer?),
        }
    }
}

/// An earlier copy of a record, as far as it knows more than the names do.
fn behind(earlier: &Record, found: Member, goal: Goal) -> Record {
    let mut record = Record { stage: Stage::Switching, goal, agent: String::new(), ..earlier.clone() };
    if let Some(member) = record.members.first_mut() {
        let tag_before = member.tag_before.clone().or(found.tag_before);
        let Member { successor, new_image, volumes_born, .. } = found;
        *member = Member { successor, new_image, volumes_born, tag_before, ..member.clone() };
    }
    record
}
