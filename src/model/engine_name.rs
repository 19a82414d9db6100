//! How an engine of this host is called: `docker`, `podman`, or a user's: `podman:alice`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Which program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineKind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

/// An engine of this host, by the word that a person uses for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineName {
    kind: EngineKind,
    user: Option<String>,
}

/// The text is no engine's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineNameError {
    /// No engine is called so.
    #[error("no engine is called so")]
    Unknown,
    /// What stands after the colon cannot be a user's name.
    #[error("what follows the colon is no user's name")]
    NoUser,
    /// A number: the same engine would have two names.
    #[error("a user is named here, not numbered")]
    Number,
    /// Root's engine is the host's.
    #[error("root's engine is the host's own")]
    Root,
}

impl EngineNameError {
    /// What to write instead.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unknown | Self::NoUser => "an engine is called \"docker\", \"podman\" or, a user's, \"podman:alice\"",
            Self::Number => "write the user's name: \"podman:alice\"",
            Self::Root => "write it without the user",
        }
    }
}

impl EngineKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Where a user's lies below that user's `/run/user/ID`.
    fn place(self) -> &'static str {
        match self {
            Self::Docker => "docker.sock",
            Self::Podman => "podman/podman.sock",
        }
    }
}

impl EngineName {
    /// The host's own, or a user's.
    pub fn new(kind: EngineKind, user: Option<String>) -> Self {
        Self { kind, user }
    }

    /// Which program it is.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// Whose it is; none: the host's.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// `podman:alice/web` names the engine, too; `web`, and `/web` as Docker writes it, do not.
    pub fn split(typed: &str) -> (Option<Self>, &str) {
        let named = typed.split_once('/').and_then(|(engine, name)| Some((engine.parse().ok()?, name)));
        named.map_or((None, typed), |(engine, name)| (Some(engine), name))
    }
}

/// Where the host's own engine of this kind listens.
pub fn host_socket(kind: EngineKind) -> PathBuf {
    PathBuf::from(match kind {
        EngineKind::Docker => "/var/run/docker.sock",
        EngineKind::Podman => "/run/podman/podman.sock",
    })
}

/// Where the engine of a user listens.
pub fn user_socket(kind: EngineKind, user_id: u32) -> PathBuf {
    PathBuf::from(format!("/run/user/{user_id}")).join(kind.place())
}

/// The user in whose runtime directory a socket lies: whatever listens there, that user can put something else in its place. None: elsewhere.
pub fn user_of_place(socket: &Path) -> Option<u32> {
    let below = ["/run/user", "/var/run/user"].iter().find_map(|folder| socket.strip_prefix(folder).ok())?;
    below.iter().next()?.to_str()?.parse().ok()
}

/// Which engine listens at one of the usual places, and the number of the user whose it is. None: elsewhere.
pub fn usual_engine(socket: &Path) -> Option<(EngineKind, Option<u32>)> {
    let text = socket.to_str()?;
    let below = text.strip_prefix("/var/run/").or_else(|| text.strip_prefix("/run/"))?;
    match below {
        "docker.sock" => return Some((EngineKind::Docker, None)),
        "podman/podman.sock" => return Some((EngineKind::Podman, None)),
        _ => {}
    }
    let (user, place) = below.strip_prefix("user/")?.split_once('/')?;
    let kind = [EngineKind::Docker, EngineKind::Podman].into_iter().find(|kind| kind.place() == place)?;
    Some((kind, Some(user.parse().ok()?)))
}

impl FromStr for EngineName {
    type Err = EngineNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, user) = text.split_once(':').map_or((text, None), |(word, user)| (word, Some(user)));
        let kinds = [EngineKind::Docker, EngineKind::Podman];
        let kind = kinds.into_iter().find(|kind| kind.word() == word).ok_or(EngineNameError::Unknown)?;
        match user {
            None => Ok(Self { kind, user: None }),
            Some("root") => Err(EngineNameError::Root),
            Some(user) if !user.is_empty() && user.chars().all(|c| c.is_ascii_digit()) => Err(EngineNameError::Number),
            Some(user) if is_a_users_name(user) => Ok(Self { kind, user: Some(user.to_owned()) }),
            Some(_) => Err(EngineNameError::NoUser),
        }
    }
}

/// What useradd(8) and directories of users give out; nothing that means something in a path or on a command line.
fn is_a_users_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '+' | '$');
    text.len() <= 255 && text.starts_with(|c: char| c.is_alphanumeric() || c == '_') && text.chars().all(is_plain)
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        self.user.as_ref().map_or(Ok(()), |user| write!(f, ":{user}"))
    }
}
