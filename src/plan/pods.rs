//! Members of pods: one is replaced in its pod while the others run, and the container that holds it together is never touched.

use super::service::{held, loaded, standing};
use super::{PodTie, Reason, Survey, Unready};
use crate::model::{Container, Service};

/// Why this member of a pod cannot be replaced in it, be it by us or by the unit of systemd that makes it.
///
/// With exit policy `stop` a pod stops a moment after its last member does. A member that is started in that moment is stopped with it, or not
/// started at all («cannot get namespace path unless container … is running»; one time in twelve on 5.4.2), so that nobody could go back to the
/// predecessor. Where systemd makes both, it drops the member's start with the pod, and the next one brings up the pod and all units in it.
pub fn check(survey: &Survey, container: &Container, service: Option<&Service>) -> Result<(), Reason> {
    let Some(pod) = container.pod() else { return Ok(()) };
    let others = || survey.containers.iter().filter(|other| other.pod() == Some(pod) && other.id() != container.id());
    let infra = others().find(|other| other.is_infra());
    let pods_unit = infra.map_or(Ok(None), |infra| loaded(survey, infra))?;
    if let Some(unit) = pods_unit {
        let Some(own) = service else { return held(survey, &unit.name, Unready::OtherKind) };
        // A file of Kubernetes: its unit makes the pod as well.
        if unit.name == own.name {
            return Ok(());
        }
        if survey.services.get(&own.name).is_some_and(|own| own.dependents.contains(&unit.name)) {
            return held(survey, &own.name, Unready::TakesPodAlong { pod: unit.name.clone() });
        }
        if let Some(why) = standing(unit) {
            return held(survey, &unit.name, why);
        }
    } else if service.is_none() && container.is_made_through_api() {
        return Err(Reason::InPod(PodTie::MadeThroughApi));
    }
    let is_alone = || !others().any(|other| !other.is_infra() && other.status().is_active());
    if infra.is_none() || !survey.stopping_pods.contains(pod) || !is_alone() {
        return Ok(());
    }
    let (Some(unit), Some(own)) = (pods_unit, service) else { return Err(Reason::InPod(PodTie::Last)) };
    // What is down would be started with the pod, what hangs on the pod not be, and what no unit makes is removed with it.
    let is_all = unit.dependents.iter().all(|other| *other == own.name) && !others().any(|other| !other.is_infra());
    if is_all { Ok(()) } else { Err(Reason::InPod(PodTie::LastThatRuns { unit: unit.name.clone() })) }
}

/// The same of several members that are down at once: true if their pod would stop, as no other member of it runs.
pub fn stops_without(survey: &Survey, members: &[&Container]) -> bool {
    members.iter().filter_map(|member| member.pod()).any(|pod| {
        let of_the_pod = survey.containers.iter().filter(|c| c.pod() == Some(pod));
        let has_infra = of_the_pod.clone().any(Container::is_infra);
        let is_left = |c: &Container| !c.is_infra() && c.status().is_active() && members.iter().all(|member| member.id() != c.id());
        has_infra && survey.stopping_pods.contains(pod) && !of_the_pod.clone().any(is_left)
    })
}
