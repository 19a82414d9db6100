//! Drop-ins of ours beside units of systemd, which keep these from pulling what was refused here; and those that are not needed any more.

use std::path::PathBuf;

use super::{Cycle, CycleError};
use crate::model::{Container, SERVICE_LABEL};
use crate::plan::{self, Survey};
use crate::rotation::{self, Stage};

impl Cycle<'_> {
    /// Where the drop-in is that keeps this container's unit from pulling; none if there is none.
    pub(super) fn drop_in(&self, survey: &Survey, container: &Container) -> Option<PathBuf> {
        let (services, unit) = (self.engine.services()?, container.labels().remove(SERVICE_LABEL)?);
        plan::drop_in(survey.services.get(&unit)?).filter(|path| services.has_file(path))
    }

    /// Removes those of containers for which nothing is refused any more, and whose rotation is over. What does not work now is left to the next pass.
    pub(super) async fn remove_left_drop_ins(&self, survey: &Survey) {
        for container in &survey.containers {
            let Some(path) = self.drop_in(survey, container) else { continue };
            match self.is_needed(container.name()) {
                Ok(true) => {}
                Ok(false) => {
                    tracing::info!(container = %container.name(), "remove {}: nothing is refused for `{}` any more", path.display(), container.name());
                    if let Err(error) = rotation::remove_drop_in(self.engine, &path).await {
                        tracing::warn!(container = %container.name(), "{} stays: {error}", path.display());
                    }
                }
                Err(error) => tracing::warn!("drop-ins stay: {error}"),
            }
        }
    }

    fn is_needed(&self, name: &str) -> Result<bool, CycleError> {
        let is_open = |record: &rotation::Record| record.unit == name && record.stage != Stage::Kept;
        Ok(self.store.refused(name)?.is_some() || self.store.open_rotations()?.iter().any(is_open))
    }
}
