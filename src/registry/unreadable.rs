//! Stands for all registries while the file of credentials cannot be read: nobody is asked without credentials instead.

use async_trait::async_trait;

use super::{Registry, RegistryError};
use crate::model::{Credential, Digest, RateLimit, Reference};

/// Answers every question with the reason.
pub struct Unreadable(pub RegistryError);

#[async_trait]
impl Registry for Unreadable {
    fn fault(&self) -> Option<RegistryError> {
        Some(self.0.clone())
    }

    async fn resolve(&self, _: &Reference) -> Result<Digest, RegistryError> {
        Err(self.0.clone())
    }

    async fn has(&self, _: &Reference, _: &Digest) -> Result<bool, RegistryError> {
        Err(self.0.clone())
    }

    async fn credential(&self, _: &Reference) -> Result<Option<Credential>, RegistryError> {
        Err(self.0.clone())
    }

    fn limits(&self) -> Vec<RateLimit> {
        Vec::new()
    }
}
