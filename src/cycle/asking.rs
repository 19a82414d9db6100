//! Where references point to, asked of registries.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::{FutureExt, join_all};

use super::Answers;
use crate::clock::{Clock, sign_of_life};
use crate::model::{Digest, Reference};
use crate::plan::{Candidate, Reason};
use crate::policy::Follows;
use crate::registry::{Registry, RegistryError};

/// References asked of registries at the same time.
const AT_ONCE: usize = 8;

/// Asks for each reference that a registry is followed for once. A registry that does not answer holds its own containers and nothing else.
pub(super) async fn ask(registry: &dyn Registry, clock: &dyn Clock, candidates: &[Candidate]) -> Answers {
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

pub(super) fn held(error: RegistryError) -> Reason {
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
