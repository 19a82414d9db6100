//! A digest that failed its gate here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Digest, Reference};

/// A digest that is not tried again for one container until its reference points to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedDigest {
    /// The unit.
    pub unit: String,
    /// The reference that pointed to it.
    pub reference: Reference,
    /// The digest.
    pub digest: Digest,
    /// Why, for people.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}
