//! Every error that ends a command.

use std::io;
use std::path::PathBuf;

use crate::ask::{AskError, Exit, Problem};
use crate::config::ConfigError;
use crate::control::ClientError;
use crate::daemon::DaemonError;

/// What ends a command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What was asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The daemon could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The daemon could not run.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A file that was to be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl CliError {
    /// As it is shown.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Config(error) => error.into(),
            Self::Ask(error) => error.problem(),
            Self::Client(error) => error.problem(),
            Self::Daemon(error) => error.problem(),
            Self::Write { source, .. } => Problem {
                error: self.to_string(),
                state: "what was to be written may be there in part".to_owned(),
                help: "name a directory that exists and may be written".to_owned(),
                exit: if source.kind() == io::ErrorKind::PermissionDenied { Exit::NotPermitted } else { Exit::Failed },
            },
        }
    }
}
