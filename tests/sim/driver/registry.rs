//! The registry as the agent asks it.

use std::sync::Arc;

use async_trait::async_trait;
use rotate::model::{Credential, Digest, RateLimit, Reference};
use rotate::registry::{Registry, RegistryError};

use super::world::World;

/// Knows what the simulated registry has.
pub struct Counter(pub Arc<World>);

#[async_trait]
impl Registry for Counter {
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        let found = self.0.sim.host().shelf.digest(reference);
        found.ok_or_else(|| RegistryError::Engine { reference: reference.clone(), message: "manifest unknown".to_owned() })
    }

    async fn has(&self, reference: &Reference, digest: &Digest) -> Result<bool, RegistryError> {
        Ok(self.0.sim.host().shelf.digest(&reference.at_digest(digest)).is_some())
    }

    async fn credential(&self, _: &Reference) -> Result<Option<Credential>, RegistryError> {
        Ok(None)
    }

    fn limits(&self) -> Vec<RateLimit> {
        Vec::new()
    }
}
