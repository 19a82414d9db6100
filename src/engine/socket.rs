//! Where the engine's socket is: what was asked for, else what the environment says, else the usual paths.

use std::path::{Path, PathBuf};

/// The address is not one that this program talks to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// `tcp://`, `ssh://`, `http://`: another host, or a socket open to the network.
    #[error("{origin} is `{address}`: rotate talks to an engine on its own host only, over a Unix socket")]
    NotLocal {
        /// Which setting said so.
        origin: &'static str,
        /// The address.
        address: String,
    },
    /// Not an absolute path.
    #[error("{origin} is `{address}`, which is not `unix:///` and an absolute path")]
    Malformed {
        /// Which setting said so.
        origin: &'static str,
        /// The address.
        address: String,
    },
    /// Nothing was asked for, and none of the usual sockets exists.
    #[error("no engine found: none of {} exists", .0.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    NoneFound(Vec<PathBuf>),
}

impl SocketError {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotLocal { .. } => {
                "run rotate on the engine's host: a rotation must be able to go on when the network does not; or unset it and use --engine unix:///var/run/docker.sock"
            }
            Self::Malformed { .. } => "write it as unix:///var/run/docker.sock",
            Self::NoneFound(_) => "start the engine, or name its socket with --engine unix:///path",
        }
    }
}

/// Finds the socket's path. In this order: `--engine`, `DOCKER_HOST`, `engine` of the configuration, the usual paths.
pub fn find(
    flag: Option<&str>,
    docker_host: Option<&str>,
    config: Option<&Path>,
    runtime_dir: Option<&Path>,
) -> Result<PathBuf, SocketError> {
    for (origin, address) in [("--engine", flag), ("DOCKER_HOST", docker_host)] {
        if let Some(address) = address.filter(|a| !a.is_empty()) {
            return path_of(origin, address);
        }
    }
    if let Some(path) = config {
        return Ok(path.to_owned());
    }
    let mut usual = vec![PathBuf::from("/var/run/docker.sock")];
    usual.extend(runtime_dir.map(|dir| dir.join("docker.sock")));
    usual.iter().find(|path| path.exists()).cloned().ok_or(SocketError::NoneFound(usual.clone()))
}

fn path_of(origin: &'static str, address: &str) -> Result<PathBuf, SocketError> {
    let address_owned = address.to_owned();
    match address.split_once("://") {
        Some(("unix", path)) if path.starts_with('/') => Ok(PathBuf::from(path)),
        None if address.starts_with('/') => Ok(PathBuf::from(address)),
        Some(("unix", _)) | None => Err(SocketError::Malformed { origin, address: address_owned }),
        Some(_) => Err(SocketError::NotLocal { origin, address: address_owned }),
    }
}
