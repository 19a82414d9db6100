//! A signal that asks a container to end.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A signal of Linux as engines take it: `SIGINT`, `SIGRTMIN+3`, `2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StopSignal(String);

/// The text is no signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a signal")]
pub struct StopSignalError(String);

/// signal(7), without `SIG`.
const NAMES: [&str; 34] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "RTMAX",
    "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
];

impl StopSignal {
    /// With `SIG`, or a number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StopSignal {
    type Err = StopSignalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let is_number = |digits: &str, most: u8| {
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse().is_ok_and(|n: u8| (1..=most).contains(&n))
        };
        let real_time = || {
            let after = name.strip_prefix("RTMIN+").or_else(|| name.strip_prefix("RTMAX-"));
            after.is_some_and(|digits| is_number(digits, 15))
        };
        if NAMES.contains(&name) || real_time() {
            Ok(Self(format!("SIG{name}")))
        } else if is_number(text, 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(StopSignalError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for StopSignal {
    type Error = StopSignalError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<StopSignal> for String {
    fn from(signal: StopSignal) -> Self {
        signal.0
    }
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
