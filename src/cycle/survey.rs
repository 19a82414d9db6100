//! Inventory and freshness: what runs, what is new, and the plan that follows.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::{Answers, Cycle, CycleError};
use crate::engine::Engine;
use crate::model::{Digest, Reference};
use crate::plan::{self, Candidate, Known, Plan, Planned, Reason, Skipped, Survey};
use crate::registry::Registry;
use crate::rotation::Stage;
use crate::store::{Store, StoreError};

/// References asked of registries at the same time.
const AT_ONCE: usize = 8;

impl Cycle<'_> {
    /// What would be done now. Asks engine and registry, changes neither. With `is_retry`, refused digests are not held.
    pub async fn plan(&self, names: &[String], is_retry: bool) -> Result<Plan, CycleError> {
        let survey = survey(self.engine, self.store).await?;
        if let Some(name) = names.iter().find(|name| !survey.containers.iter().any(|c| plan::is_named(c, name))) {
            return Err(CycleError::NoSuchContainer { name: name.clone() });
        }
        let (candidates, mut skipped) = plan::select(&survey, self.config, names);
        let answers = ask(self.registry, &candidates).await;
        let mut rotations = Vec::new();
        for candidate in candidates {
            let answer = answers.get(&candidate.reference).cloned().unwrap_or(Err(Reason::NoDigest));
            let known = known(self.store, &candidate, answer.as_ref().ok(), is_retry)?;
            match plan::freshness(&candidate, answer, &known) {
                Ok(digest) => rotations.push(Planned { candidate, digest }),
                Err(reason) => {
                    let (name, image) = (candidate.container.name().to_owned(), candidate.reference.to_string());
                    skipped.push(Skipped { name, image, reason });
                }
            }
        }
        Ok(plan::order(rotations, skipped))
    }
}

/// Looks at every container and the images that they run.
pub async fn survey(engine: &dyn Engine, store: &dyn Store) -> Result<Survey, CycleError> {
    let records = store.open_rotations()?;
    let mut survey = Survey {
        known: records.iter().map(|record| record.id.clone()).collect(),
        stuck: records.iter().filter(|record| record.stage != Stage::Kept).map(|record| record.unit.clone()).collect(),
        ..Survey::default()
    };
    for id in engine.containers().await? {
        // One that goes away between the two calls is no longer there.
        if let Some(container) = engine.container(id.as_str()).await? {
            survey.containers.push(container);
        }
    }
    let ids: BTreeSet<_> = survey.containers.iter().map(|c| c.image_id()).collect();
    let mut images = BTreeMap::new();
    for id in ids {
        if let Some(image) = engine.image(id.as_str()).await? {
            images.insert(id, image);
        }
    }
    survey.images = images;
    Ok(survey)
}

/// Asks for each reference once. A registry that does not answer holds its own containers and nothing else.
async fn ask(registry: &dyn Registry, candidates: &[Candidate]) -> Answers {
    let references: BTreeSet<&Reference> = candidates.iter().map(|candidate| &candidate.reference).collect();
    let references: Vec<&Reference> = references.into_iter().collect();
    let mut answers = Answers::new();
    for some in references.chunks(AT_ONCE) {
        let asked = some.iter().map(|reference| async move { ((*reference).clone(), registry.resolve(reference).await) });
        for (reference, answer) in join_all(asked).await {
            let answer = answer.map_err(|error| Reason::Unresolved { message: error.to_string(), help: error.help().to_string() });
            answers.insert(reference, answer);
        }
    }
    answers
}

fn known(store: &dyn Store, candidate: &Candidate, digest: Option<&Digest>, is_retry: bool) -> Result<Known, StoreError> {
    let is_equal = match digest {
        Some(digest) => store.is_equal(&candidate.image.id(), &candidate.reference, digest)?,
        None => false,
    };
    let refused = if is_retry { None } else { store.refused(candidate.container.name())? };
    Ok(Known { refused, is_equal })
}
