//! Which containers are wanted and can be rotated at all; for each other one, why not.

use std::collections::{BTreeMap, BTreeSet};

use super::along::{self, NotAlong};
use super::hold::{given_name, is_leftover, rotatable};
use super::pods;
use super::service::owner;
use super::shared_tag::SharedTags;
use super::ties::Ties;
use super::{PodTie, Reason};
use crate::config::{Config, FailurePolicy, Mode};
use crate::model::{
    Container, ContainerId, Hold, Image, ImageId, Listed, Manager, Named, Reference, RestartPolicy, RotationId, Service, ServiceState,
    Status,
};
use crate::policy::{Policy, Selection, policy};
use crate::spec;

/// Everything that the engine showed.
#[derive(Debug, Default)]
pub struct Survey {
    /// All containers, running or not, but those without an answer.
    pub containers: Vec<Container>,
    /// Those that the engine lists and tells nothing of.
    pub unanswered: Vec<Unanswered>,
    /// The images that they run.
    pub images: BTreeMap<ImageId, Image>,
    /// Those of them that the engine tells nothing of, and what it said instead.
    pub unanswered_images: BTreeMap<ImageId, String>,
    /// Images that they run and the engine does not show, and why they could not be pulled again.
    pub lost: BTreeMap<ImageId, String>,
    /// Rotations that the store knows and that are not closed.
    pub known: BTreeSet<RotationId>,
    /// Units whose open rotation waits for a person.
    pub stuck: BTreeSet<String>,
    /// Holds that are in force, by the name that they hold.
    pub holds: BTreeMap<String, Hold>,
    /// Pods that stop with their last member.
    pub stopping_pods: BTreeSet<String>,
    /// The engine can stop a container with another signal than its own.
    pub takes_stop_signal: bool,
    /// The engine cannot change a restart policy.
    pub has_fixed_policies: bool,
    /// Quadlet reads no drop-ins beside its files.
    pub has_no_drop_ins: bool,
    /// What units of systemd start, make or remove by name or id.
    pub named: Vec<Named>,
    /// Why nobody could say which those are.
    pub unknown_starters: Option<String>,
    /// The units of systemd that containers name as their owners, by name.
    pub services: BTreeMap<String, ServiceState>,
    /// What containers follow whose unit is kept on an image by a drop-in of ours, by name.
    pub kept_from: BTreeMap<String, Reference>,
    /// Whose they are.
    pub manager: Manager,
    /// Why systemd could not be asked.
    pub no_services: Option<String>,
}

/// A container that is known from the engine's list only.
#[derive(Debug)]
pub struct Unanswered {
    /// What the list says.
    pub listed: Listed,
    /// What the engine said when it was asked for more.
    pub message: String,
}

/// A container that may be rotated if there is something newer.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The container.
    pub container: Container,
    /// The image that it runs.
    pub image: Image,
    /// The reference that it follows.
    pub reference: Reference,
    /// What is to be done with it.
    pub policy: Policy,
    /// A newer image is told and nothing done: its policy says so, and nobody has named it.
    pub is_watched: bool,
    /// The unit of systemd that makes it, where one does.
    pub service: Option<Service>,
    /// Those that require it, directly or not.
    pub dependents: Vec<Candidate>,
}

/// A container that is not rotated.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Its image as typed.
    pub image: String,
    /// Why not.
    pub reason: Reason,
}

impl Candidate {
    /// The same container, not rotated after all.
    pub fn skip(&self, reason: Reason) -> Skipped {
        Skipped { name: self.container.name().to_owned(), image: self.reference.to_string(), reason }
    }
}

impl Survey {
    /// The name of the container that a person means by `typed`.
    pub fn find(&self, typed: &str) -> Option<&str> {
        let answered = self.containers.iter().find(|c| is_named(c, typed)).map(Container::name);
        let mut listed = self.unanswered.iter().map(|c| &c.listed);
        answered.or_else(|| listed.find(|c| means(typed, &c.id, &c.name)).map(|c| c.name.as_str()))
    }

    /// The image of a container as its own file says it.
    pub fn follows(&self, container: &Container) -> String {
        self.kept_from.get(container.name()).map_or_else(|| container.image_typed().to_owned(), ToString::to_string)
    }

    /// True if a rotation that the store knows gave it this name.
    pub fn is_of_a_rotation(&self, name: &str) -> bool {
        given_name(name).is_some_and(|(_, id)| self.known.contains(&id))
    }

    fn is_served(&self, name: &str) -> bool {
        // Of one without an answer nobody may say that it is down.
        self.containers.iter().any(|c| c.name() == name && c.status().is_active()) || self.unanswered.iter().any(|c| c.listed.name == name)
    }
}

/// Sorts all containers. With `names`, only these are wanted, opted in or not, also those that are watched only; but not
/// against a person's hold.
pub fn select(survey: &Survey, config: &Config, names: &[String]) -> (Vec<Candidate>, Vec<Skipped>) {
    let ties = Ties::of(&survey.containers, &survey.unanswered);
    let tags = SharedTags::of(survey, config);
    let mut candidates = Vec::new();
    // Who names a unit means also what a rotation of it left.
    let is_unit = |name: &str, own: &str| given_name(own).is_some_and(|(unit, _)| unit == name);
    let is_meant = |id: &ContainerId, own: &str| names.is_empty() || names.iter().any(|name| means(name, id, own) || is_unit(name, own));
    let dependent = |container: &Container| match sorted_by_name(survey, container) {
        Err(reason) => Err(reason),
        Ok(()) => candidate(survey, config, (&ties, &tags), container, !names.is_empty() && is_meant(&container.id(), container.name())),
    };
    let is_listed = |c: &Listed| is_meant(&c.id, &c.name) && !survey.is_of_a_rotation(&c.name);
    let no_answer = |Unanswered { listed, message }: &Unanswered| {
        let reason = Reason::NoAnswer { message: message.clone() };
        Skipped { name: listed.name.clone(), image: listed.image.clone(), reason }
    };
    let mut skipped: Vec<_> = survey.unanswered.iter().filter(|c| is_listed(&c.listed)).map(no_answer).collect();
    for container in &survey.containers {
        if !is_meant(&container.id(), container.name()) {
            continue;
        }
        if survey.is_of_a_rotation(container.name()) {
            continue;
        }
        let sorted = sorted_by_name(survey, container)
            .and_then(|()| candidate(survey, config, (&ties, &tags), container, !names.is_empty()))
            .and_then(|candidate| with_dependents(survey, candidate, &ties, dependent));
        match sorted {
            Ok(candidate) => candidates.push(candidate),
            Err(reason) => {
                skipped.push(Skipped { name: container.name().to_owned(), image: container.image_typed().to_owned(), reason });
            }
        }
    }
    (candidates, skipped)
}

/// Why it is not looked at any further, by its name alone.
fn sorted_by_name(survey: &Survey, container: &Container) -> Result<(), Reason> {
    match given_name(container.name()) {
        Some((unit, _)) => Err(Reason::Orphan { of: unit.to_owned(), is_served: survey.is_served(unit) }),
        None if is_leftover(container, &survey.containers) => Err(Reason::Leftover),
        None if survey.stuck.contains(container.name()) => Err(Reason::Stuck),
        None => Ok(()),
    }
}

/// True if a person who types `name` means this container.
pub fn is_named(container: &Container, name: &str) -> bool {
    means(name, &container.id(), container.name())
}

/// The same of one that the engine lists.
pub fn is_listed(listed: &Listed, name: &str) -> bool {
    means(name, &listed.id, &listed.name)
}

fn means(typed: &str, id: &ContainerId, name: &str) -> bool {
    name == typed.trim_start_matches('/') || (typed.len() >= 12 && id.as_str().starts_with(typed))
}

fn candidate(
    survey: &Survey,
    config: &Config,
    (ties, tags): (&Ties<'_>, &SharedTags),
    container: &Container,
    is_named: bool,
) -> Result<Candidate, Reason> {
    let image = survey.images.get(&container.image_id());
    let image_labels = image.map(Image::labels).unwrap_or_default();
    let policy = policy(config, &container.labels(), &image_labels).map_err(Reason::BadLabel)?;
    if policy.selection == Selection::OptedOut {
        return Err(Reason::OptedOut);
    }
    if let Some(hold) = survey.holds.get(container.name()) {
        return Err(Reason::OnHold(hold.clone()));
    }
    if !policy.selection.takes(is_named) {
        return Err(Reason::NotSelected);
    }
    let has_owner = container.status() == Status::Running && !container.is_infra();
    let service = if has_owner { owner(survey, container)? } else { None };
    let typed = rotatable(container, ties, service.as_ref().and_then(|service| survey.services.get(&service.name)))?;
    let reference = survey.kept_from.get(container.name()).cloned().unwrap_or(typed);
    pods::check(survey, container, service.as_ref())?;
    if let Some(message) = survey.unanswered_images.get(&container.image_id()) {
        return Err(Reason::NoAnswer { message: message.clone() });
    }
    let gone = || Reason::ImageGone { message: survey.lost.get(&container.image_id()).cloned() };
    let image = image.ok_or_else(gone)?.clone();
    if image.is_blank() {
        return Err(Reason::ImageBlank);
    }
    if survey.has_fixed_policies && service.is_none() && container.restart_policy() != Some(RestartPolicy::No) {
        return Err(Reason::FixedRestartPolicy);
    }
    if let Some(signal) = policy.stop_signal.as_ref().filter(|_| !survey.takes_stop_signal || service.is_some()) {
        return Err(Reason::StopSignal { signal: signal.clone() });
    }
    if service.is_none()
        && let Some(error) = spec::cannot_repeat(container.document())
    {
        return Err(Reason::NotRepeatable { message: error.to_string() });
    }
    if let Some(reason) = tags.reason(&reference, container) {
        return Err(reason);
    }
    let is_watched = policy.mode == Mode::Watch && !is_named;
    Ok(Candidate { container: container.clone(), image, reference, policy, is_watched, service, dependents: Vec::new() })
}

/// With all that would start it by its id; one of a unit of systemd has none but those that its unit restarts.
fn with_dependents(
    survey: &Survey,
    candidate: Candidate,
    ties: &Ties<'_>,
    dependent: impl Fn(&Container) -> Result<Candidate, Reason>,
) -> Result<Candidate, Reason> {
    if candidate.service.is_some() {
        return Ok(candidate);
    }
    let mut dependents = Vec::new();
    for container in ties.dependents(&candidate.container) {
        let not = |why| Reason::RequiredBy { by: container.name().to_owned(), why };
        if survey.is_of_a_rotation(container.name()) {
            return Err(not(NotAlong::PutAside));
        }
        let other = dependent(container).map_err(|reason| not(NotAlong::Held(Box::new(reason))))?;
        along::check(&other).map_err(not)?;
        dependents.push(other);
    }
    if !dependents.is_empty() && candidate.policy.on_failure == FailurePolicy::Stay {
        return Err(Reason::RequiredBy { by: dependents[0].container.name().to_owned(), why: NotAlong::Stays });
    }
    let all: Vec<&Container> = dependents.iter().chain([&candidate]).map(|candidate| &candidate.container).collect();
    if all.len() > 1 && pods::stops_without(survey, &all) {
        return Err(Reason::InPod(PodTie::Last));
    }
    Ok(Candidate { dependents, ..candidate })
}
