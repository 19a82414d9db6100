//! Is what runs what its reference points to now?

use super::{Candidate, Reason};
use crate::model::{Digest, RefusedDigest};

/// What the store knows about a candidate.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The digest that is refused for it.
    pub refused: Option<RefusedDigest>,
    /// True if the digest that the registry gave is known to be the image that runs.
    pub is_equal: bool,
}

/// The newer digest, or why there is none to rotate to. `answer` is what the registry said of the candidate's reference, or why it said nothing.
pub fn freshness(candidate: &Candidate, answer: Result<Digest, Reason>, known: &Known) -> Result<Digest, Reason> {
    // Without any digest it was never pulled: a registry's image of the same name need not be related to it.
    let has_digest = candidate.image.document().pointer("/RepoDigests").and_then(|d| d.as_array()).is_some_and(|d| !d.is_empty());
    if !has_digest {
        return Err(Reason::NoDigest);
    }
    let digest = answer?;
    if known.is_equal || candidate.image.digests_of(&candidate.reference).contains(&digest) {
        return Err(Reason::UpToDate);
    }
    match &known.refused {
        Some(refused) if refused.digest == digest => Err(Reason::Refused { digest, why: refused.reason.clone() }),
        Some(_) | None => Ok(digest),
    }
}
