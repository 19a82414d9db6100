//! The run: all pulls first, then one rotation after the other, the next only when the last is proved.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::report::{Entry, Report, Verdict};
use super::{Cycle, CycleError};
use crate::clock::with_signs_of_life;
use crate::config::{FailurePolicy, OnFailure, OnLateFailure};
use crate::model::{Container, Digest, Health, Reference, RotationId, Service};
use crate::plan::{self, Along, Candidate, Planned, Reason};
use crate::policy::Policy;
use crate::rotation::{self, Answer, Ended, Failure, Goal, Member, Opening, Outcome, Purpose, Record, RunError, Terms, Withdrawal};

/// What a person or a schedule asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Only these; empty: all that are selected.
    pub names: Vec<String>,
    /// Create, compare, remove; stop nothing.
    #[serde(rename = "dry_run")]
    pub is_dry_run: bool,
    /// Try refused digests again.
    #[serde(rename = "retry")]
    pub is_retry: bool,
    /// Do not wait for `min_age`.
    #[serde(rename = "any_age")]
    pub is_any_age: bool,
}

impl Cycle<'_> {
    /// One pass: finishes what earlier runs left, then rotates what is new. What was done stands in the report, also where an error ends the pass.
    pub async fn run(&self, request: &Request, report: &mut Report) -> Result<(), CycleError> {
        report.is_dry_run = request.is_dry_run;
        self.resume((!request.is_dry_run).then_some(&request.names), report).await?;
        if self.interrupt.is_set() {
            return Ok(());
        }
        let plan = tokio::select! {
            biased;
            plan = self.plan_and_note(request) => plan?,
            // Nothing is begun yet, and a registry may be slow.
            () = self.interrupt.wait() => return Ok(()),
        };
        report.entries.extend(plan.skipped.iter().map(Entry::skipped));
        for planned in plan.rotations.iter().filter(|planned| !planned.also_moves.is_empty()) {
            let (name, others) = (planned.candidate.container.name(), plan::listed(&planned.also_moves));
            tracing::warn!(container = %name, "{name}: the next start of {others} brings the same tag, and with it what `{name}` is rotated to");
        }
        let purpose = if request.is_dry_run { Purpose::DryRun } else { Purpose::Rotate };
        let prepared = self.prepare(&plan.rotations, purpose, report).await?;
        self.switch(prepared, report).await?;
        // What is not forgotten now is forgotten after the next run.
        if let Err(error) = self.store.prune(self.clock.at()) {
            tracing::warn!("cannot forget what is old: {error}");
        }
        Ok(())
    }

    /// Opens them and pulls, one after the other. Returns those that are ready to be switched. What fails here concerns its own container.
    async fn prepare(&self, planned: &[Planned], purpose: Purpose, report: &mut Report) -> Result<Vec<Record>, CycleError> {
        let mut prepared = Vec::new();
        for planned in planned {
            if self.interrupt.is_set() {
                break;
            }
            let skip = |reason| Entry::skipped(&planned.candidate.skip(reason));
            let was_healthy = match self.were_healthy(planned).await {
                Ok(was_healthy) => was_healthy,
                Err(message) => {
                    report.entries.push(skip(Reason::ProbeNotMade { message }));
                    continue;
                }
            };
            let mut record = match self.open(planned, purpose, &was_healthy).await {
                Err(CycleError::Engine(error)) if !error.is_of_the_engine() => {
                    report.entries.push(skip(Reason::NoAnswer { message: error.to_string() }));
                    continue;
                }
                opened => opened?,
            };
            let mut rotation = self.rotation();
            rotation.is_held_before_tag = true;
            match rotation.drive(&mut record).await {
                Ok(Ended::Prepared) => prepared.push(record),
                ended => {
                    let entry = self.entry(&record, ended).await?;
                    report.entries.push(self.told_if_given_up(&record, entry));
                }
            }
        }
        Ok(prepared)
    }

    /// Switches one after the other. What follows one that fails concerns the run.
    async fn switch(&self, prepared: Vec<Record>, report: &mut Report) -> Result<(), CycleError> {
        let mut is_stopped = false;
        // The next start of a unit brings what its tag points to: what failed for one is not put there for another container, whoever makes that.
        let mut failed = BTreeSet::new();
        for mut record in prepared {
            let mut rotation = self.rotation();
            rotation.is_run_stopped = is_stopped || images(&record).any(|image| failed.contains(&image));
            let ended = rotation.drive(&mut record).await;
            if record.service().is_some() && matches!(&record.goal, Goal::Back { failure } if failure.refuses_digest()) {
                failed.extend(images(&record));
            }
            let entry = self.entry(&record, ended).await?;
            let entry = self.told_if_given_up(&record, entry);
            is_stopped |= match self.config.on_failure {
                OnFailure::Stop => entry.verdict.is_failure() || entry.verdict == Verdict::Left,
                OnFailure::Continue => entry.verdict == Verdict::Left,
            };
            report.entries.push(entry);
        }
        Ok(())
    }

    /// Opens a record. Nothing that serves or is kept has changed on the engine when it returns.
    async fn open(&self, planned: &Planned, purpose: Purpose, were_healthy: &[bool]) -> Result<Record, CycleError> {
        let Planned { candidate, digest, pulled_as, along, .. } = planned;
        let mut members = vec![self.member(candidate, Some(digest), pulled_as.as_ref()).await?];
        for Along { candidate, digest, pulled_as } in along {
            let (terms, auth_file) = (Some(terms(&candidate.policy)), candidate.policy.auth_file.clone());
            members.push(Member { terms, auth_file, ..self.member(candidate, digest.as_ref(), pulled_as.as_ref()).await? });
        }
        for (member, was_healthy) in members.iter_mut().zip(were_healthy) {
            member.was_healthy = *was_healthy;
            // Kept beside its successor it would start the required one that was put aside, or keep that from being removed.
            member.is_tool_owned |= !along.is_empty();
        }
        let (agent, boot, at) = (self.agent.to_owned(), self.boot.to_owned(), self.clock.at());
        self.store.reserve()?;
        let opening = Opening { id: self.fresh_id()?, purpose, members, terms: terms(&candidate.policy), agent, boot, at };
        let auth_file = candidate.policy.auth_file.clone();
        let mut record = Record { auth_file, engine: self.name.map(str::to_owned), ..Record::open(opening) };
        if let Some(service) = candidate.service.clone() {
            let paths = service.drop_ins.iter().map(|drop_in| drop_in.path.clone()).collect();
            let was_pinned = !self.existing(paths).await.is_empty();
            record = record.by_service(Service { was_pinned, ..service });
        }
        let mut all_left = Vec::new();
        for (container, digest) in std::iter::once((&candidate.container, Some(digest))).chain(along.iter().map(Along::target)) {
            all_left.extend(self.left_by_the_last(container)?.filter(|left| digest.is_none_or(|digest| !left.is(digest))));
        }
        self.store.save(&record)?;
        for left in all_left.iter().filter(|_| purpose == Purpose::Rotate) {
            self.remove_left_image(left).await;
        }
        Ok(record)
    }

    /// What is known of a container before its rotation; without a digest its image stays.
    async fn member(&self, candidate: &Candidate, digest: Option<&Digest>, pulled_as: Option<&Digest>) -> Result<Member, CycleError> {
        let container = &candidate.container;
        let Some(policy) = container.restart_policy() else {
            return Err(CycleError::NoSuchContainer { name: container.name().to_owned() });
        };
        let reference = candidate.reference.clone();
        // What it may be created from again, if another hand removes it.
        let original = self.engine.container_in_full(container.id().as_str()).await?;
        let is_pulled = match digest {
            Some(digest) => {
                let is_left = self.left_by_the_last(container)?.is_some_and(|left| left.is(digest));
                is_left || self.engine.image(&reference.at_digest(digest).to_string()).await?.is_none()
            }
            None => false,
        };
        let tag = self.engine.image(&reference.to_string()).await?;
        Ok(Member {
            name: container.name().to_owned(),
            old_digest: candidate.image.digests_of(&reference).into_iter().next().or(pulled_as.cloned()),
            platform: candidate.image.platform().filter(|platform| !platform.is_like(self.engine.platform())),
            reference,
            digest: digest.cloned(),
            old_image: container.image_id(),
            new_image: digest.is_none().then(|| container.image_id()),
            is_pulled,
            tag_before: tag.map(|image| image.id()),
            predecessor: container.id(),
            original: original.unwrap_or_else(|| container.clone()),
            policy,
            stop_signal: candidate.policy.stop_signal.clone(),
            was_healthy: false,
            is_tool_owned: candidate.service.is_none() && is_tool_owned(container),
            successor: None,
            volumes_born: Vec::new(),
            terms: None,
            auth_file: None,
        })
    }

    /// See [`Self::was_healthy`]: of each that is made anew, in the order of its members.
    async fn were_healthy(&self, planned: &Planned) -> Result<Vec<bool>, String> {
        let mut all = vec![self.was_healthy(&planned.candidate).await?];
        for along in &planned.along {
            all.push(self.was_healthy(&along.candidate).await?);
        }
        Ok(all)
    }

    /// Asked once: one that is not well before need not be better to be taken back. Err: the probe cannot be made here, so no successor could pass it.
    async fn was_healthy(&self, candidate: &Candidate) -> Result<bool, String> {
        let container = &candidate.container;
        let Some(probe) = &candidate.policy.probe else {
            return Ok(container.healthcheck().is_none() || container.state().health == Some(Health::Healthy));
        };
        match with_signs_of_life(self.clock, rotation::ask(self.engine, &container.id(), probe)).await {
            Answer::Well => Ok(true),
            Answer::Unwell(_) => Ok(false),
            Answer::NotMade(message) => Err(message),
        }
    }

    fn fresh_id(&self) -> Result<RotationId, CycleError> {
        loop {
            let id = RotationId::new((self.random_id)()?);
            if !self.store.has_rotation(&id)? {
                return Ok(id);
            }
        }
    }

    /// The line in the report for a record that was driven. An engine that tells nothing of one container, and still lists all of them, may tell of
    /// the next; what is wrong with all of it, or with the store, is an error.
    pub(super) async fn entry(&self, record: &Record, ended: Result<Ended, RunError>) -> Result<Entry, CycleError> {
        let error = match ended {
            Ok(ended) => return Ok(self.with_others(record, self.settle(record, &ended)?).await),
            Err(error) => error,
        };
        if let RunError::Engine { source, .. } = &error
            && !source.is_of_the_engine()
            && self.engine.containers().await.is_ok()
        {
            return Ok(Entry::unanswered(record, source, self.clock.at()));
        }
        Err(error.into())
    }

    /// A rotation that was begun by this run and given up, though nobody asked for an end: the engine went away in the middle of its preparation, and what
    /// was seen before is no evidence any more. Not done is not to look like nothing to do.
    fn told_if_given_up(&self, record: &Record, entry: Entry) -> Entry {
        let failure = Failure::Withdrawn { why: Withdrawal::Interrupted };
        let is_given_up = matches!(&record.outcome, Some(Outcome::TurnedBack { failure: why, .. }) if *why == failure);
        if !is_given_up || self.interrupt.is_set() {
            return entry;
        }
        let message = Some("the engine went away before anything was touched".to_owned());
        Entry { message, help: Some("the next run tries it again".to_owned()), is_fault: true, ..entry }
    }

    /// What the store must know after a rotation, and its line in the report.
    fn settle(&self, record: &Record, ended: &Ended) -> Result<Entry, CycleError> {
        if let Some(Outcome::TurnedBack { failure: Failure::Withdrawn { why: Withdrawal::SameImage }, .. }) = &record.outcome {
            for member in record.at_fault() {
                let Some(digest) = &member.digest else { continue };
                self.store.remember_equal(&member.old_image, &member.reference, digest)?;
            }
        }
        Ok(Entry::of(record, ended, self.clock.at()))
    }
}

impl Verdict {
    fn is_failure(self) -> bool {
        match self {
            Self::RolledBack | Self::Failed | Self::Stayed | Self::FailedLate | Self::Stuck | Self::Unanswered => true,
            Self::Left | Self::Rotated | Self::Held | Self::Skipped | Self::Orphaned | Self::DryRun | Self::Withdrawn => false,
        }
    }
}

/// What a rotation moves its tags to.
fn images(record: &Record) -> impl Iterator<Item = (Reference, Digest)> {
    record.members.iter().filter_map(|member| Some((member.reference.clone(), member.digest.clone()?)))
}

/// How a policy judges and keeps.
pub(super) fn terms(policy: &Policy) -> Terms {
    Terms {
        min_healthy: policy.min_healthy,
        deadline: policy.deadline,
        keep_old: policy.keep_old,
        is_oneshot: policy.oneshot,
        probe: policy.probe.clone(),
        stays: policy.on_failure == FailurePolicy::Stay,
        returns_late: policy.on_late_failure == OnLateFailure::Rollback,
    }
}

/// Compose and podman-compose find their containers by label, stopped ones and renamed ones alike, and `podman pod start` those of a pod. A kept one
/// that requires another would keep a person, or a tool, from removing that.
pub(super) fn is_tool_owned(container: &Container) -> bool {
    container.pod().is_some()
        || !container.requires().is_empty()
        || ["com.docker.compose.project", "io.podman.compose.project"].iter().any(|label| container.label(label).is_some())
}
