//! Exit codes: one enum, known to the man page and the unit file.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};

/// How a command ended; of two that are true, the greater one is told. As JSON: its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A rotation failed or was rolled back, a container is unwell after its rotation, or nobody said whether there is something to do for one.
    Failed = 1,
    /// The command line is wrong, or names something that does not exist.
    Usage = 2,
    /// A person is needed: stuck, or an unexplained difference.
    PersonNeeded = 3,
    /// No engine, or it went away (`EX_UNAVAILABLE`).
    NoEngine = 69,
    /// Another process holds the state directory, or the daemon has too much to do (`EX_TEMPFAIL`).
    Busy = 75,
    /// Not permitted (`EX_NOPERM`).
    NotPermitted = 77,
    /// Configuration, or a state directory that cannot be used (`EX_CONFIG`).
    Configuration = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        exit as u8
    }
}

impl TryFrom<u8> for Exit {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        use Exit::*;
        let all = [Done, Failed, Usage, PersonNeeded, NoEngine, Busy, NotPermitted, Configuration];
        all.into_iter().find(|exit| *exit as u8 == number).ok_or_else(|| format!("{number} is no exit code of rotate"))
    }
}
