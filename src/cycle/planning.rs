//! Freshness: what is new for what runs, and the plan that follows.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::asking::{ask, held};
use super::{Cycle, CycleError, Request};
use crate::model::{ContainerId, Digest, Reference};
use crate::plan::{self, Candidate, Known, Plan, Planned, Reason, SharedTags, Survey};
use crate::policy::Follows;
use crate::rotation;
use crate::store::StoreError;

/// Rotations of a container that are looked through for a digest that the engine has forgotten.
const REMEMBERED: usize = 20;

impl Cycle<'_> {
    /// What would be done now for such a request. Asks engine and registry, changes nothing.
    pub async fn plan(&self, request: &Request) -> Result<Plan, CycleError> {
        let survey = self.survey().await?;
        self.plan_with(request, &survey, |reference, digest| Ok(self.seen_since(reference, digest)?)).await
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
        }
        let plan = self.plan_with(request, &survey, note).await?;
        if !request.is_dry_run {
            self.remove_left_drop_ins(&survey, &plan).await;
        }
        Ok(plan)
    }

    async fn plan_with(
        &self,
        request: &Request,
        survey: &Survey,
        seen_since: impl Fn(&Reference, &Digest) -> Result<Option<Timestamp>, CycleError>,
    ) -> Result<Plan, CycleError> {
        // The container of a unit that has failed is gone; what became of the unit its open rotation tells, or systemd.
        let open = self.store.open_rotations()?;
        let is_unit = |name: &String| open.iter().any(|record| record.service().is_some() && record.unit == *name);
        let is_known = |name: &String| survey.stuck.contains(name) || survey.find(name).is_some() || is_unit(name);
        let mut gone = Vec::new();
        for name in request.names.iter().filter(|name| !is_known(name)) {
            gone.push(self.gone(survey, name).await?);
        }
        if let Some(fault) = self.registry.fault() {
            return Err(CycleError::Credentials(fault));
        }
        let (candidates, mut skipped) = plan::select(survey, self.config, &request.names);
        skipped.extend(gone);
        self.lend(&candidates).await;
        let tags = SharedTags::of(survey, self.config);
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
            let known = self.known(survey, &candidate, answer.as_ref().ok(), since, request)?;
            match self.fresh(&candidate, answer, &known).await {
                Ok(digest) => {
                    let pulled_as = known.pulled_as;
                    rotations.push(Planned { candidate, digest, pulled_as, along: Vec::new(), also_moves: Vec::new() });
                }
                Err(reason) => skipped.push(candidate.skip(reason)),
            }
        }
        let brought = self.brought_by_their_tags(&rotations).await?;
        let has_tag = |candidate: &Candidate| brought.contains(&candidate.container.id());
        let rotations = plan::join(survey, rotations, &mut skipped, has_tag);
        Ok(Plan { not_followed, limits: self.registry.limits(), ..plan::order(rotations, skipped, &tags) })
    }

    /// Those that go along with others whose tag points to what they run, or to nothing.
    async fn brought_by_their_tags(&self, rotations: &[Planned]) -> Result<HashSet<ContainerId>, CycleError> {
        let mut brought = HashSet::new();
        for dependent in rotations.iter().flat_map(|planned| &planned.candidate.dependents) {
            let image = match self.engine.image(&dependent.reference.to_string()).await {
                Err(error) if !error.is_of_the_engine() => continue,
                answer => answer?,
            };
            if image.is_none_or(|image| image.id() == dependent.container.image_id()) {
                brought.insert(dependent.container.id());
            }
        }
        Ok(brought)
    }

    /// See [`plan::freshness`]; and what was made here and not pushed is not replaced by what a registry has under its name.
    pub(super) async fn fresh(&self, candidate: &Candidate, answer: Result<Digest, Reason>, known: &Known) -> Result<Digest, Reason> {
        let newer = plan::freshness(candidate, answer, known)?;
        let is_by_registry = candidate.policy.follows == Follows::Registry;
        // What was pulled the registry may have dropped since.
        let is_open = is_by_registry && !known.is_pulled;
        let Some(made_here) = candidate.image.digest_made_here().filter(|_| is_open) else { return Ok(newer) };
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
        let at = self.clock.at();
        let is_by_check = candidate.policy.probe.is_none() && !candidate.policy.oneshot;
        let is_unchecked = is_by_check && rotation::is_unchecked(&candidate.container, at);
        // Asked of few: a host may have a thousand containers.
        let is_pulled = candidate.image.digest_made_here().is_some() && self.was_pulled(candidate)?;
        Ok(Known { refused, is_equal, pulled_as, is_pulled, seen_since, at, is_unchecked, is_any_age: request.is_any_age })
    }

    /// True if a rotation of this container is known to have pulled the image that it runs.
    fn was_pulled(&self, candidate: &Candidate) -> Result<bool, StoreError> {
        let image = candidate.image.id();
        let records = self.store.history(Some(candidate.container.name()), REMEMBERED)?;
        Ok(records.iter().flat_map(|record| &record.members).any(|member| member.is_pulled && member.new_image.as_ref() == Some(&image)))
    }

    /// The digest of a candidate's image as the rotations remember it. `docker image prune -a` by another hand takes the digests of an image that runs along
    /// with its tag as soon as it has another name, such as our pin (seen on Docker 26.1).
    fn pulled_as(&self, candidate: &Candidate) -> Result<Option<Digest>, StoreError> {
        let image = candidate.image.id();
        let records = self.store.history(Some(candidate.container.name()), REMEMBERED)?;
        let members = records.iter().flat_map(|record| &record.members).filter(|member| member.reference == candidate.reference);
        let mut digests = members.filter_map(|member| match &member.new_image {
            Some(new) if *new == image && member.digest.is_some() => member.digest.as_ref(),
            _ if member.old_image == image => member.old_digest.as_ref(),
            _ => None,
        });
        Ok(digests.next().cloned())
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
