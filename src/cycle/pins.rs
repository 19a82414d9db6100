//! Tags of ours that nothing needs any more: pins that are there although their rotation is closed, and what a unit is not kept on any more.
//!
//! An agent that is killed may leave the call that pins behind in the engine; landing after another process has closed the record, it sets a tag that
//! no record asks for any more, and that would hold an old image on the disk for good.

use super::{Cycle, CycleError};
use crate::model::{Image, SERVICE_LABEL, TO_STAY, is_tag_to_stay, tag_to_stay};
use crate::plan::{self, Survey};
use crate::rotation::{self, Record};

impl Cycle<'_> {
    /// Removes the pins of rotations that are closed. One of a rotation that the store does not know stays: it may be another agent's, or of a
    /// store that was lost. What does not work now is left to the next pass: nothing depends on it.
    pub(super) async fn remove_left_pins(&self, survey: &Survey) {
        if let Err(error) = self.try_to_remove_left_pins(survey).await {
            tracing::warn!("pins that were left stay: {error}");
        }
        if let Err(error) = self.try_to_remove_tags_let_go(survey).await {
            tracing::warn!("tags that kept units on an image stay: {error}");
        }
    }

    async fn try_to_remove_left_pins(&self, survey: &Survey) -> Result<(), CycleError> {
        for pin in self.engine.tags(Record::PINS).await? {
            let Some(id) = Record::id_of_pin(&pin) else { continue };
            if survey.known.contains(&id) || !self.store.has_rotation(&id)? {
                continue;
            }
            let Some(image) = self.engine.image(&pin).await? else { continue };
            if is_last_name(survey, &image) {
                continue;
            }
            tracing::info!(rotation = %id, "remove the pin {pin}, which was set after its rotation was over");
            rotation::unpin(self.engine, &pin).await?;
        }
        Ok(())
    }

    /// The tags on which units were kept that start from what their own files say again. While a drop-in says otherwise, or nobody can say whether one does,
    /// the unit needs its tag.
    async fn try_to_remove_tags_let_go(&self, survey: &Survey) -> Result<(), CycleError> {
        let Some(services) = self.engine.services().filter(|_| self.is_alone) else { return Ok(()) };
        let tags = self.engine.tags(TO_STAY).await?;
        for container in &survey.containers {
            let (name, tag) = (container.name(), tag_to_stay(container.name()));
            if !tags.contains(&tag) || survey.stuck.contains(name) || is_tag_to_stay(container.image_typed()) {
                continue;
            }
            let unit = container.label(SERVICE_LABEL).and_then(|unit| survey.services.get(unit));
            let Some(unit) = unit.filter(|unit| unit.is_loaded() && !unit.stays()) else { continue };
            // It may be another agent's, or of a store that was lost.
            if self.store.history(Some(name), 1)?.is_empty() {
                continue;
            }
            let paths: Vec<_> = plan::drop_ins(survey, unit).into_iter().map(|drop_in| drop_in.path).collect();
            if !services.existing(&paths).await?.is_empty() {
                continue;
            }
            let Some(image) = self.engine.image(&tag).await? else { continue };
            if is_last_name(survey, &image) {
                continue;
            }
            tracing::info!(container = %name, "remove the tag {tag}: the unit of `{name}` is not kept on it any more");
            rotation::unpin(self.engine, &tag).await?;
        }
        Ok(())
    }
}

/// The last name of an image that a container was made from is not taken: engines refuse that, or forget the image with it.
fn is_last_name(survey: &Survey, image: &Image) -> bool {
    let is_used = survey.containers.iter().any(|container| container.image_id() == image.id()) || !survey.unanswered.is_empty();
    is_used && image.tags().len() < 2
}
