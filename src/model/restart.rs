//! The restart policy of a container.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the engine does when a container exits (Docker API 1.41, `HostConfig.RestartPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RestartPolicy {
    /// Nothing. The engine also writes it as an empty name.
    No,
    /// Start it again, also at boot, also when a person had stopped it before the boot.
    Always,
    /// Start it again, but at boot only if nobody had stopped it.
    UnlessStopped,
    /// Start it again after a failure, so many times at most (0: without limit).
    OnFailure(u32),
}

/// The text is not a restart policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a restart policy")]
pub struct RestartPolicyError(String);

impl RestartPolicy {
    /// The engine's two fields: name, and how many times at most.
    pub fn parts(self) -> (&'static str, u32) {
        match self {
            Self::No => ("no", 0),
            Self::Always => ("always", 0),
            Self::UnlessStopped => ("unless-stopped", 0),
            Self::OnFailure(most) => ("on-failure", most),
        }
    }

    /// From the engine's two fields.
    pub fn from_parts(name: &str, most: u32) -> Result<Self, RestartPolicyError> {
        match name {
            "" | "no" => Ok(Self::No),
            "always" => Ok(Self::Always),
            "unless-stopped" => Ok(Self::UnlessStopped),
            "on-failure" => Ok(Self::OnFailure(most)),
            other => Err(RestartPolicyError(other.to_owned())),
        }
    }
}

/// As it stands in a kept container's name: `always`, `on-failure-3`.
impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnFailure(most) if *most > 0 => write!(f, "on-failure-{most}"),
            other => f.write_str(other.parts().0),
        }
    }
}

impl FromStr for RestartPolicy {
    type Err = RestartPolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(most) = text.strip_prefix("on-failure-") else { return Self::from_parts(text, 0) };
        // `parse` alone would take `+3`.
        let is_number = most.chars().all(|c| c.is_ascii_digit());
        match most.parse() {
            Ok(most) if is_number => Ok(Self::OnFailure(most)),
            _ => Err(RestartPolicyError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for RestartPolicy {
    type Error = RestartPolicyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RestartPolicy> for String {
    fn from(policy: RestartPolicy) -> Self {
        policy.to_string()
    }
}
