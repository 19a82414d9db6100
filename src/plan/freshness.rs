//! Is what runs what its reference points to now?

use std::time::Duration;

use jiff::Timestamp;

use super::{Candidate, Reason};
use crate::model::{Digest, RefusedDigest};
use crate::policy::Follows;

/// What the store knows about a candidate.
#[derive(Debug, Clone)]
pub struct Known {
    /// The digest that is refused for it.
    pub refused: Option<RefusedDigest>,
    /// True if the digest that the registry gave is known to be the image that runs.
    pub is_equal: bool,
    /// The digest that it was pulled by for an earlier rotation, if the engine does not know it any more.
    pub pulled_as: Option<Digest>,
    /// A rotation of it is known to have pulled what runs.
    pub is_pulled: bool,
    /// Since when its reference points to that digest, as far as was seen; none if it was never seen.
    pub seen_since: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
    /// Nobody makes the HEALTHCHECK that a successor would have to pass.
    pub is_unchecked: bool,
    /// A person does not want to wait for `min_age`.
    pub is_any_age: bool,
}

/// The newer digest, or why there is none to rotate to. `answer` is where the tag that it follows points, or why it said nothing.
pub fn freshness(candidate: &Candidate, answer: Result<Digest, Reason>, known: &Known) -> Result<Digest, Reason> {
    // Without any digest it was never pulled: a registry's image of the same name need not be related to it.
    // Nor was one of `localhost`, where Podman names what it builds.
    let is_built_here = candidate.reference.registry() == "localhost";
    let is_local = candidate.policy.follows == Follows::Local;
    if !is_local && (is_built_here || !candidate.image.has_digest() && known.pulled_as.is_none()) {
        return Err(Reason::NoDigest);
    }
    let digest = answer?;
    let runs = candidate.image.digests_of(&candidate.reference);
    if known.is_equal || known.pulled_as.as_ref() == Some(&digest) || runs.contains(&digest) {
        // A boot may have started it, or a person. What failed for another of the same tag has proved itself here.
        let is_own = |refused: &&RefusedDigest| refused.unit == candidate.container.name();
        let refused = known.refused.as_ref().filter(is_own).filter(|refused| runs.contains(&refused.digest) || refused.digest == digest);
        return Err(match refused {
            Some(refused) => Reason::RunsRefused { digest: refused.digest.clone(), why: refused.reason.clone() },
            None => Reason::UpToDate,
        });
    }
    if let Some(refused) = known.refused.as_ref().filter(|refused| refused.digest == digest) {
        return Err(Reason::Refused { digest, why: refused.reason.clone() });
    }
    if candidate.is_watched {
        return Err(Reason::WatchOnly { digest });
    }
    if known.is_unchecked {
        return Err(Reason::Unchecked);
    }
    let min_age = candidate.policy.min_age;
    // Whoever moved the engine's own tag does not wait for others to have tried it.
    if known.is_any_age || is_local || min_age.is_zero() {
        return Ok(digest);
    }
    match known.seen_since.map(|since| old_enough_at(since, min_age)) {
        Some(until) if until <= known.at => Ok(digest),
        until => Err(Reason::MinAge { digest, until }),
    }
}

/// Seen first at noon, `min_age` 3 days: from noon three days later.
pub fn old_enough_at(since: Timestamp, min_age: Duration) -> Timestamp {
    since.checked_add(min_age).unwrap_or(Timestamp::MAX)
}
