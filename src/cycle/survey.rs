//! Inventory and freshness: what runs, what is new, and the plan that follows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::future::{FutureExt, join_all};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::{Answers, Cycle, CycleError, Request};
use crate::clock::{Clock, sign_of_life};
use crate::engine::{Engine, EngineError};
use crate::model::{Container, Digest, Image, ImageId, Listed, Reference, SERVICE_LABEL, ServiceState, Warning};
use crate::plan::{self, Candidate, Known, Plan, Planned, Reason, SharedTags, Survey, Unanswered};
use crate::policy::Follows;
use crate::registry::{Registry, RegistryError};
use crate::rotation::Stage;
use crate::store::{Store, StoreError};

/// References asked of registries at the same time.
const AT_ONCE: usize = 8;
/// Documents asked of the engine at the same time: a host of a thousand containers is seen in seconds, over as many connections at most.
pub(super) const LOOKS_AT_ONCE: usize = 16;
/// Rotations of a container that are looked through for a digest that the engine has forgotten.
const REMEMBERED: usize = 20;

impl Cycle<'_> {
    /// What would be done now for such a request. Asks engine and registry, changes nothing.
    pub async fn plan(&self, request: &Request) -> Result<Plan, CycleError> {
        let survey = self.survey().await?;
        self.plan_with(request, survey, |reference, digest| Ok(self.seen_since(reference, digest)?)).await
    }

    /// The same, and notes what each reference points to: from here on `min_age` counts. Images that the engine has dropped are pulled again, and
    /// pins that were left go.
    pub(super) async fn plan_and_note(&self, request: &Request) -> Result<Plan, CycleError> {
        let note = |reference: &Reference, digest: &Digest| match self.store.saw(reference, digest, self.clock.at()) {
            Ok(since) => Ok(Some(since)),
            // Not to wait less is all that depends on it.
            Err(error) => {
                tracing::warn!("cannot note what {reference} points to: {error}");
                Ok(None)
            }
        };
        let survey = self.survey().await?;
        let survey = self.restore(survey, request).await?;
        if !request.is_dry_run {
            self.remove_left_pins(&survey).await;
            self.remove_left_drop_ins(&survey).await;
        }
        self.plan_with(request, survey, note).await
    }

    async fn plan_with(
        &self,
        request: &Request,
        survey: Survey,
        seen_since: impl Fn(&Reference, &Digest) -> Result<Option<Timestamp>, CycleError>,
    ) -> Result<Plan, CycleError> {
        // The container of a unit that has failed is gone; what became of the unit its open rotation tells.
        let open = self.store.open_rotations()?;
        let is_unit = |name: &String| open.iter().any(|record| record.service().is_some() && record.unit == *name);
        let is_known = |name: &String| survey.stuck.contains(name) || survey.find(name).is_some() || is_unit(name);
        if let Some(name) = request.names.iter().find(|name| !is_known(name)) {
            return Err(CycleError::NoSuchContainer { name: name.clone() });
        }
        if let Some(fault) = self.registry.fault() {
            return Err(CycleError::Credentials(fault));
        }
        let (candidates, mut skipped) = plan::select(&survey, self.config, &request.names);
        self.lend(&candidates).await;
        let tags = SharedTags::of(&survey, self.config);
        let answers = ask(self.registry, self.clock, &candidates).await;
        let not_followed = not_followed(&candidates);
        let mut since = HashMap::new();
        for (reference, digest) in answers.iter().filter_map(|(reference, answer)| Some((reference, answer.as_ref().ok()?))) {
            since.insert(reference, seen_since(reference, digest)?);
        }
        let mut rotations = Vec::new();
        for candidate in candidates {
            let (answer, since) = match candidate.policy.follows {
                Follows::Local => (self.local_digest(&candidate.reference).await, None),
                Follows::Registry => (
                    answers.get(&candidate.reference).cloned().unwrap_or(Err(Reason::NoDigest)),
                    since.get(&candidate.reference).copied().flatten(),
                ),
            };
            let known = self.known(&survey, &candidate, answer.as_ref().ok(), since, request)?;
            match self.fresh(&candidate, answer, &known).await {
                Ok(digest) => rotations.push(Planned { candidate, digest, pulled_as: known.pulled_as, also_moves: Vec::new() }),
                Err(reason) => skipped.push(candidate.skip(reason)),
            }
        }
        Ok(Plan { not_followed, limits: self.registry.limits(), ..plan::order(rotations, skipped, &tags) })
    }

    /// See [`plan::freshness`]; and what was made here and not pushed is not replaced by what a registry has under its name.
    pub(super) async fn fresh(&self, candidate: &Candidate, answer: Result<Digest, Reason>, known: &Known) -> Result<Digest, Reason> {
        let newer = plan::freshness(candidate, answer, known)?;
        let is_by_registry = candidate.policy.follows == Follows::Registry;
        let Some(made_here) = candidate.image.digest_made_here().filter(|_| is_by_registry) else { return Ok(newer) };
        match self.registry.has(&candidate.reference, &made_here).await {
            Ok(true) => Ok(newer),
            Ok(false) => Err(Reason::NoDigest),
            Err(error) => Err(held(error)),
        }
    }

    /// The digest of what the engine's own tag points to, for a container that follows that.
    pub(super) async fn local_digest(&self, reference: &Reference) -> Result<Digest, Reason> {
        let unresolved = |message, help: &str| Reason::Unresolved { message, help: help.to_owned() };
        let no_digest =
            || unresolved(format!("this engine gives {reference} no digest, as it was made here"), "push it, and follow the registry");
        match self.engine.image(&reference.to_string()).await {
            Ok(Some(image)) => image.digests_of(reference).into_iter().next().ok_or_else(no_digest),
            Ok(None) => Err(unresolved(format!("the engine has no image {reference}"), "build it, load it, pull it, or tag one as it")),
            Err(error) => Err(unresolved(error.to_string(), "the next run looks again")),
        }
    }

    /// Since when a reference points to this digest, as far as a run has seen it.
    pub(super) fn seen_since(&self, reference: &Reference, digest: &Digest) -> Result<Option<Timestamp>, StoreError> {
        let sighting = self.store.sighting(reference)?.filter(|sighting| sighting.digest == *digest);
        Ok(sighting.map(|sighting| sighting.first_at))
    }

    /// What the store says of a candidate and the digest that the registry gave.
    pub(super) fn known(
        &self,
        survey: &Survey,
        candidate: &Candidate,
        digest: Option<&Digest>,
        seen_since: Option<Timestamp>,
        request: &Request,
    ) -> Result<Known, StoreError> {
        let is_equal = match digest {
            Some(digest) => self.store.is_equal(&candidate.image.id(), &candidate.reference, digest)?,
            None => false,
        };
        let refused = if request.is_retry { None } else { self.refused(survey, candidate, digest)? };
        let has_digest = !candidate.image.digests_of(&candidate.reference).is_empty();
        let pulled_as = if has_digest { None } else { self.pulled_as(candidate)? };
        Ok(Known { refused, is_equal, pulled_as, seen_since, at: self.clock.at(), is_any_age: request.is_any_age })
    }

    /// The digest of a candidate's image as the rotations remember it. `docker image prune -a` by another hand takes the digests of an image that runs along
    /// with its tag as soon as it has another name, such as our pin (seen on Docker 26.1).
    fn pulled_as(&self, candidate: &Candidate) -> Result<Option<Digest>, StoreError> {
        let image = candidate.image.id();
        let records = self.store.history(Some(candidate.container.name()), REMEMBERED)?;
        let members = records.iter().flat_map(|record| &record.members).filter(|member| member.reference == candidate.reference);
        let mut digests = members.filter_map(|member| match &member.new_image {
            Some(new) if *new == image => Some(&member.digest),
            _ if member.old_image == image => member.old_digest.as_ref(),
            _ => None,
        });
        Ok(digests.next().cloned())
    }

    /// What is so about the whole engine and a person should know. One that cannot be asked is not warned about.
    pub async fn warning(&self) -> Option<Warning> {
        match self.engine.services()?.warning().await {
            Ok(warning) => warning,
            Err(error) => {
                tracing::debug!("{error}");
                None
            }
        }
    }

    /// Looks at every container and the images that they run.
    pub(super) async fn survey(&self) -> Result<Survey, CycleError> {
        let now = self.clock.at();
        let holds = self.store.holds()?.into_iter().filter(|hold| hold.is_in_force(now));
        let survey = survey(self.engine, self.store, self.clock).await?;
        let holds = holds.map(|hold| (hold.name.clone(), hold)).collect();
        let (takes_stop_signal, has_fixed_policies) = (self.engine.takes_stop_signal(), !self.engine.changes_restart_policy());
        let kept_from = self.kept_from(&survey)?;
        Ok(Survey { kept_from, holds, takes_stop_signal, has_fixed_policies, ..survey })
    }
}

/// Each answer is a sign of life: a thousand containers of an engine that takes its time take longer than a pass may be silent.
async fn survey(engine: &dyn Engine, store: &dyn Store, clock: &dyn Clock) -> Result<Survey, CycleError> {
    let records = store.open_rotations()?;
    let mut survey = Survey {
        known: records.iter().map(|record| record.id.clone()).collect(),
        stuck: records.iter().filter(|record| record.stage != Stage::Kept).map(|record| record.unit.clone()).collect(),
        ..Survey::default()
    };
    let listed = engine.containers().await?;
    let looks = stream::iter(listed).map(|listed| look(engine, listed).boxed());
    let mut looks = looks.buffered(LOOKS_AT_ONCE);
    while let Some((answer, listed)) = looks.next().await {
        sign_of_life(clock);
        match answer {
            Ok(Some(container)) => survey.containers.push(container),
            Ok(None) => {} // it went away between the two calls
            // What hangs or is broken is one container's, as long as the engine tells of others.
            Err(error) if !error.is_of_the_engine() && survey.unanswered.len() < LOOKS_AT_ONCE => {
                tracing::warn!(container = %listed.name, "{}: {error}", listed.name);
                survey.unanswered.push(Unanswered { listed, message: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    let pods: BTreeSet<_> = survey.containers.iter().filter_map(Container::pod).map(str::to_owned).collect();
    for pod in pods {
        match engine.stops_with_last_member(&pod).await {
            Ok(false) => {}
            Ok(true) => drop(survey.stopping_pods.insert(pod)),
            Err(error) if error.is_of_the_engine() => return Err(error.into()),
            Err(error) => {
                tracing::warn!("{error}");
                survey.stopping_pods.insert(pod);
            }
        }
    }
    look_at_services(engine, &mut survey).await;
    let ids: BTreeSet<_> = survey.containers.iter().map(|c| c.image_id()).collect();
    let mut looks = stream::iter(ids).map(|id| look_at_image(engine, id).boxed()).buffered(LOOKS_AT_ONCE);
    while let Some((answer, id)) = looks.next().await {
        sign_of_life(clock);
        match answer {
            Ok(image) => survey.images.extend(image.map(|image| (id, image))),
            Err(error) if !error.is_of_the_engine() && survey.unanswered_images.len() < LOOKS_AT_ONCE => {
                tracing::warn!("{error}");
                survey.unanswered_images.insert(id, error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(survey)
}

async fn look(engine: &dyn Engine, listed: Listed) -> (Result<Option<Container>, EngineError>, Listed) {
    (engine.container(listed.id.as_str()).await, listed)
}

/// All units of systemd at once. Without systemd their containers are held, and nothing else.
async fn look_at_services(engine: &dyn Engine, survey: &mut Survey) {
    let names: BTreeSet<String> = survey.containers.iter().filter_map(|container| container.labels().remove(SERVICE_LABEL)).collect();
    // What cannot be a unit's name is no unit, and would spoil the question.
    let (names, nobodys): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| ServiceState::may_be_called(name));
    let Some(services) = engine.services() else { return };
    survey.manager = services.manager().await.unwrap_or_default();
    // Of those nothing is known where systemd cannot be asked: a container without a label is nobody's then.
    survey.started_by_name = services.started_by_name().await.unwrap_or_else(|error| {
        tracing::debug!("whether a unit starts a container by its name is not known: {error}");
        Vec::new()
    });
    match services.show(&names).await {
        Ok(states) => survey.services = names.into_iter().zip(states).collect(),
        Err(error) => survey.no_services = Some(error.to_string()),
    }
    // Among them those that fetch images.
    let required = survey.services.values().flat_map(|state| state.requires.iter().cloned());
    let required: BTreeSet<String> =
        required.filter(|name| ServiceState::may_be_called(name) && !survey.services.contains_key(name)).collect();
    let required: Vec<String> = required.into_iter().collect();
    match services.show(&required).await {
        Ok(states) => survey.services.extend(required.into_iter().zip(states)),
        Err(error) => (survey.services, survey.no_services) = (BTreeMap::new(), Some(error.to_string())),
    }
    survey.services.extend(nobodys.into_iter().map(|name| (name.clone(), ServiceState::absent(name))));
}

async fn look_at_image(engine: &dyn Engine, id: ImageId) -> (Result<Option<Image>, EngineError>, ImageId) {
    (engine.image(id.as_str()).await, id)
}

/// Asks for each reference that a registry is followed for once. A registry that does not answer holds its own containers and nothing else.
async fn ask(registry: &dyn Registry, clock: &dyn Clock, candidates: &[Candidate]) -> Answers {
    let of_registries = candidates.iter().filter(|candidate| candidate.policy.follows == Follows::Registry);
    let references: BTreeSet<&Reference> = of_registries.map(|candidate| &candidate.reference).collect();
    let references: Vec<&Reference> = references.into_iter().collect();
    let mut answers: HashMap<Reference, Result<Digest, RegistryError>> = HashMap::new();
    for some in references.chunks(AT_ONCE) {
        let asked = some.iter().map(|&reference| resolve(registry, clock, reference.clone()).boxed());
        answers.extend(join_all(asked).await);
    }
    hold_limited_hosts(&mut answers);
    answers.into_iter().map(|(reference, answer)| (reference, answer.map_err(held))).collect()
}

/// Each answer is a sign of life: a thousand that do not come take three quarters of an hour, and eight of one slow host and its mirrors a quarter.
async fn resolve(registry: &dyn Registry, clock: &dyn Clock, reference: Reference) -> (Reference, Result<Digest, RegistryError>) {
    let answer = registry.resolve(&reference).await;
    sign_of_life(clock);
    (reference, answer)
}

/// Asks for one reference alone.
pub(super) async fn ask_one(registry: &dyn Registry, reference: &Reference) -> Result<Digest, Reason> {
    registry.resolve(reference).await.map_err(held)
}

fn held(error: RegistryError) -> Reason {
    let (message, help) = (error.to_string(), error.help());
    match error {
        RegistryError::Blocked { .. } => Reason::Blocked { message, help },
        _ => Reason::Unresolved { message, help },
    }
}

/// A host that said «too many requests» is not asked for a pull either, whatever it had answered before.
fn hold_limited_hosts(answers: &mut HashMap<Reference, Result<Digest, RegistryError>>) {
    let limits = answers.iter().filter_map(|(reference, answer)| match answer {
        Err(error @ RegistryError::TooManyRequests { .. }) => Some((reference.registry().to_owned(), error.clone())),
        _ => None,
    });
    let limits: HashMap<String, RegistryError> = limits.collect();
    for (reference, answer) in answers.iter_mut() {
        if let Some(error) = limits.get(reference.registry()) {
            *answer = Err(error.clone());
        }
    }
}

/// Named, and told once a pass: a person who comes from Watchtower must know what does not count here.
fn not_followed(candidates: &[Candidate]) -> BTreeMap<String, Vec<String>> {
    let some = candidates.iter().filter(|candidate| !candidate.policy.not_followed.is_empty());
    let all: BTreeMap<_, _> = some.map(|c| (c.container.name().to_owned(), c.policy.not_followed.clone())).collect();
    for (name, labels) in &all {
        tracing::info!(container = %name, "{name}: rotate does not follow {}", labels.join(", "));
    }
    all
}
