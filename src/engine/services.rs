//! systemd, as far as it owns containers: narrow, so that a simulated one is possible.

use std::path::PathBuf;

use async_trait::async_trait;
use jiff::Timestamp;

use super::EngineError;
use crate::model::{Manager, Named, Played, ServiceState, Warning};

/// The manager of systemd whose units own containers of one engine: the system's, or a user's.
///
/// Every call ends; what was asked for goes on without us. Mutating calls are made by `rotation/act/perform.rs` and nobody else.
#[async_trait]
pub trait Services: Send + Sync {
    /// How these units stand, in the order of the names; also those that do not exist.
    async fn show(&self, names: &[String]) -> Result<Vec<ServiceState>, EngineError>;
    /// Containers that a unit starts, makes or removes by name or id: not all of them have a label of it.
    ///
    /// Of all units that systemd has in memory, up or not: an enabled one that is down starts its container with the next boot. A host that was not booted
    /// with systemd has none.
    async fn named(&self) -> Result<Vec<Named>, EngineError> {
        Ok(Vec::new())
    }
    /// The image that the files of a unit of Quadlet's ask for, as they write it, whatever a drop-in of ours makes of it. None: they do not say.
    async fn own_image(&self, _name: &str) -> Result<Option<String>, EngineError> {
        Ok(None)
    }
    /// What the files of Kubernetes say that a unit plays; none: it plays none, or nobody can read one of them.
    async fn played(&self, _state: &ServiceState) -> Result<Option<Played>, EngineError> {
        Ok(None)
    }
    /// What a unit and its container wrote since then, oldest first.
    async fn log_tail(&self, name: &str, since: Timestamp, lines: usize) -> Result<Vec<String>, EngineError>;
    /// Those of these files that are there, as the user sees it whose manager it is.
    async fn existing(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, EngineError>;
    /// How a person reaches it.
    async fn manager(&self) -> Result<Manager, EngineError> {
        Ok(Manager::System)
    }
    /// What it does by itself and a person should know who uses rotate.
    async fn warning(&self) -> Result<Option<Warning>, EngineError> {
        Ok(None)
    }

    /// Asks for a restart, without waiting for it. The start limit counts anew from here, as do those of the services that it needs: what was tried before
    /// must not keep it down.
    async fn restart(&self, name: &str) -> Result<(), EngineError>;
    /// Asks for a start, without waiting for it. The start limit counts anew from here as well: restarts of what it depends on have used it up.
    async fn start(&self, name: &str) -> Result<(), EngineError>;
    /// Writes files beside units with that user's rights, and has systemd read its units again.
    async fn write_files(&self, files: &[(PathBuf, String)]) -> Result<(), EngineError>;
    /// Removes files that [`Services::write_files`] wrote, with their folders if they are empty then. Absent is success.
    async fn remove_files(&self, paths: &[PathBuf]) -> Result<(), EngineError>;
}
