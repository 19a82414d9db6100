//! Files of credentials that a container's label names (`io.containers.autoupdate.authfile`): they alone are for its image.

use super::Cycle;
use crate::engine::EngineError;
use crate::model::Reference;
use crate::plan::Candidate;
use crate::registry::{Credentials, RegistryError};
use crate::rotation::Record;

impl Cycle<'_> {
    /// Has registries asked with what the labels of these name.
    pub(super) async fn lend(&self, candidates: &[Candidate]) {
        for candidate in candidates {
            if let Some(path) = &candidate.policy.auth_file {
                self.lend_one(candidate.container.name(), &candidate.reference, path).await;
            }
        }
    }

    /// The same for a rotation that goes on: another process may have begun it.
    pub(super) async fn lend_to(&self, record: &Record) {
        for (n, member) in record.members.iter().enumerate() {
            let path = if n == 0 { &record.auth_file } else { &member.auth_file };
            if let Some(path) = path {
                self.lend_one(&member.name, &member.reference, path).await;
            }
        }
    }

    async fn lend_one(&self, container: &str, reference: &Reference, path: &str) {
        let failed = |why| RegistryError::AuthFile { container: container.to_owned(), path: path.to_owned(), why };
        let credentials = match self.engine.auth_file(path).await {
            Ok(None) => return,
            Ok(Some(file)) => Credentials::of_text(&file.text, file.is_anothers).map_err(|fault| failed(fault.to_string())),
            Err(EngineError::Refused { message, .. }) => Err(failed(message)),
            Err(error) => Err(failed(error.to_string())),
        };
        self.registry.lend(reference, credentials);
    }
}
