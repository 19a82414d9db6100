//! Pins that are there although their rotation is closed.
//!
//! An agent that is killed may leave the call that pins behind in the engine; landing after another process has closed the record, it sets a tag that
//! no record asks for any more, and that would hold an old image on the disk for good.

use super::{Cycle, CycleError};
use crate::plan::Survey;
use crate::rotation::{self, Record};

impl Cycle<'_> {
    /// Removes the pins of rotations that are closed. One of a rotation that the store does not know stays: it may be another agent's, or of a
    /// store that was lost. What does not work now is left to the next pass: nothing depends on it.
    pub(super) async fn remove_left_pins(&self, survey: &Survey) {
        if let Err(error) = self.try_to_remove_left_pins(survey).await {
            tracing::warn!("pins that were left stay: {error}");
        }
    }

    async fn try_to_remove_left_pins(&self, survey: &Survey) -> Result<(), CycleError> {
        for pin in self.engine.tags(Record::PINS).await? {
            let Some(id) = Record::id_of_pin(&pin) else { continue };
            if survey.known.contains(&id) || !self.store.has_rotation(&id)? {
                continue;
            }
            let Some(image) = self.engine.image(&pin).await? else { continue };
            // The last name of an image that a container was made from is not taken: engines refuse that, or forget the image with it.
            let is_used = survey.containers.iter().any(|container| container.image_id() == image.id()) || !survey.unanswered.is_empty();
            if is_used && image.tags().len() < 2 {
                continue;
            }
            tracing::info!(rotation = %id, "remove the pin {pin}, which was set after its rotation was over");
            rotation::unpin(self.engine, &pin).await?;
        }
        Ok(())
    }
}
