//! A name that no container has any more: with a unit of systemd that has failed went its container, which it had made with `--rm`.

use super::{Cycle, CycleError};
use crate::engine::Services;
use crate::model::{Activity, Service};
use crate::plan::{Reason, Skipped, Survey, Unready};

impl Cycle<'_> {
    /// What is said of such a name, where it is that of a container whose last rotation was by a unit that has failed since.
    ///
    /// Errors: [`CycleError::NoSuchContainer`] for any other.
    pub(super) async fn gone(&self, survey: &Survey, name: &str) -> Result<Skipped, CycleError> {
        let last = self.store.history(Some(name), 1)?.pop();
        let service = last.as_ref().and_then(|record| record.service());
        let (Some(service), Some(services)) = (service, self.engine.services()) else { return Err(no_such(name)) };
        if !has_failed(services, service).await {
            return Err(no_such(name));
        }
        let image = last.as_ref().and_then(|record| record.members.first()).map(|member| member.reference.to_string());
        let reason = Reason::OwnedByUnit { unit: service.name.clone(), why: Unready::Failed, manager: survey.manager.clone() };
        Ok(Skipped { name: name.to_owned(), image: image.unwrap_or_default(), reason })
    }
}

/// Where systemd cannot be asked, nothing is known of it.
async fn has_failed(services: &dyn Services, service: &Service) -> bool {
    match services.show(std::slice::from_ref(&service.name)).await {
        Ok(states) => states.first().is_some_and(|state| state.activity == Activity::Failed),
        Err(error) => {
            tracing::debug!("how {} stands is not known: {error}", service.name);
            false
        }
    }
}

fn no_such(name: &str) -> CycleError {
    CycleError::NoSuchContainer { name: name.to_owned() }
}
