//! Why the daemon does not start.

use std::io;

use crate::ask::{AskError, Exit, Problem};
use crate::control::ListenError;
use crate::schedule::ZoneError;
use crate::store::{LockError, StoreError};

/// Before the daemon is ready. Afterwards nothing ends it but a signal.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Lock, store, or the host.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The time zone.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// The socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl DaemonError {
    /// As it is shown.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Ask(error) => error.problem(),
            Self::Zone(error) => {
                let state = "nothing was changed".to_owned();
                Problem { error: error.to_string(), state, help: error.help(), exit: Exit::Configuration }
            }
            Self::Listen(error) => error.problem(),
        }
    }
}

impl From<LockError> for DaemonError {
    fn from(error: LockError) -> Self {
        Self::Ask(error.into())
    }
}

impl From<StoreError> for DaemonError {
    fn from(error: StoreError) -> Self {
        Self::Ask(error.into())
    }
}

impl From<io::Error> for DaemonError {
    fn from(error: io::Error) -> Self {
        Self::Ask(AskError::Host(error))
    }
}
