//! Which engine: what was asked for, else what the environment or the configuration says, else the usual paths.

use std::path::{Path, PathBuf};

use super::AwayError;
use crate::config::{EngineAddress, EngineAddressError};
use crate::model::EngineName;

/// No socket to talk to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// An address that this program does not talk to.
    #[error("{origin} is `{address}`: {reason}")]
    Address {
        /// Which setting said so.
        origin: &'static str,
        /// The address.
        address: String,
        /// Why not. Part of the clause, hence no source of its own.
        reason: EngineAddressError,
    },
    /// An engine that was named is not there.
    #[error("{why}")]
    Away {
        /// What it is called.
        engine: EngineName,
        /// Why not. Part of the clause, hence no source of its own.
        why: AwayError,
    },
    /// Nothing was asked for, and none of the usual sockets exists.
    #[error("no engine found: none of {} exists", .0.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    NoneFound(Vec<PathBuf>),
}

impl SocketError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Address { reason, .. } => reason.help(),
            Self::Away { why, .. } => why.help(),
            Self::NoneFound(_) => {
                "start the engine (Podman's socket: `systemctl enable --now podman.socket`), or name its socket with --engine unix:///path"
                    .to_owned()
            }
        }
    }
}

/// The socket that was asked for. In this order: `--engine`, `DOCKER_HOST`, `engine` of the configuration.
pub fn asked_for(flag: Option<&str>, docker_host: Option<&str>, config: Option<&EngineAddress>) -> Result<Option<PathBuf>, SocketError> {
    for (origin, address) in [("--engine", flag), ("DOCKER_HOST", docker_host)] {
        if let Some(address) = address.filter(|a| !a.is_empty()) {
            let parsed = address.parse::<EngineAddress>();
            let parsed = parsed.map_err(|reason| SocketError::Address { origin, address: address.to_owned(), reason })?;
            return Ok(Some(parsed.socket().to_owned()));
        }
    }
    Ok(config.map(|address| address.socket().to_owned()))
}

/// The first of the usual paths at which there is something: Docker's before Podman's, rootful before rootless, or with `users_first` those of the
/// user before those of the host.
pub fn usual(runtime_dir: Option<&Path>, users_first: bool) -> Result<PathBuf, SocketError> {
    let below = |folder: &str| runtime_dir.map(|dir| dir.join(folder));
    let mut usual = vec![PathBuf::from("/var/run/docker.sock")];
    usual.extend(below("docker.sock"));
    usual.push(PathBuf::from("/run/podman/podman.sock"));
    usual.extend(below("podman/podman.sock"));
    usual.sort_by_key(|path| users_first && runtime_dir.is_none_or(|dir| !path.starts_with(dir)));
    usual.iter().find(|path| path.exists()).cloned().ok_or_else(|| SocketError::NoneFound(usual.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotate_of_one_s_own_looks_for_the_user_s_engine_first() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("podman")).expect("a folder");
        std::fs::write(folder.path().join("podman/podman.sock"), "").expect("a file");
        assert_eq!(usual(Some(folder.path()), true), Ok(folder.path().join("podman/podman.sock")));
        let Err(SocketError::NoneFound(asked)) = usual(Some(Path::new("/nowhere")), true) else { return };
        assert!(asked[0].starts_with("/nowhere"), "{asked:?}");
    }
}
