//! What digest a reference points to now. It asks and never pulls: one HEAD a reference, and never a GET of a manifest, which would count as a pull.

mod answer;
mod config_file;
mod credentials;
mod error;
mod host;
mod resolve;
mod token;

use async_trait::async_trait;

pub use credentials::Credentials;
pub use error::RegistryError;
pub use resolve::HttpRegistry;

use crate::model::{Digest, Reference};

/// A registry, or many: whoever knows where tags point.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The digest that the reference's tag points to now: the index's where there is one.
    ///
    /// Errors: see [`RegistryError`]. A host that says «too many requests» or cannot be reached is not asked again by the same instance.
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError>;
}
