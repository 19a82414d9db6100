//! The address of an engine, wherever it was given: configuration, command line or environment.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::text::quoted;

/// A Unix socket on this host, as `unix:///run/docker.sock`. Whether an engine answers there is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineAddress(PathBuf);

/// The text is not the address of an engine on this host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineAddressError {
    /// `tcp`, `ssh`, `http`, …: an engine of another host, or one whose files and units this host does not see.
    #[error("rotate works with an engine on its own host, over a Unix socket, not over {}", quoted(scheme))]
    Remote {
        /// What stands before `://`.
        scheme: String,
    },
    /// No `unix://` before it.
    #[error("it does not begin with `unix://`")]
    NoScheme,
    /// What follows is not a path from the root.
    #[error("its path does not begin with `/`")]
    NotAbsolute,
}

impl EngineAddress {
    /// Absolute path of the socket.
    pub fn socket(&self) -> &Path {
        &self.0
    }
}

impl EngineAddressError {
    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::Remote { .. } => "run rotate on that host, or name a socket: `unix:///var/run/docker.sock`".to_owned(),
            Self::NoScheme | Self::NotAbsolute => "write it with three slashes: `unix:///var/run/docker.sock`".to_owned(),
        }
    }
}

impl FromStr for EngineAddress {
    type Err = EngineAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("unix", path)) if path.len() > 1 && path.starts_with('/') => Ok(Self(PathBuf::from(path))),
            Some(("unix", _)) => Err(EngineAddressError::NotAbsolute),
            Some((scheme, _)) => Err(EngineAddressError::Remote { scheme: scheme.to_owned() }),
            None => Err(EngineAddressError::NoScheme),
        }
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix://{}", self.0.display())
    }
}
