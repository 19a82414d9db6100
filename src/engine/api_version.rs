//! Versions of Docker's API: which an engine speaks, and which of them we do.

use std::fmt;
use std::str::FromStr;

/// From here on the engine reports every field that a successor needs (Docker 20.10).
pub const LOWEST_API: ApiVersion = ApiVersion(1, 41);
/// From 1.52 on inspect no longer shows the configured MAC address (`Config.MacAddress`).
pub const HIGHEST_API: ApiVersion = ApiVersion(1, 51);
/// From here on a create request may name several networks.
pub const SEVERAL_NETWORKS: ApiVersion = ApiVersion(1, 44);
/// From here on a stop may name a signal; before, it is dropped without a word.
pub const STOP_SIGNAL: ApiVersion = ApiVersion(1, 42);

/// Such as 1.45.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(u32, u32);

impl ApiVersion {
    /// The newest that both sides speak; none if there is none. The engine speaks from `lowest` to `newest`.
    pub fn settle(lowest: Self, newest: Self) -> Option<Self> {
        let spoken = newest.min(HIGHEST_API);
        (spoken >= LOWEST_API && spoken >= lowest).then_some(spoken)
    }
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.split_once('.').ok_or(())?;
        Ok(Self(major.parse().map_err(|_| ())?, minor.parse().map_err(|_| ())?))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
