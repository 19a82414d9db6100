//! What outlives a process: rotations, holds, refused digests, first-seen times. It holds no logic of rotations.

mod digests;
mod error;
mod file;
mod holds;
mod lock;
mod owner;
mod prune;
mod reserve;
mod rotations;
mod runs;
mod schema;

use jiff::Timestamp;

pub use error::StoreError;
pub use lock::{Lock, LockError};
pub use owner::{folder_of, others, owner, set_owner};
pub use prune::{KEPT_FOR, KEPT_RECORDS};
pub use schema::SqliteStore;

use crate::model::{Digest, Hold, ImageId, Reference, RefusedDigest, RotationId, Sighting};
use crate::rotation::Record;

/// Where records and digests live. Every write is durable when it returns.
pub trait Store: Send + Sync {
    /// Makes sure that a rotation can be recorded to its end: holds back space in the state directory.
    fn reserve(&self) -> Result<(), StoreError>;
    /// Writes a record, new or known.
    fn save(&self, record: &Record) -> Result<(), StoreError>;
    /// Makes sure that what a saved record has forgotten can be read nowhere, as far as that can be done now. A store that is on no disk has nothing to do.
    fn overwrite_forgotten(&self) {}
    /// True if a record of this id exists.
    fn has_rotation(&self, id: &RotationId) -> Result<bool, StoreError>;
    /// All records that are not closed, oldest first.
    fn open_rotations(&self) -> Result<Vec<Record>, StoreError>;
    /// Rotations of all units or of one, the newest first; dry runs are none.
    fn history(&self, unit: Option<&str>, most: usize) -> Result<Vec<Record>, StoreError>;
    /// The newest rotation of each unit, by unit; dry runs are none.
    fn last_rotations(&self) -> Result<Vec<Record>, StoreError>;
    /// Forgets what is too old or too much: of each unit the newest [`KEPT_RECORDS`] closed records stay, none longer than [`KEPT_FOR`];
    /// what has not been asked for that long, and holds that have ended.
    fn prune(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Notes that a scheduled run begins.
    fn begin_run(&self, at: Timestamp) -> Result<(), StoreError>;
    /// When the last scheduled run began.
    fn last_run(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Holds a container; replaces a hold that it has.
    fn hold(&self, hold: &Hold) -> Result<(), StoreError>;
    /// All holds by name, also those that have ended.
    fn holds(&self) -> Result<Vec<Hold>, StoreError>;
    /// Ends a hold; true if there was one.
    fn release(&self, name: &str) -> Result<bool, StoreError>;

    /// Refuses a digest for a unit; replaces what was refused for it before.
    fn refuse(&self, refused: &RefusedDigest) -> Result<(), StoreError>;
    /// What is refused for a unit.
    fn refused(&self, unit: &str) -> Result<Option<RefusedDigest>, StoreError>;
    /// All refused digests, by unit.
    fn all_refused(&self) -> Result<Vec<RefusedDigest>, StoreError>;
    /// Forgets what is refused for a unit; true if something was.
    fn accept(&self, unit: &str) -> Result<bool, StoreError>;

    /// What a reference pointed to when it was last asked for.
    fn sighting(&self, reference: &Reference) -> Result<Option<Sighting>, StoreError>;
    /// Notes that a reference points to a digest; returns since when it does, as far as was seen.
    fn saw(&self, reference: &Reference, digest: &Digest, at: Timestamp) -> Result<Timestamp, StoreError>;
    /// Remembers that a digest of a reference is the image `image`, though the engine knows it under another digest.
    fn remember_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<(), StoreError>;
    /// True if that is remembered.
    fn is_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<bool, StoreError>;
}
