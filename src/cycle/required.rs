//! What another hand has made since a rotation, and made require what that brought.

use super::{Cycle, CycleError};
use crate::model::Container;
use crate::rotation::{Record, Stage};

impl Cycle<'_> {
    /// A container that requires (`podman run --requires`) a successor and does not go back with it: its engine would start that one beside its
    /// predecessor, by its id, and not remove it.
    pub(super) async fn required_by_another(&self, record: &Record) -> Result<Option<String>, CycleError> {
        let successors: Vec<&str> = record.members.iter().filter_map(|member| Some(member.successor.as_ref()?.as_str())).collect();
        let Some(first) = successors.first() else { return Ok(None) };
        let is_of_podman = self.engine.container(first).await?.is_some_and(|container| container.is_of_podman());
        if !is_of_podman || record.service().is_some() {
            return Ok(None);
        }
        for listed in self.engine.containers().await? {
            let found = match self.engine.container(listed.id.as_str()).await {
                Err(error) if !error.is_of_the_engine() => continue,
                answer => answer?,
            };
            let is_meant = |container: &Container| container.requires().iter().any(|id| successors.contains(id));
            let is_member = |id: &str| successors.contains(&id) || record.members.iter().any(|member| member.predecessor.as_str() == id);
            if found.as_ref().is_some_and(is_meant) && !is_member(listed.id.as_str()) {
                return Ok(Some(listed.name));
            }
        }
        Ok(None)
    }

    /// One that would go back after its proof does not where another requires it: it is told instead.
    pub(super) async fn stays_for_another(&self, record: &mut Record) -> Result<(), CycleError> {
        if record.stage != Stage::Kept || !record.terms.returns_late {
            return Ok(());
        }
        if let Some(by) = self.required_by_another(record).await? {
            tracing::debug!(rotation = %record.id, container = %record.unit, "{}: it would not go back by itself, as `{by}` requires it", record.unit);
            record.terms.returns_late = false;
        }
        Ok(())
    }
}
