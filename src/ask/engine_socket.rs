//! Which engine: what was asked for, else what the environment or the configuration says, else the usual paths.

use std::path::{Path, PathBuf};

use super::AwayError;
use crate::config::{Config, EngineAddress, EngineAddressError};
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
    /// A user's by its place, and it is not known who that is, nor whose credentials it may be told.
    #[error("the engine at {} is a user's: {why}", .socket.display())]
    Owner {
        /// The socket.
        socket: PathBuf,
        /// What is known of the user. Part of the clause, hence no source of its own.
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
            Self::Owner { .. } => "see whether `getent passwd` knows the user, or name another engine".to_owned(),
            Self::NoneFound(_) => {
                "start the engine (Podman's socket: `systemctl enable --now podman.socket`), or name its socket with --engine unix:///path"
                    .to_owned()
            }
        }
    }
}

/// Where the engine is looked for, besides the configuration.
#[derive(Debug, Clone, Default)]
pub struct Where {
    /// `--engine`.
    pub flag: Option<String>,
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// Of two engines of which none was asked for, the user's counts.
    pub prefers_users: bool,
}

impl Where {
    /// With what this process's environment says.
    pub fn new(flag: Option<String>, prefers_users: bool) -> Self {
        let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self { flag, docker_host: std::env::var("DOCKER_HOST").ok(), runtime_dir, prefers_users }
    }

    /// Of the only engine.
    pub(super) fn socket(&self, config: &Config) -> Result<PathBuf, SocketError> {
        let asked_for = asked_for(self.flag.as_deref(), self.docker_host.as_deref(), config.engine.as_ref())?;
        asked_for.map_or_else(|| usual(self.runtime_dir.as_deref(), self.prefers_users), Ok)
    }

    /// Looks at what was asked for, not at whether an engine is there: one may come later.
    ///
    /// Errors: an address at which no engine can ever be.
    pub fn check(&self, config: &Config) -> Result<(), SocketError> {
        if !config.engines.is_empty() && self.flag.is_none() {
            return Ok(());
        }
        match self.socket(config) {
            Ok(_) | Err(SocketError::NoneFound(_) | SocketError::Away { .. } | SocketError::Owner { .. }) => Ok(()),
            Err(error @ SocketError::Address { .. }) => Err(error),
        }
    }
}

/// The socket that was asked for. In this order: `--engine`, `DOCKER_HOST`, `engine` of the configuration.
fn asked_for(flag: Option<&str>, docker_host: Option<&str>, config: Option<&EngineAddress>) -> Result<Option<PathBuf>, SocketError> {
    for (origin, address) in [("--engine", flag), ("DOCKER_HOST", docker_host)] {
        if let Some(address) = address.filter(|a| !a.is_empty()) {
            let parsed = address.parse::<EngineAddress>();
            let parsed = parsed.map_err(|reason| SocketError::Address { origin, address: address.to_owned(), reason })?;
            return Ok(Some(parsed.socket().to_owned()));
        }
    }
    Ok(config.map(|address| address.socket().to_owned()))
}

/// The first of the usual paths at which there is something.
fn usual(runtime_dir: Option<&Path>, users_first: bool) -> Result<PathBuf, SocketError> {
    let paths = usual_paths(runtime_dir, users_first);
    paths.iter().find(|path| path.exists()).cloned().ok_or_else(|| SocketError::NoneFound(paths.clone()))
}

/// Docker's before Podman's, rootful before rootless; or with `users_first` those of the user before those of the host.
fn usual_paths(runtime_dir: Option<&Path>, users_first: bool) -> Vec<PathBuf> {
    let [docker, podman] = ["/var/run/docker.sock", "/run/podman/podman.sock"].map(|path| Some(PathBuf::from(path)));
    let [users_docker, users_podman] = ["docker.sock", "podman/podman.sock"].map(|path| Some(runtime_dir?.join(path)));
    let order = if users_first { [users_docker, users_podman, docker, podman] } else { [docker, users_docker, podman, users_podman] };
    order.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotate_of_one_s_own_looks_for_the_user_s_engines_first_and_the_host_s_for_docker() {
        let paths = |users_first| usual_paths(Some(Path::new("/run/user/1000")), users_first);
        let [docker, podman] = ["/var/run/docker.sock", "/run/podman/podman.sock"].map(PathBuf::from);
        let [users_docker, users_podman] = ["/run/user/1000/docker.sock", "/run/user/1000/podman/podman.sock"].map(PathBuf::from);
        assert_eq!(paths(true), [&users_docker, &users_podman, &docker, &podman].map(Clone::clone));
        assert_eq!(paths(false), [&docker, &users_docker, &podman, &users_podman].map(Clone::clone));
        assert_eq!(usual_paths(None, true), [docker, podman]);
    }
}
