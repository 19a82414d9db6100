//! Drop-ins of ours beside units of systemd, which keep these from pulling what was refused here; and those that are not needed any more, or in a
//! person's way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::edited::Edit;
use super::{Cycle, CycleError};
use crate::model::{Container, Digest, Reference, RefusedDigest, SERVICE_LABEL, ServiceState, is_tag_to_stay};
use crate::plan::{self, Candidate, Plan, Reason, Survey};
use crate::rotation::{self, Record, Stage};
use crate::store::StoreError;

/// Rotations of a container that are looked through for the one that left a drop-in.
pub(super) const LOOKED_THROUGH: usize = 50;

/// Drop-ins of a unit that are to go.
pub(super) struct Left {
    /// The container's name.
    pub(super) name: String,
    /// Those that are there.
    pub(super) paths: Vec<PathBuf>,
    /// What is to be told.
    pub(super) why: String,
}

impl Cycle<'_> {
    /// Where the drop-ins are that keep this container's unit from pulling.
    pub(super) async fn drop_ins(&self, survey: &Survey, container: &Container) -> Vec<PathBuf> {
        let Some(unit) = container.label(SERVICE_LABEL) else { return Vec::new() };
        let Some(state) = survey.services.get(unit) else { return Vec::new() };
        self.existing(plan::drop_ins(survey, state).into_iter().map(|drop_in| drop_in.path).collect()).await
    }

    /// Those of these drop-ins that are there. None if that cannot be said: each look of a rotation asks again.
    pub(super) async fn existing(&self, paths: Vec<PathBuf>) -> Vec<PathBuf> {
        let Some(services) = self.engine.services().filter(|_| !paths.is_empty()) else { return Vec::new() };
        services.existing(&paths).await.unwrap_or_else(|error| {
            tracing::warn!("it is not known whether there are drop-ins: {error}");
            Vec::new()
        })
    }

    /// Removes those of containers for which nothing is refused any more and nothing is to be proved either, or whose unit asks for another image by now,
    /// and whose rotation is over. What does not work now is left to the next pass. No unit is restarted for it: that is for whoever has edited it.
    ///
    /// One that no rotation of this store left stays: another's store may know what it keeps away, or a store that was lost did. It goes with the next
    /// proof.
    pub(super) async fn remove_left_drop_ins(&self, survey: &Survey, plan: &Plan) {
        if !self.is_alone {
            return;
        }
        // One beside an `.image` file may be several containers'.
        let (mut needed, mut left) = (BTreeSet::new(), Vec::new());
        for container in &survey.containers {
            let paths = self.drop_ins(survey, container).await;
            if paths.is_empty() {
                continue;
            }
            if let Some((unit, edit)) = self.edit_under(survey, container, &paths).await {
                let name = container.name().to_owned();
                left.push(Left { why: edit.why(survey, &name, &unit), name, paths });
                continue;
            }
            // It says what the unit starts from: the next rotation takes it away.
            if is_tag_to_stay(container.image_typed()) {
                needed.extend(paths);
                continue;
            }
            match self.is_needed(container.name()) {
                Ok(false) if has_nothing_to_prove(plan, container.name()) => {
                    let name = container.name().to_owned();
                    left.push(Left { why: format!("nothing is refused for `{name}` any more"), name, paths });
                }
                Ok(_) => needed.extend(paths),
                Err(error) => return tracing::warn!("drop-ins stay: {error}"),
            }
        }
        match self.left_without_container(survey).await {
            Ok(further) => left.extend(further),
            Err(error) => return tracing::warn!("drop-ins stay: {error}"),
        }
        for Left { name, mut paths, why } in left {
            let records = match self.store.history(Some(&name), LOOKED_THROUGH) {
                Ok(records) => records,
                Err(error) => return tracing::warn!("drop-ins stay: {error}"),
            };
            paths.retain(|path| !needed.contains(path) && rotation::has_left(&records, path));
            let Some(path) = paths.first() else { continue };
            tracing::info!(container = %name, "remove {}: {why}", path.display());
            if let Err(error) = rotation::remove_drop_ins(self.engine, &paths).await {
                tracing::warn!(container = %name, "{} stays: {error}", path.display());
            }
        }
    }

    /// What is refused for a candidate: its own, or what failed for another container that systemd makes out of the same tag. To move that tag would bring it
    /// back there with the next start.
    pub(super) fn refused(
        &self,
        survey: &Survey,
        candidate: &Candidate,
        digest: Option<&Digest>,
    ) -> Result<Option<RefusedDigest>, StoreError> {
        let own = self.store.refused(candidate.container.name())?;
        if own.is_some() || survey.services.is_empty() {
            return Ok(own);
        }
        let is_made =
            |c: &&Container| c.label(SERVICE_LABEL).and_then(|name| survey.services.get(name)).is_some_and(ServiceState::is_loaded);
        let is_of_the_tag = |c: &&Container| c.image_typed().parse::<Reference>().is_ok_and(|reference| reference == candidate.reference);
        for other in survey.containers.iter().filter(is_made).filter(is_of_the_tag) {
            if let Some(refused) = self.store.refused(other.name())?.filter(|refused| Some(&refused.digest) == digest) {
                let reason = format!("`{}` is made of the same tag, and {}", other.name(), refused.reason);
                return Ok(Some(RefusedDigest { reason, ..refused }));
            }
        }
        Ok(None)
    }

    /// What containers follow whose units are kept on an image: what their rotations followed, or what the units' own files ask for where none is known. With
    /// neither, nothing newer could ever prove itself there.
    pub(super) async fn kept_from(&self, survey: &Survey) -> Result<BTreeMap<String, Reference>, StoreError> {
        let mut all = BTreeMap::new();
        for container in survey.containers.iter().filter(|container| is_tag_to_stay(container.image_typed())) {
            let last = self.store.history(Some(container.name()), 1)?;
            let followed = match last.first().and_then(|record| record.members.first()) {
                Some(member) => Some(member.reference.clone()),
                None => self.asked_for(survey, container).await,
            };
            all.extend(followed.map(|reference| (container.name().to_owned(), reference)));
        }
        Ok(all)
    }

    /// What a person should know of these drop-ins of a container, which keep its unit on an image or else from pulling.
    pub(super) fn told(&self, name: &str, edit: Option<&Edit>, stays: bool, paths: &[PathBuf]) -> Result<Vec<String>, CycleError> {
        let what = match edit {
            Some(edit) => format!("stands in the way of {}, which its unit asks for now: the next run removes it", edit.image),
            None if stays => "keeps its unit on its old image, others go on under its tag".to_owned(),
            None if !paths.is_empty() && self.are_forgotten(name, paths)? => {
                "keeps its unit from pulling, though nothing is refused for it any more: it goes once a run has proved what is newer, or finds nothing"
                    .to_owned()
            }
            None => "keeps its unit from pulling what is refused".to_owned(),
        };
        Ok(paths.iter().map(|path| format!("{} {what}", path.display())).collect())
    }

    /// The same of containers that are not there, by name: one whose unit is down went with it, and what the unit may not pull can be why it does not start.
    pub(super) async fn told_without_container(
        &self,
        survey: &Survey,
        records: &[Record],
    ) -> Result<BTreeMap<String, Vec<String>>, CycleError> {
        let mut all = BTreeMap::new();
        let Some(services) = self.engine.services() else { return Ok(all) };
        let mut names = BTreeSet::new();
        for record in records.iter().filter(|record| names.insert(&record.unit)) {
            let name = &record.unit;
            let Some(service) = record.service().filter(|_| !survey.stuck.contains(name) && survey.find(name).is_none()) else { continue };
            let paths = self.existing(service.drop_ins.iter().map(|drop_in| drop_in.path.clone()).collect()).await;
            if paths.is_empty() {
                continue;
            }
            let states = services.show(std::slice::from_ref(&service.name)).await;
            let stays = states.is_ok_and(|states| states.iter().any(ServiceState::stays));
            let edit = self.edit(name, &service.name, None, &paths).await;
            all.insert(name.clone(), self.told(name, edit.as_ref(), stays, &paths)?);
        }
        Ok(all)
    }

    /// True if a person has forgotten what these drop-ins of a container kept away. Not with that do they go, but with the run that tries it again, or finds
    /// that there is nothing to try: without them a restart in between, or a boot, would bring it unproved.
    fn are_forgotten(&self, name: &str, paths: &[PathBuf]) -> Result<bool, CycleError> {
        if self.is_needed(name)? {
            return Ok(false);
        }
        let records = self.store.history(Some(name), LOOKED_THROUGH)?;
        Ok(paths.iter().all(|path| rotation::has_left(&records, path)))
    }

    fn is_needed(&self, name: &str) -> Result<bool, CycleError> {
        let is_open = |record: &Record| record.unit == name && record.stage != Stage::Kept;
        Ok(self.store.refused(name)?.is_some() || self.store.open_rotations()?.iter().any(is_open))
    }
}

/// True if a container runs the newest image, or is followed by nobody: no run has to prove first what its unit would pull.
fn has_nothing_to_prove(plan: &Plan, name: &str) -> bool {
    let is_nothing = |reason: &Reason| matches!(reason, Reason::UpToDate | Reason::NotSelected | Reason::OptedOut);
    plan.skipped.iter().any(|skipped| skipped.name == name && is_nothing(&skipped.reason))
}
