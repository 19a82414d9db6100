//! Where each value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::position::Position;

/// Whose word a value is. Displayed, and in JSON, as `default` or as `/etc/rotate/rotate.toml:14`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody's: no file has the key.
    Default,
    /// A file's.
    File {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// The places of all keys that are written; of a key that several files have, the one that counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Position>);

impl Origins {
    /// Of one of the keys, or of one command, `health.commands.NAME`.
    pub fn of(&self, key: &str) -> Origin {
        self.0.get(key).map_or(Origin::Default, |at| Origin::File { path: at.path.clone(), line: at.line })
    }
}

impl FromIterator<(String, Position)> for Origins {
    fn from_iter<T: IntoIterator<Item = (String, Position)>>(places: T) -> Self {
        Self(places.into_iter().collect())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
