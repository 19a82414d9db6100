//! What earlier runs left: rotations to finish, predecessors past their time, and the way back that a person asks for.

use std::collections::HashSet;

use super::report::{Entry, Report, Verdict};
use super::{Cycle, CycleError};
use crate::model::Service;
use crate::rotation::{Record, RunError, Stage};

impl Cycle<'_> {
    /// Goes on with every record that is not closed: first those in which a service may be down. One that cannot go on keeps no other from it,
    /// unless it is for an engine that is gone; the first error is returned at the end. Those that are only kept, and well, are not reported.
    ///
    /// Before that, what left containers and no record is taken over by their names: of the units with these names, or with an empty list of all that
    /// are selected; none: nothing is.
    pub async fn resume(&self, taken_over: Option<&[String]>, report: &mut Report) -> Result<(), CycleError> {
        self.resume_but(taken_over, None, report).await
    }

    /// The same, but what is kept of this unit stays, also past its time.
    async fn resume_but(&self, taken_over: Option<&[String]>, kept: Option<&str>, report: &mut Report) -> Result<(), CycleError> {
        let adopted = match taken_over {
            Some(names) => self.adopt(names).await,
            None => Ok(()),
        };
        let mut records = self.store.open_rotations()?;
        records.sort_by_key(|record| record.stage != Stage::Switching);
        // What is known is brought to its end though the engine does not list its containers.
        let mut first_error = adopted.err();
        let switching: HashSet<String> =
            records.iter().filter(|record| record.stage == Stage::Switching).flat_map(Record::names).map(str::to_owned).collect();
        for mut record in records {
            // What is only kept has time. Whether its successor is well cannot be seen while that one is itself being replaced.
            if record.stage == Stage::Kept && (self.interrupt.is_set() || self.is_still_switching(&switching, &record)?) {
                continue;
            }
            if !self.is_of_this_engine(&record).await? {
                let (unit, engine) = (&record.unit, called(record.engine.as_deref().unwrap_or_default()));
                match record.stage {
                    // Each minute anew, and nothing is the matter with it.
                    Stage::Kept => tracing::debug!(rotation = %record.id, container = %unit, "{unit}: its predecessor is kept at {engine}"),
                    _ => {
                        tracing::warn!(rotation = %record.id, container = %unit, "{unit}: its rotation was begun at {engine}, and goes on there")
                    }
                }
                continue;
            }
            if kept.is_some_and(|kept| record.is_about(kept)) && record.stage == Stage::Kept {
                record.keep_until = record.keep_until.max(Some(record.keep_from(self.clock.at())));
            }
            match self.go_on(&mut record).await {
                Ok(entry) => report.entries.extend(entry),
                Err(error) => {
                    tracing::error!(rotation = %record.id, container = %record.unit, "{}: {error}", record.unit);
                    // Each of the others would wait as long for the same engine.
                    let is_engine_gone = matches!(error, CycleError::Rotation(RunError::Engine { .. }));
                    first_error = first_error.or(Some(error));
                    if is_engine_gone {
                        break;
                    }
                }
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// True if the rotation was begun at this engine. One that has another name now, or is reached at another place, still has its containers.
    ///
    /// What was begun elsewhere must not be brought to an end here: without its containers that would be to forget it, and a unit of systemd or an
    /// image may bear the same name. So a unit's container counts as one of its own only where the unit belongs to the same manager.
    async fn is_of_this_engine(&self, record: &Record) -> Result<bool, CycleError> {
        if self.name.is_none() || record.engine.is_none() || record.engine.as_deref() == self.name {
            return Ok(true);
        }
        let mut ids = Vec::new();
        for member in &record.members {
            ids.extend(member.successor.iter().chain([&member.predecessor]));
        }
        for id in ids {
            if self.engine.container(id.as_str()).await?.is_some() {
                return Ok(true);
            }
        }
        match record.service() {
            Some(service) => self.has_unit_of(record, service).await,
            None => Ok(false),
        }
    }

    /// True if this engine has what a rotation by a unit leaves there. Each start of the unit makes a container with another id, and one that has failed
    /// leaves none: then the pin is there, whose name is the rotation's alone.
    async fn has_unit_of(&self, record: &Record, service: &Service) -> Result<bool, CycleError> {
        let Some(services) = self.engine.services() else { return Ok(false) };
        let is_same_manager = services.manager().await.is_ok_and(|manager| manager == service.manager);
        for (n, member) in record.members.iter().enumerate() {
            let pinned = self.engine.image(&record.pin(n)).await?;
            if pinned.is_some_and(|image| image.id() == member.old_image) {
                return Ok(true);
            }
            let found = if is_same_manager { self.engine.container(&member.name).await? } else { None };
            if found.is_some_and(|found| record.is_of_its_unit(member, &found)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// True if another rotation of its unit was in the middle of its switch and has not ended since.
    fn is_still_switching(&self, switching: &HashSet<String>, record: &Record) -> Result<bool, CycleError> {
        if !record.names().any(|name| switching.contains(name)) {
            return Ok(false);
        }
        let is_of_it = |other: &Record| record.names().any(|name| other.is_about(name));
        Ok(self.store.open_rotations()?.iter().any(|other| is_of_it(other) && other.stage == Stage::Switching))
    }

    async fn go_on(&self, record: &mut Record) -> Result<Option<Entry>, CycleError> {
        let was_kept = record.stage == Stage::Kept;
        let had_failed_rollback = record.failed_rollback.is_some();
        record.stuck = None;
        self.lend_to(record).await;
        self.stays_for_another(record).await?;
        let ended = self.rotation().drive(record).await;
        let entry = self.entry(record, ended).await?;
        let is_news = match entry.verdict {
            Verdict::Withdrawn => false,
            Verdict::Rotated => !was_kept,
            // What is unwell is told as long as it lasts.
            Verdict::Stayed => !was_kept || record.late.is_some(),
            Verdict::Failed => !(was_kept && had_failed_rollback),
            Verdict::FailedLate
            | Verdict::RolledBack
            | Verdict::Held
            | Verdict::Stuck
            | Verdict::Left
            | Verdict::Unanswered
            | Verdict::DryRun
            | Verdict::Skipped
            | Verdict::Orphaned => true,
        };
        Ok(is_news.then_some(Entry { is_resumed: true, ..entry }))
    }

    /// Takes the newest kept predecessor of a unit back, after what earlier runs left; also one that is past its time, if no run has removed it yet.
    /// Its successor's digest is refused from then on.
    ///
    /// Errors: [`CycleError::NothingKept`]; [`CycleError::NotOurs`] if another hand put a container of its own under the name; [`CycleError::Required`]
    /// if another one requires it. What was done before
    /// stands in the report.
    pub async fn roll_back(&self, name: &str, report: &mut Report) -> Result<(), CycleError> {
        self.resume_but(Some(&[name.to_owned()]), Some(name), report).await?;
        if self.interrupt.is_set() {
            return Ok(());
        }
        for record in self.store.open_rotations()?.iter().filter(|record| record.is_about(name) && record.stage != Stage::Kept) {
            // What it came to stands in the report; one of another engine has nothing to do with this one.
            if self.is_of_this_engine(record).await? {
                return Ok(());
            }
        }
        // Its successor had failed late, and its policy was faster.
        if report.entries.iter().any(|entry| entry.is_about(name) && entry.verdict == Verdict::RolledBack) {
            return Ok(());
        }
        let Some(mut record) = self.newest_kept(name).await? else {
            return Err(CycleError::NothingKept { name: name.to_owned() });
        };
        for member in &record.members {
            let holder = self.engine.container(&member.name).await?;
            if holder.is_some_and(|holder| !record.is_successor(member, &holder)) {
                return Err(CycleError::NotOurs { name: member.name.clone() });
            }
        }
        if let Some(by) = self.required_by_another(&record).await? {
            return Err(CycleError::Required { name: name.to_owned(), by });
        }
        let rotation = self.rotation();
        rotation.request_back(&mut record)?;
        self.lend_to(&record).await;
        let ended = rotation.drive(&mut record).await;
        report.entries.push(self.entry(&record, ended).await?);
        Ok(())
    }

    async fn newest_kept(&self, name: &str) -> Result<Option<Record>, CycleError> {
        let mut kept = self.store.open_rotations()?;
        kept.retain(|record| record.stage == Stage::Kept && record.is_about(name));
        kept.sort_by_key(|record| std::cmp::Reverse(record.opened_at));
        for record in kept {
            if self.is_of_this_engine(&record).await? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

fn called(engine: &str) -> String {
    if engine.is_empty() { "an engine at a place of its own".to_owned() } else { format!("the engine `{engine}`") }
}
