//! Units whose own files ask for another image than the one that was refused there: a drop-in of ours must not override what a person has written since.

use std::path::PathBuf;

use super::drop_ins::{LOOKED_THROUGH, Left};
use super::{Cycle, CycleError};
use crate::model::{Container, Reference, SERVICE_LABEL, Service, ServiceState, is_tag_to_stay};
use crate::plan::Survey;
use crate::rotation::{self, Record};

/// What a person has written under a drop-in of ours.
pub(super) struct Edit {
    /// The image that the unit asks for, as it is written.
    pub(super) image: String,
    /// The image that the rotation followed which left the drop-in.
    followed: Reference,
}

impl Edit {
    /// Why the drop-in has to go, and what a person does then.
    pub(super) fn why(&self, survey: &Survey, name: &str, unit: &str) -> String {
        let (image, followed, systemctl) = (&self.image, &self.followed, survey.manager.systemctl());
        let restart = format!("`{systemctl} restart {unit}`");
        format!(
            "the unit of `{name}` asks for {image} now, and no more for {followed}; {restart} brings the other image, rotate does not restart it"
        )
    }
}

impl Cycle<'_> {
    /// What was written under these drop-ins of a container's unit. None also where that cannot be said: then they stay.
    ///
    /// `typed` is the image of which the container is made, if there is a container.
    pub(super) async fn edit(&self, name: &str, unit: &str, typed: Option<&str>, paths: &[PathBuf]) -> Option<Edit> {
        self.find_edit(name, unit, typed, paths).await.unwrap_or_else(|error| {
            tracing::warn!(container = %name, "{name}: drop-ins stay, as it is not known which image {unit} asks for by its own files: {error}");
            None
        })
    }

    async fn find_edit(&self, name: &str, unit: &str, typed: Option<&str>, paths: &[PathBuf]) -> Result<Option<Edit>, CycleError> {
        let Some(services) = self.engine.services().filter(|_| !paths.is_empty()) else { return Ok(None) };
        let records = self.store.history(Some(name), LOOKED_THROUGH)?;
        let left_by = paths.iter().find_map(|path| rotation::left_by(&records, path));
        let Some(member) = left_by.and_then(|record| record.members.first()) else { return Ok(None) };
        let own = services.own_image(unit).await?;
        let image = edited(own.as_deref(), typed, &member.reference);
        Ok(image.map(|image| Edit { image, followed: member.reference.clone() }))
    }

    /// The image that the unit of a container asks for by its own files; none also where that cannot be said for certain.
    pub(super) async fn asked_for(&self, survey: &Survey, container: &Container) -> Option<Reference> {
        let unit = container.label(SERVICE_LABEL).and_then(|unit| survey.services.get(unit)).filter(|unit| unit.is_loaded())?;
        match self.engine.services()?.own_image(&unit.name).await {
            Ok(own) => own.filter(|text| is_whole(text))?.parse().ok(),
            Err(error) => {
                tracing::warn!(container = %container.name(), "it is not known which image {} asks for by its own files: {error}", unit.name);
                None
            }
        }
    }

    /// Drop-ins of units whose container is gone, and whose files were edited: a start that must not pull fails for want of the other image.
    pub(super) async fn left_without_container(&self, survey: &Survey) -> Result<Vec<Left>, CycleError> {
        let mut all = Vec::new();
        if self.engine.services().is_none() {
            return Ok(all);
        }
        for refused in self.store.all_refused()? {
            let name = refused.unit;
            if survey.stuck.contains(&name) || survey.find(&name).is_some() {
                continue;
            }
            let records = self.store.history(Some(&name), 1)?;
            let Some(service) = records.first().and_then(Record::service) else { continue };
            let paths = self.existing(service.drop_ins.iter().map(|drop_in| drop_in.path.clone()).collect()).await;
            if !paths.is_empty() && self.is_taken_away(service).await {
                all.push(Left { why: format!("the unit of `{name}` is gone, and so is its file"), name, paths });
                continue;
            }
            if let Some(edit) = self.edit(&name, &service.name, None, &paths).await {
                all.push(Left { why: edit.why(survey, &name, &service.name), name, paths });
            }
        }
        Ok(all)
    }

    /// True if systemd has no such unit, and its file is gone. One that Quadlet cannot read makes no unit either, and comes back as it was; so does one in
    /// `/run`, if whoever lays it out there is late after a boot.
    async fn is_taken_away(&self, service: &Service) -> bool {
        let Some(services) = self.engine.services() else { return false };
        let Some(source) = service.source.as_ref().filter(|source| !source.starts_with("/run")) else { return false };
        let has_none = |states: Vec<ServiceState>| !states.is_empty() && states.iter().all(|state| state.load == "not-found");
        services.show(std::slice::from_ref(&service.name)).await.is_ok_and(has_none)
            && services.existing(std::slice::from_ref(source)).await.is_ok_and(|found| found.is_empty())
    }

    /// The unit of a container that is there, and what was written under these drop-ins of it.
    pub(super) async fn edit_under(&self, survey: &Survey, container: &Container, paths: &[PathBuf]) -> Option<(String, Edit)> {
        // While a rotation is open they are its own.
        let unit = container.label(SERVICE_LABEL).filter(|_| !survey.stuck.contains(container.name()))?;
        let edit = self.edit(container.name(), unit, Some(container.image_typed()), paths).await?;
        Some((unit.to_owned(), edit))
    }
}

/// True if a container runs from a tag of ours, and its unit does so no more: the drop-in is gone, and nobody has restarted the unit since.
pub(super) fn is_let_go(survey: &Survey, container: &Container) -> bool {
    let unit = container.label(SERVICE_LABEL).and_then(|unit| survey.services.get(unit));
    is_tag_to_stay(container.image_typed()) && unit.is_some_and(|unit| unit.is_loaded() && !unit.stays())
}

/// The image that a unit asks for, by its own files or else by the container that it has made since, if it is another than the one that was followed. Pure.
fn edited(own: Option<&str>, typed: Option<&str>, followed: &Reference) -> Option<String> {
    let asked = own.filter(|text| is_whole(text)).or(typed.filter(|text| !is_tag_to_stay(text)))?;
    let is_another = asked.parse::<Reference>().is_ok_and(|reference| reference != *followed);
    is_another.then(|| asked.to_owned())
}

/// True if it is the name of an image with its registry. What another text means (a short name, a file of Quadlet's, a variable of systemd's) only those know
/// who read it.
fn is_whole(text: &str) -> bool {
    text.parse::<Reference>().is_ok_and(|reference| text.starts_with(&format!("{}/", reference.registry())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_seen_only_where_it_is_certain_that_another_image_is_asked_for() {
        let stays = "localhost/rotate/unit:web";
        for (own, typed, expected) in [
            // Kept on an image by a drop-in, under which somebody has written another one, or the same in other words.
            (Some("quay.io/a:2"), Some(stays), Some("quay.io/a:2")),
            (Some("quay.io/b"), Some(stays), Some("quay.io/b")),
            (Some("quay.io/a"), Some(stays), None),
            (Some("quay.io/a:latest"), Some(stays), None),
            // Kept from pulling: before the restart, after it, and after one that has failed.
            (Some("quay.io/a:2"), Some("quay.io/a:latest"), Some("quay.io/a:2")),
            (Some("quay.io/a:2"), Some("quay.io/a:2"), Some("quay.io/a:2")),
            (Some("quay.io/a:2"), None, Some("quay.io/a:2")),
            // Edited back, and not restarted yet.
            (Some("quay.io/a"), Some("quay.io/a:2"), None),
            // What only Podman or systemd can read.
            (Some("a:2"), Some(stays), None),
            (Some("a:2"), Some("quay.io/a:2"), Some("quay.io/a:2")),
            (Some("x.image"), Some("quay.io/a:latest"), None),
            (Some("x.image"), Some("quay.io/a:2"), Some("quay.io/a:2")),
            (Some("quay.io/a:%i"), Some(stays), None),
            (Some("quay.io/a:${TAG}"), None, None),
            (None, Some(stays), None),
            (None, None, None),
        ] {
            let followed = "quay.io/a:latest".parse().expect("a reference");
            assert_eq!(edited(own, typed, &followed).as_deref(), expected, "{own:?} {typed:?}");
        }
    }
}
