//! The configuration as the program uses it, and its defaults.

use std::path::PathBuf;
use std::time::Duration;

use super::engine_address::EngineAddress;

/// The configuration, every value checked. [`Default`] is what holds where nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `engine`: the engine's socket. None: the usual paths are tried.
    pub engine: Option<EngineAddress>,
    /// `state_dir`: absolute path of the directory that holds the store and the lock.
    pub state_dir: PathBuf,
    /// `select`: which containers are rotated without being named.
    pub select: Select,
    /// `keep_old`: how long the predecessor is kept after its successor has proved itself. Zero: not at all.
    pub keep_old: Duration,
    /// `min_healthy`: how long the successor must stay well, without interruption; longer than zero.
    /// None: 10 s without a HEALTHCHECK, 2 s after one turned healthy. Set, it holds for both.
    pub min_healthy: Option<Duration>,
    /// `deadline`: how long the successor may take to its first well moment; longer than zero. None: computed from the HEALTHCHECK, 5 minutes without.
    pub deadline: Option<Duration>,
}

/// Which containers are rotated without being named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// Those with the label `rotate.enable=true`.
    Labelled,
    /// All but those with the label `rotate.enable=false`.
    All,
}

impl Select {
    /// The words for it in the file.
    pub const WORDS: &'static [&'static str] = &["labelled", "all"];
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine: None,
            state_dir: PathBuf::from("/var/lib/rotate"),
            select: Select::Labelled,
            keep_old: Duration::from_secs(24 * 60 * 60),
            min_healthy: None,
            deadline: None,
        }
    }
}
