//! A health probe that the operator wants instead of the image's HEALTHCHECK.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::text::masked;

/// What is asked of a container, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is asked.
    pub check: Check,
    /// From the end of one probe to the beginning of the next; longer than zero.
    pub interval: Duration,
    /// A probe without an answer after so long has failed; longer than zero.
    pub timeout: Duration,
    /// So many failures in a row make a container that was well unwell; at least one.
    pub retries: u32,
}

/// One question to a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Check {
    /// `GET path` over HTTP to the container's own address.
    Http {
        /// The port inside the container, not a published one.
        port: u16,
        /// Begins with `/`.
        path: String,
        /// What the status must be.
        status: StatusRange,
        /// What the body must contain.
        text: Option<String>,
    },
    /// A TCP connection to the container's own address.
    Tcp {
        /// The port inside the container, not a published one.
        port: u16,
    },
    /// A command in the container: exit code 0 is well.
    Exec {
        /// Never empty.
        argv: Vec<String>,
    },
    /// A command on the host: exit code 0 is well. Defined in `rotate.toml` only.
    Command {
        /// Its name there.
        name: String,
        /// Never empty; the first is an absolute path.
        argv: Vec<String>,
    },
}

/// Status codes of HTTP, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRange {
    /// From 100.
    pub lowest: u16,
    /// To 599.
    pub highest: u16,
}

impl StatusRange {
    /// 200 to 399, as curl's `--fail` and Kubernetes' httpGet have it.
    pub const DEFAULT: Self = Self { lowest: 200, highest: 399 };

    /// True if `status` is one of them.
    pub fn contains(self, status: u16) -> bool {
        (self.lowest..=self.highest).contains(&status)
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lowest == self.highest { write!(f, "{}", self.lowest) } else { write!(f, "{}-{}", self.lowest, self.highest) }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A query may hold a password.
            Self::Http { port, path, .. } => write!(f, "http :{port}{}", masked(path)),
            Self::Tcp { port } => write!(f, "tcp :{port}"),
            // An argument may be a password: the program alone says enough.
            Self::Exec { argv } => write!(f, "exec {}", argv.first().map_or("", String::as_str)),
            Self::Command { name, .. } => write!(f, "command {name}"),
        }
    }
}
