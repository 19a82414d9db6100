//! What becomes of others that systemd makes of the tag of a rotation, whoever makes its own container: told, since nothing of theirs is rotated.

use super::report::{Entry, Verdict};
use super::{Cycle, CycleError};
use crate::model::{Container, Image, ImageId, Reference, SERVICE_LABEL, ServiceState};
use crate::plan::{self, SharedTags, Survey};
use crate::rotation::Record;

impl Cycle<'_> {
    /// The same entry; of a rotation that went back with its tag, with the units that this takes back from what they run. Those of a tag need not be its own.
    pub(super) async fn with_others(&self, record: &Record, entry: Entry) -> Entry {
        // Without systemd nobody starts from a tag, and nobody has to be looked for.
        if entry.verdict != Verdict::RolledBack || self.engine.services().is_none() {
            return entry;
        }
        match self.taken_back(record).await {
            Ok(names) if names.is_empty() => entry,
            Ok(names) => {
                let others = plan::listed(&names);
                let told = format!("the tag went back with it: the next start of {others} brings the old image, too");
                let message = entry.message.map_or_else(|| told.clone(), |message| format!("{message}; {told}"));
                Entry { message: Some(message), ..entry }
            }
            Err(error) => {
                tracing::warn!(container = %record.unit, "{}: who else starts from its tag is not known: {error}", record.unit);
                entry
            }
        }
    }

    async fn taken_back(&self, record: &Record) -> Result<Vec<String>, CycleError> {
        let Some(member) = record.members.first() else { return Ok(Vec::new()) };
        let tag = self.engine.image(&member.reference.to_string()).await?.map(|image| image.id());
        if tag.as_ref() != Some(&member.old_image) {
            return Ok(Vec::new());
        }
        let survey = self.survey().await?;
        let mut names = SharedTags::of(&survey, self.config).names(&member.reference, &member.name);
        names.retain(|name| survey.containers.iter().any(|c| c.name() == name && Some(c.image_id()) == member.new_image));
        Ok(names)
    }

    /// What the next start of a container's unit brings, if that is not what runs.
    pub(super) async fn next_start(&self, survey: &Survey, container: &Container) -> Result<Option<ImageId>, CycleError> {
        let unit = container.label(SERVICE_LABEL).and_then(|name| survey.services.get(name));
        let is_made = unit.is_some_and(|unit| unit.is_loaded() && unit.makes(container.name()) && !ServiceState::pulls(unit));
        let Some(reference) = container.image_typed().parse::<Reference>().ok().filter(|_| is_made) else { return Ok(None) };
        let tagged = self.engine.image(&reference.to_string()).await?.as_ref().map(Image::id);
        Ok(tagged.filter(|tagged| *tagged != container.image_id()))
    }
}
