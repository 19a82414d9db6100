//! Members of pods: one is replaced in its pod while the others run, and the container that holds it together is never touched.

use super::service::owner;
use super::{PodTie, Reason, Survey, Unready};
use crate::model::{Container, Service};

/// Why this member of a pod cannot be replaced in it.
///
/// With exit policy `stop` a pod stops a moment after its last member does. A member that is started in that moment is stopped with it, or not
/// started at all («cannot get namespace path unless container … is running»; one time in twelve on 5.4.2), so that nobody could go back to the
/// predecessor.
pub fn check(survey: &Survey, container: &Container) -> Result<(), Reason> {
    let Some(pod) = container.pod() else { return Ok(()) };
    let others = || survey.containers.iter().filter(|other| other.pod() == Some(pod) && other.id() != container.id());
    let infra = others().find(|other| other.is_infra());
    for of_the_pod in infra.into_iter().chain([container]) {
        if let Some(Service { name: unit, .. }) = owner(survey, of_the_pod)? {
            return Err(Reason::OwnedByUnit { unit, why: Unready::OtherKind });
        }
    }
    if container.is_made_through_api() {
        return Err(Reason::InPod(PodTie::MadeThroughApi));
    }
    let is_alone = || !others().any(|other| !other.is_infra() && other.state().is_active());
    if infra.is_some() && survey.stopping_pods.contains(pod) && is_alone() {
        return Err(Reason::InPod(PodTie::Last));
    }
    Ok(())
}
