//! An error as a person reads it and as it travels.

use serde::{Deserialize, Serialize};

use super::Exit;
use crate::config::ConfigError;

/// What happened, how things stand, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened, with its causes.
    pub error: String,
    /// What is true now.
    pub state: String,
    /// What to do.
    pub help: String,
    /// The exit code of the command.
    pub exit: Exit,
}

/// An error and its causes in one line; a cause that its effect already names is not said twice.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl From<&ConfigError> for Problem {
    fn from(error: &ConfigError) -> Self {
        let exit = match error {
            ConfigError::Unreadable { source, .. } | ConfigError::DropIns { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Exit::NotPermitted
            }
            _ => Exit::Configuration,
        };
        Self { error: chain(error), state: error.state().to_string(), help: error.help().to_string(), exit }
    }
}
