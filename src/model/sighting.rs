//! What a reference pointed to when it was last asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Digest;

/// The digest that a reference was last seen to point to, and since when.
///
/// A tag that moves away and comes back begins anew: what counts is the time without a sighting of anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The digest.
    pub digest: Digest,
    /// The first of the sightings since which no other digest was seen.
    pub first_at: Timestamp,
}
