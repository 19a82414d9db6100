//! Rotations whose record is lost, or older than what the engine shows: their containers' names tell what was going on, and a record is made of
//! that. Removes and starts nothing by itself.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::lost::{Found, created, is_behind};
use super::survey::LOOKS_AT_ONCE;
use super::{Cycle, CycleError};
use crate::clock::sign_of_life;
use crate::model::{Container, RotationId};
use crate::plan;
use crate::rotation::{Change, Failure, Goal, Record, Stage, Withdrawal};

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
        for (id, unit) in in_order(found) {
            let earlier = known.iter().find(|record| record.id == id);
            let is_lost = match earlier {
                Some(record) => unit.iter().any(|(name, found)| is_behind(record, name, found, self.boot, held.contains(name))),
                None => !self.store.has_rotation(&id)? && !known.iter().any(|record| unit.iter().any(|(_, found)| found.is_of(record))),
            };
            let is_held = unit.iter().any(|(name, _)| held.contains(name)) && unit.iter().all(|(_, found)| found.is_served());
            if !is_lost || is_held || unit.iter().any(|(name, _)| taken.contains(name)) {
                continue;
            }
            let Some(record) = self.taken_over(&unit, id, earlier, names).await? else { continue };
            self.store.save(&record)?;
            let to = match (record.stage, &record.goal) {
                (Stage::Kept, _) => "the old container is kept",
                (_, Goal::Forward) => "the new container has to prove itself",
                (_, Goal::Back { .. }) => "back to the old container",
            };
            for (name, _) in unit.iter().filter(|(_, found)| found.has_lost_policy() && earlier.is_none()) {
                tracing::warn!(
                    container = %name,
                    "`{name}`: which restart policy it had is not known any more; it has `no`: give it back with `docker update --restart` (or `podman update`)"
                );
            }
            tracing::warn!(
                rotation = %record.id,
                container = %record.unit,
                "`{}`: the state directory does not know how far the rotation {} got; taken over by the names of its containers: {to}",
                record.unit, record.id
            );
            taken.extend(unit.into_iter().map(|(name, _)| name));
        }
        Ok(())
    }

    /// Closes records whose predecessor bears the name that another rotation gave it, one that the store does not know. A unit's rotations follow each
    /// other: these had ended when an earlier copy of the store was made, or soon after. The names tell the rest.
    fn close_superseded(&self, known: Vec<Record>, found: &BTreeMap<(String, RotationId), Found>) -> Result<Vec<Record>, CycleError> {
        let mut open = Vec::new();
        for mut record in known {
            let is_of_it = |of: &Found| of.old.as_ref().is_some_and(|old| record.members.iter().any(|m| m.predecessor == old.id()));
            let mut later = found.iter().filter(|((unit, id), of)| record.is_about(unit) && *id != record.id && is_of_it(of));
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
}

/// What is in the middle of its switch goes before what is only kept, and the newest before older ones.
fn in_order(found: BTreeMap<(String, RotationId), Found>) -> Vec<(RotationId, Vec<(String, Found)>)> {
    let mut units: BTreeMap<RotationId, Vec<(String, Found)>> = BTreeMap::new();
    for ((name, id), found) in found {
        units.entry(id).or_default().push((name, found));
    }
    let mut units: Vec<_> = units.into_iter().collect();
    units.sort_by_key(|(_, unit)| {
        let is_kept = unit.iter().all(|(_, found)| found.next.is_none() && found.failed.is_none());
        (is_kept, unit.iter().filter_map(|(_, found)| found.old.as_ref().map(created)).max().map(Reverse))
    });
    units
}
