//! Everything that decides about one container. Reads only.

use jiff::Timestamp;
use serde::Serialize;

use super::rotate::{is_tool_owned, terms};
use super::{Cycle, CycleError, Request, Status};
use crate::config::Select;
use crate::engine::EngineError;
use crate::model::{Container, ContainerId, Digest, Image, ImageId, Reference};
use crate::plan::{self, Candidate, Reason};
use crate::policy::{self, Follows, Policy, Selection, Setting};
use crate::rotation::GateRules;
use crate::spec::{self, Difference};

/// What decides about one container.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Its id.
    pub container: ContainerId,
    /// What `rotate now` would do about it, without naming it.
    pub decision: Decision,
    /// Whether it is taken, and on whose word.
    pub selected: Selected,
    /// Every value of its policy; none if a label of it cannot be read.
    pub settings: Vec<Setting>,
    /// Labels of rotate's or Watchtower's that came with the image and are no policy.
    pub labels_ignored: Vec<String>,
    /// Labels of Watchtower that rotate does not follow.
    pub labels_not_followed: Vec<String>,
    /// What runs.
    pub runs: Runs,
    /// What the registry says; none if its image is no reference that a registry could be asked for.
    pub registry: Option<Answer>,
    /// Another tool finds it by label: its predecessor is kept only until the successor has proved itself.
    pub is_tool_owned: bool,
    /// How it is rotated.
    pub strategy: &'static str,
    /// How a successor has to prove itself.
    pub gate: Option<Gate>,
    /// How a successor would differ, if its image is on the engine already.
    pub differences: Option<Vec<Difference>>,
    /// Why no successor can be made, if that is known already.
    pub cannot_be_created: Option<String>,
    /// How it stands: what is kept, refused, held, open or stuck, and its last rotation.
    pub status: Status,
}

/// What would be done.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// True if it would be rotated.
    pub is_rotated: bool,
    /// To what.
    pub to_digest: Option<Digest>,
    /// Why not, in one word for programs.
    pub reason: Option<&'static str>,
    /// The same, for people.
    pub message: String,
    /// What to do, for people.
    pub help: Option<String>,
}

/// Whether a container is taken without being named.
#[derive(Debug, Clone, Serialize)]
pub struct Selected {
    /// True if it is.
    pub is_selected: bool,
    /// On whose word.
    pub by: String,
}

/// The image that runs.
#[derive(Debug, Clone, Serialize)]
pub struct Runs {
    /// Its id.
    pub image: ImageId,
    /// The digests by which it was pulled from the repository that the container follows.
    pub digests: Vec<Digest>,
}

/// What a registry says of the reference.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The digest that it points to.
    pub digest: Option<Digest>,
    /// Why there is none.
    pub error: Option<String>,
    /// Since when runs have seen that digest there.
    pub first_seen_at: Option<Timestamp>,
    /// From when on `min_age` lets it be used, if it has to wait.
    pub usable_from: Option<Timestamp>,
}

/// The health gate.
#[derive(Debug, Clone, Serialize)]
pub struct Gate {
    /// What proves it: `probe http :80/`, `HEALTHCHECK`, `running`, `exit code 0`.
    pub by: String,
    /// How long it must be well without interruption.
    pub min_healthy_seconds: f64,
    /// How long it may take until it is well for the first time.
    pub deadline_seconds: f64,
}

impl Cycle<'_> {
    /// Explains one container. Asks engine and registry, changes nothing; the store is not told what the registry says.
    ///
    /// Errors: [`CycleError::NoSuchContainer`].
    pub async fn explain(&self, name: &str) -> Result<Explanation, CycleError> {
        let survey = self.survey().await?;
        let no_such = || CycleError::NoSuchContainer { name: name.to_owned() };
        let container = survey.containers.iter().find(|container| plan::is_named(container, name)).ok_or_else(no_such)?;
        let status = self.status().await?.into_iter().find(|status| status.name == container.name()).ok_or_else(no_such)?;
        let image = survey.images.get(&container.image_id());
        let labels = container.labels();
        let policy = policy::policy(self.config, &labels, &image.map(Image::labels).unwrap_or_default());
        let reference = survey.follows(container).parse::<Reference>().ok();
        let mut registry = None;
        let mut newer = None;
        let mut decision = None;
        let (candidates, skipped) = plan::select(&survey, self.config, &[]);
        if let Some(reference) = &reference {
            self.lend(&candidates).await;
            let answer = match policy.as_ref().map(|policy| policy.follows) {
                Ok(Follows::Local) => self.local_digest(reference).await,
                Ok(Follows::Registry) | Err(_) => super::asking::ask_one(self.registry, reference).await,
            };
            let digest = answer.as_ref().ok();
            let since = digest.map(|digest| self.seen_since(reference, digest)).transpose()?.flatten();
            if let Some(candidate) = candidates.iter().find(|candidate| candidate.container.id() == container.id()) {
                let known = self.known(&survey, candidate, digest, since, &Request::default())?;
                let newer = self.fresh(candidate, answer.clone(), &known).await;
                decision = Some(Decision::of(newer).along_with(&candidate.dependents));
            }
            newer = digest.cloned();
            let is_asked = policy.as_ref().map_or(true, |policy| policy.follows == Follows::Registry);
            registry = is_asked.then(|| Answer::of(answer, since, policy.as_ref().ok(), self.clock.at()));
        }
        let why_not = skipped.into_iter().find(|skipped| skipped.name == container.name()).map(|skipped| skipped.reason);
        let is_by_unit = candidates.iter().any(|candidate| candidate.container.id() == container.id() && candidate.service.is_some());
        // systemd makes it as it makes every other.
        let prediction = if is_by_unit { None } else { self.predict(container, image, reference.as_ref(), newer.as_ref()).await? };
        let known_policy = policy.as_ref().ok();
        Ok(Explanation {
            container: container.id(),
            decision: decision.unwrap_or_else(|| Decision::of(Err(why_not.unwrap_or(Reason::NoDigest)))),
            selected: selected(known_policy, &labels, self.config.select),
            settings: known_policy.map(|policy| policy::settings(policy, self.origins, &labels)).unwrap_or_default(),
            labels_ignored: known_policy.map(|policy| policy.ignored.clone()).unwrap_or_default(),
            labels_not_followed: known_policy.map(|policy| policy.not_followed.clone()).unwrap_or_default(),
            runs: Runs {
                image: container.image_id(),
                digests: image.zip(reference.as_ref()).map(|(image, reference)| image.digests_of(reference)).unwrap_or_default(),
            },
            registry,
            is_tool_owned: is_tool_owned(container),
            strategy: if is_by_unit { "restart-unit" } else { "stop-first" },
            gate: known_policy.map(|policy| Gate::of(container, policy)),
            cannot_be_created: prediction.as_ref().and_then(|p| p.as_ref().err().cloned()),
            differences: prediction.and_then(Result::ok),
            status,
        })
    }

    /// None if there is nothing newer, or it is not on the engine.
    async fn predict(
        &self,
        container: &Container,
        image: Option<&Image>,
        reference: Option<&Reference>,
        newer: Option<&Digest>,
    ) -> Result<Option<Result<Vec<Difference>, String>>, CycleError> {
        let (Some(old), Some(reference), Some(digest)) = (image, reference, newer) else { return Ok(None) };
        let new = self.engine.image(&reference.at_digest(digest).to_string()).await?;
        let Some(new) = new.filter(|new| new.id() != old.id()) else { return Ok(None) };
        let images = spec::Images { old: old.document(), new: new.document() };
        let container = match self.engine.container_in_full(container.id().as_str()).await {
            Err(error @ EngineError::Refused { .. }) => return Ok(Some(Err(error.to_string()))),
            found => found?.unwrap_or_else(|| container.clone()),
        };
        Ok(Some(spec::predict(container.document(), images).map_err(|error| error.to_string())))
    }
}

impl Decision {
    /// Those that require it are made anew with it.
    fn along_with(self, dependents: &[Candidate]) -> Self {
        let names: Vec<_> = dependents.iter().map(|candidate| candidate.container.name().to_owned()).collect();
        if !self.is_rotated || names.is_empty() {
            return self;
        }
        Self { message: format!("{}, along with {}", self.message, plan::listed(&names)), ..self }
    }

    fn of(newer: Result<Digest, Reason>) -> Self {
        match newer {
            Ok(digest) => Self {
                is_rotated: true,
                message: format!("rotate to {}", digest.short()),
                to_digest: Some(digest),
                reason: None,
                help: None,
            },
            Err(reason) => {
                Self { is_rotated: false, to_digest: None, reason: Some(reason.code()), message: reason.to_string(), help: reason.help() }
            }
        }
    }
}

impl Answer {
    fn of(answer: Result<Digest, Reason>, first_seen_at: Option<Timestamp>, policy: Option<&Policy>, now: Timestamp) -> Self {
        let min_age = policy.map(|policy| policy.min_age).filter(|age| !age.is_zero());
        let usable_from = first_seen_at.zip(min_age).map(|(since, age)| plan::old_enough_at(since, age)).filter(|at| *at > now);
        let error = answer.as_ref().err().map(ToString::to_string);
        Self { digest: answer.ok(), error, first_seen_at, usable_from }
    }
}

impl Gate {
    fn of(container: &Container, policy: &Policy) -> Self {
        let rules = GateRules::of(container, &terms(policy), true);
        let by = match (&policy.probe, policy.oneshot) {
            (Some(probe), _) => format!("probe {}", probe.check),
            (None, true) => "exit code 0".to_owned(),
            (None, false) if container.healthcheck().is_some() => "HEALTHCHECK".to_owned(),
            (None, false) => "running".to_owned(),
        };
        Self { by, min_healthy_seconds: rules.min_healthy.as_secs_f64(), deadline_seconds: rules.deadline.as_secs_f64() }
    }
}

fn selected(policy: Option<&Policy>, labels: &std::collections::BTreeMap<String, String>, select: Select) -> Selected {
    let Some(policy) = policy else { return Selected { is_selected: false, by: "a label that cannot be read".to_owned() } };
    // The strongest first.
    let names = ["rotate.enable", "io.containers.autoupdate", "com.centurylinklabs.watchtower.enable"];
    let counts = |name: &&&str| !policy.ignored.iter().chain(&policy.not_followed).any(|other| other == **name);
    let label = names.iter().filter(counts).find_map(|name| labels.get(*name).map(|value| format!("label {name}={value}")));
    let by = label.unwrap_or_else(|| format!("select = \"{}\", and no label", select.word()));
    Selected { is_selected: matches!(policy.selection, Selection::ByLabel | Selection::BySelectAll), by }
}
