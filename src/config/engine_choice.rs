//! `engines`: which of the host's engines are served. Pure.

use std::fmt;
use std::str::FromStr;

use super::value::{Found, Kind, ValueError};
use crate::model::{EngineKind, EngineName, EngineNameError};

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineChoice {
    /// This one.
    One(EngineName),
    /// `podman:*`: those of all users who linger.
    OfUsers(EngineKind),
}

/// Why a list cannot be used.
pub(super) enum EnginesError {
    WrongType(Found),
    BadValue(String, ValueError),
}

/// Reads the list: no entry twice, at least one.
pub(super) fn engines(value: &toml::Value) -> Result<Vec<EngineChoice>, EnginesError> {
    let toml::Value::Array(items) = value else { return Err(EnginesError::WrongType(Found::of(value))) };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let toml::Value::String(text) = item else { return Err(EnginesError::WrongType(Found::ListWith(Box::new(Found::of(item))))) };
        let bad = |reason| EnginesError::BadValue(text.clone(), reason);
        let choice: EngineChoice = text.parse().map_err(|reason: EngineNameError| bad(reason.into()))?;
        if all.contains(&choice) {
            return Err(bad(ValueError::Twice));
        }
        all.push(choice);
    }
    if all.is_empty() { Err(EnginesError::WrongType(Found::EmptyList)) } else { Ok(all) }
}

impl EnginesError {
    /// With its key and place.
    pub(super) fn at(self, at: super::Position) -> super::ConfigError {
        let key = "engines".to_owned();
        match self {
            Self::WrongType(found) => super::ConfigError::WrongType { at, key, kind: Kind::Engines, found },
            Self::BadValue(value, reason) => super::ConfigError::BadValue { at, key, value, reason },
        }
    }
}

impl FromStr for EngineChoice {
    type Err = EngineNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "docker:*" => Ok(Self::OfUsers(EngineKind::Docker)),
            "podman:*" => Ok(Self::OfUsers(EngineKind::Podman)),
            name => name.parse().map(Self::One),
        }
    }
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => name.fmt(f),
            Self::OfUsers(kind) => write!(f, "{}:*", kind.word()),
        }
    }
}
