//! What speaks against a container that has to prove itself, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the health gate saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum GateFailure {
    /// The process exited.
    Exited {
        /// Its exit code.
        code: i64,
    },
    /// The kernel killed a process of it for want of memory.
    OutOfMemory,
    /// The process exited and the engine started it again.
    Restarted {
        /// How often, as far as it was seen.
        times: u64,
        /// The last exit code that was seen; none if it was up again at each look.
        code: Option<i64>,
    },
    /// The HEALTHCHECK turned unhealthy after the start period.
    Unhealthy,
    /// The probe failed too often in a row after it had succeeded.
    Probe {
        /// How often.
        times: u32,
        /// What the last one saw.
        last: String,
    },
    /// It was not healthy in time.
    Deadline {
        /// How long it had.
        seconds: u64,
        /// What the last probe saw, where there is one.
        #[serde(default)]
        last_probe: Option<String>,
    },
    /// What its unit makes beside it was well before, and is not any more.
    Sibling {
        /// The container.
        name: String,
        /// What is wrong with that.
        why: Box<GateFailure>,
    },
}

impl fmt::Display for GateFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with code {code}"),
            Self::OutOfMemory => f.write_str("ran out of memory"),
            Self::Restarted { times, code: Some(code) } => write!(f, "exited with code {code} and was restarted (restarts seen: {times})"),
            Self::Restarted { times, code: None } => write!(f, "exited and was restarted (restarts seen: {times})"),
            Self::Unhealthy => f.write_str("turned unhealthy"),
            Self::Probe { times, last } => write!(f, "failed its probe {times} times in a row (last probe: {last})"),
            Self::Deadline { seconds, last_probe: None } => write!(f, "was not healthy within {seconds} s"),
            Self::Sibling { name, why } => write!(f, "runs beside `{name}`, which was well before and {why}"),
            Self::Deadline { seconds, last_probe: Some(last) } => write!(f, "was not healthy within {seconds} s (last probe: {last})"),
        }
    }
}
