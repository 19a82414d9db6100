//! The words that travel between rooms: ids, references, digests, policies. No I/O here.

mod digest;
mod id;
mod reference;
mod restart;

pub use digest::{Digest, DigestError};
pub use id::{ContainerId, ImageId, RotationId};
pub use reference::{Reference, ReferenceError, Target};
pub use restart::{RestartPolicy, RestartPolicyError};
