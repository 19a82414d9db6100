//! Exit codes: one enum, known to the man page and the unit file.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A rotation failed or was rolled back, or a container is unwell after its rotation.
    Failed = 1,
    /// The command line is wrong, or names something that does not exist.
    Usage = 2,
    /// A person is needed: stuck, or an unexplained difference.
    PersonNeeded = 3,
    /// No engine, or it went away (`EX_UNAVAILABLE`).
    NoEngine = 69,
    /// Another process holds the state directory (`EX_TEMPFAIL`).
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
