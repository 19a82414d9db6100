//! Registries as the engine sees them: it is asked where a tag points, and asks with its own certificates, mirrors and proxies.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::engine::{Engine, EngineError};
use crate::model::{Credential, Digest, RateLimit, Reference, Target};
use crate::registry::{Credentials, Limits, Registry, RegistryError};

/// The engine passes no `Retry-After` on.
const PAUSE: Duration = Duration::from_secs(60);

/// Asks an engine instead of a registry. To the registry that is a pull: the engine reads the manifest, too.
pub struct EngineRegistry {
    engine: Arc<dyn Engine>,
    credentials: Credentials,
    limits: Limits,
}

impl EngineRegistry {
    /// Asks nothing yet.
    pub fn new(engine: Arc<dyn Engine>, credentials: Credentials) -> Self {
        Self { engine, credentials, limits: Limits::default() }
    }
}

impl EngineRegistry {
    async fn ask(&self, reference: &Reference) -> Result<Result<Digest, EngineError>, RegistryError> {
        let credential = self.credential(reference).await?;
        self.limits.check(reference.registry())?;
        Ok(self.engine.remote_digest(reference, credential.as_ref()).await)
    }

    fn read(&self, reference: &Reference, error: &EngineError) -> RegistryError {
        let error = read(reference, error);
        self.limits.note(reference.registry(), &error);
        error
    }
}

#[async_trait]
impl Registry for EngineRegistry {
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        if let Target::Digest(digest) = reference.target() {
            return Ok(digest.clone());
        }
        self.ask(reference).await?.map_err(|error| self.read(reference, &error))
    }

    async fn has(&self, reference: &Reference, digest: &Digest) -> Result<bool, RegistryError> {
        let reference = reference.at_digest(digest);
        match self.ask(&reference).await? {
            Ok(_) => Ok(true),
            Err(EngineError::Refused { message, .. }) if message.contains("manifest unknown") => Ok(false),
            Err(error) => Err(self.read(&reference, &error)),
        }
    }

    async fn credential(&self, reference: &Reference) -> Result<Option<Credential>, RegistryError> {
        self.credentials.find(reference.registry(), reference.repository()).await
    }

    fn limits(&self) -> Vec<RateLimit> {
        self.limits.seen()
    }
}

fn read(reference: &Reference, error: &EngineError) -> RegistryError {
    let host = reference.registry().to_owned();
    match error {
        EngineError::Refused { message, .. } if message.contains("toomanyrequests") || message.contains("429 Too Many Requests") => {
            RegistryError::TooManyRequests { host, seconds: PAUSE.as_secs() }
        }
        EngineError::Refused { status: 501, message, .. } => {
            RegistryError::EngineWithoutCall { reference: reference.clone(), message: message.clone() }
        }
        EngineError::Refused { message, .. } => RegistryError::Engine { reference: reference.clone(), message: message.clone() },
        other => RegistryError::Engine { reference: reference.clone(), message: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Refusal;

    fn said(status: u16, message: &str) -> RegistryError {
        let refused = EngineError::Refused { call: "ask".to_owned(), refusal: Refusal::Other, status, message: message.to_owned() };
        read(&"lab:5000/web:latest".parse().expect("a reference"), &refused)
    }

    #[test]
    fn an_engine_without_the_call_is_told_from_one_that_was_asked_in_vain() {
        let without = said(501, "Podman has no such call");
        assert_eq!(without.to_string(), "the engine cannot be asked where lab:5000/web:latest points: Podman has no such call");
        assert!(without.help().contains("via = \"engine\"") && !without.help().contains("docker"), "{}", without.help());
        assert!(said(500, "manifest unknown").help().contains("docker pull lab:5000/web:latest"));
        assert!(matches!(said(500, "toomanyrequests: slow down"), RegistryError::TooManyRequests { .. }));
    }
}
