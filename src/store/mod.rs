//! What outlives a process: rotations, refused digests, first-seen times. It holds no logic of rotations.

mod digests;
mod error;
mod lock;
mod reserve;
mod rotations;
mod schema;

use jiff::Timestamp;

pub use error::StoreError;
pub use lock::{Lock, LockError};
pub use schema::SqliteStore;

use crate::model::{Digest, ImageId, Reference, RefusedDigest, RotationId};
use crate::rotation::Record;

/// Where records and digests live. Every write is durable when it returns.
pub trait Store: Send + Sync {
    /// Makes sure that a rotation can be recorded to its end: holds back space in the state directory.
    fn reserve(&self) -> Result<(), StoreError>;
    /// Writes a record, new or known.
    fn save(&self, record: &Record) -> Result<(), StoreError>;
    /// True if a record of this id exists.
    fn has_rotation(&self, id: &RotationId) -> Result<bool, StoreError>;
    /// All records that are not closed, oldest first.
    fn open_rotations(&self) -> Result<Vec<Record>, StoreError>;
    /// The newest closed or kept records, newest first.
    fn history(&self, most: usize) -> Result<Vec<Record>, StoreError>;

    /// Refuses a digest for a unit; replaces what was refused for it before.
    fn refuse(&self, refused: &RefusedDigest) -> Result<(), StoreError>;
    /// What is refused for a unit.
    fn refused(&self, unit: &str) -> Result<Option<RefusedDigest>, StoreError>;
    /// All refused digests, by unit.
    fn all_refused(&self) -> Result<Vec<RefusedDigest>, StoreError>;
    /// Forgets what is refused for a unit.
    fn accept(&self, unit: &str) -> Result<(), StoreError>;

    /// Notes that a reference pointed to a digest; returns when that was seen first.
    fn saw(&self, reference: &Reference, digest: &Digest, at: Timestamp) -> Result<Timestamp, StoreError>;
    /// Remembers that a digest of a reference is the image `image`, though the engine knows it under another digest.
    fn remember_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<(), StoreError>;
    /// True if that is remembered.
    fn is_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<bool, StoreError>;
}
