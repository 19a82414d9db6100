//! How things stand, from the engine and the store alone; no registry is asked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::edited::is_let_go;
use super::{Cycle, CycleError};
use crate::config::Mode;
use crate::model::{Container, Digest, Health, Hold, Image, Reference, RefusedDigest, Sighting, Status as Doing, is_tag_to_stay};
use crate::plan;
use crate::policy::policy;
use crate::rotation::{self, Member, Outcome, Record, Stage};

/// How many rotations are looked through for each container's last one.
const HISTORY: usize = 1000;

/// How one container stands.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Its image as typed; empty if the container is gone.
    pub image: String,
    /// `running`, `running (healthy)`, `exited`, …, `gone`.
    pub state: String,
    /// The digest that runs, if the engine knows it.
    pub digest: Option<String>,
    /// A predecessor that could be rolled back to.
    pub kept: Option<Kept>,
    /// The digest that is not tried again.
    pub refused: Option<RefusedDigest>,
    /// A person holds it as it is.
    pub hold: Option<Hold>,
    /// What its reference pointed to when a run asked last, if that is not what runs.
    pub newer: Option<Sighting>,
    /// A newer image is only told: `mode` is `watch`.
    pub is_watched: bool,
    /// What is wrong with a container that was rotated to, while its predecessor is kept.
    pub unwell: Option<String>,
    /// Why a person is needed.
    pub stuck: Option<String>,
    /// A rotation is open: the next run goes on with it.
    pub is_open: bool,
    /// The last rotation that ended.
    pub last: Option<Last>,
    /// What a person should know about a container that is not rotated; none for the usual reasons.
    pub note: Option<String>,
}

/// A kept predecessor.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// Its name now; none if it was removed for the sake of a tool like compose, and would be created again.
    pub name: Option<String>,
    /// Until when.
    pub until: Timestamp,
}

impl Kept {
    /// What is kept, for people.
    pub fn what(&self) -> &str {
        self.name.as_deref().unwrap_or("the old image")
    }
}

/// The last rotation that ended.
#[derive(Debug, Clone, Serialize)]
pub struct Last {
    /// `rotated`, `failed and stayed` or `turned back`.
    pub outcome: &'static str,
    /// Why it turned back.
    pub message: Option<String>,
    /// The digest that it went to, or tried.
    pub digest: String,
    /// When it began.
    pub began_at: Timestamp,
}

impl Cycle<'_> {
    /// All containers of the engine but those that a rotation keeps, and all units with a rotation that needs attention; by name.
    pub async fn status(&self) -> Result<Vec<Status>, CycleError> {
        let survey = self.survey().await?;
        let (_, skipped) = plan::select(&survey, self.config, &[]);
        let notes: BTreeMap<_, _> = skipped.into_iter().filter(|s| s.reason.is_notable()).map(|s| (s.name, s.reason.to_string())).collect();
        let mut all: BTreeMap<String, Status> = BTreeMap::new();
        let mut runs: BTreeMap<String, Vec<Digest>> = BTreeMap::new();
        for container in &survey.containers {
            if survey.is_of_a_rotation(container.name()) {
                continue;
            }
            let image = survey.follows(container);
            let mut status = Status::of(container.name(), &image, &doing(container));
            let reference = image.parse::<Reference>().ok();
            let image = survey.images.get(&container.image_id());
            if let Some((image, reference)) = image.zip(reference) {
                let digests = image.digests_of(&reference);
                status.digest = digests.first().map(ToString::to_string);
                status.newer = self.newer(image, &reference, &digests)?;
                runs.insert(container.name().to_owned(), digests);
                let policy = policy(self.config, &container.labels(), &image.labels());
                status.is_watched = policy.is_ok_and(|policy| policy.mode == Mode::Watch);
            }
            let drop_ins = self.drop_ins(&survey, container).await;
            let edit = self.edit_under(&survey, container, &drop_ins).await.map(|(_, edit)| edit);
            let kept = self.told(container.name(), edit.as_ref(), is_tag_to_stay(container.image_typed()), &drop_ins)?;
            let let_go = is_let_go(&survey, container)
                .then(|| "nothing keeps its unit on the image that it runs: the next start goes by the unit's own files".to_owned());
            // While a rotation is open this is what it is about.
            let next = if survey.stuck.contains(container.name()) { None } else { self.next_start(&survey, container).await? };
            let next = next.map(|image| format!("the next start of its unit brings another image than runs: {}", image.short()));
            status.also(notes.get(container.name()).cloned().into_iter().chain(kept).chain(let_go).chain(next));
            all.insert(status.name.clone(), status);
        }
        for listed in survey.unanswered.iter().map(|c| &c.listed).filter(|listed| !survey.is_of_a_rotation(&listed.name)) {
            let status = Status { note: notes.get(&listed.name).cloned(), ..Status::of(&listed.name, &listed.image, "no answer") };
            all.insert(status.name.clone(), status);
        }
        let gone = |unit: &str| Status::of(unit, "", "gone");
        for record in self.store.open_rotations()? {
            for member in &record.members {
                let status = all.entry(member.name.clone()).or_insert_with(|| gone(&member.name));
                status.is_open |= record.stage != Stage::Kept;
                status.stuck = status.stuck.take().or_else(|| record.stuck.as_ref().map(|why| record.why_stuck(why)));
                if let (Stage::Kept, Some(until)) = (record.stage, record.keep_until) {
                    let named = survey.containers.iter().find(|container| container.name() == member.name);
                    let why = match named {
                        Some(container) => rotation::seen_late(self.engine, &record, container, self.clock.at()).await?,
                        None => record.late_without_container(),
                    };
                    status.unwell = status.unwell.take().or(why.map(|why| format!("the new container {why}")));
                    let name = record.old_name(member);
                    let is_there = survey.containers.iter().any(|container| container.name() == name);
                    status.kept = Some(Kept { name: is_there.then_some(name), until });
                }
            }
        }
        for (name, hold) in &survey.holds {
            let status = all.entry(name.clone()).or_insert_with(|| Status { note: Some(hold.to_string()), ..gone(name) });
            status.hold = Some(hold.clone());
        }
        // Newest first, so that the first one found is the last one that ended.
        let records = self.store.history(None, HISTORY)?;
        for (name, kept) in self.told_without_container(&survey, &records).await? {
            all.entry(name.clone()).or_insert_with(|| gone(&name)).also(kept);
        }
        for refused in self.store.all_refused()? {
            let status = all.entry(refused.unit.clone()).or_insert_with(|| gone(&refused.unit));
            if runs.get(&refused.unit).is_some_and(|digests| digests.contains(&refused.digest)) {
                status.also([format!("runs what is refused here: {}", refused.reason)]);
            }
            status.refused = Some(refused);
        }
        for record in records {
            for member in &record.members {
                if let Some(status) = all.get_mut(&member.name).filter(|status| status.last.is_none()) {
                    status.last = last(&record, member);
                }
            }
        }
        Ok(all.into_values().collect())
    }

    fn newer(&self, image: &Image, reference: &Reference, digests: &[Digest]) -> Result<Option<Sighting>, CycleError> {
        let Some(sighting) = self.store.sighting(reference)? else { return Ok(None) };
        let is_what_runs = digests.contains(&sighting.digest) || self.store.is_equal(&image.id(), reference, &sighting.digest)?;
        Ok(Some(sighting).filter(|_| !is_what_runs && !digests.is_empty()))
    }
}

impl Status {
    fn of(name: &str, image: &str, state: &str) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            state: state.to_owned(),
            digest: None,
            kept: None,
            refused: None,
            hold: None,
            newer: None,
            is_watched: false,
            unwell: None,
            stuck: None,
            is_open: false,
            last: None,
            note: None,
        }
    }

    fn also(&mut self, notes: impl IntoIterator<Item = String>) {
        self.note = self.note.take().into_iter().chain(notes).reduce(|all, one| format!("{all}; {one}"));
    }
}

fn last(record: &Record, member: &Member) -> Option<Last> {
    let (outcome, message) = match record.outcome.as_ref()? {
        Outcome::Rotated => ("rotated", None),
        Outcome::Stayed { failure } => ("failed and stayed", Some(failure.to_string())),
        Outcome::TurnedBack { failure, .. } => ("turned back", Some(failure.to_string())),
    };
    let digest = member.digest.as_ref().or(member.old_digest.as_ref()).map(ToString::to_string)?;
    Some(Last { outcome, message, digest, began_at: record.opened_at })
}

fn doing(container: &Container) -> String {
    let state = container.state();
    let word = match state.status {
        Doing::Created => "created",
        Doing::Running => "running",
        Doing::Paused => "paused",
        Doing::Restarting => "restarting",
        Doing::Exited => "exited",
        Doing::Dead => "dead",
    };
    match state.health.filter(|_| state.status == Doing::Running) {
        Some(Health::Healthy) => format!("{word} (healthy)"),
        Some(Health::Unhealthy) => format!("{word} (unhealthy)"),
        Some(Health::Starting) => format!("{word} (health: starting)"),
        None => word.to_owned(),
    }
}
