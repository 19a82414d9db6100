//! A person's word that a container is not to be rotated.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A container that a person holds as it is. It belongs to the name, whatever container has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The container's name.
    pub name: String,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// When it ends by itself; none: when it is released.
    pub until: Option<Timestamp>,
    /// Since when.
    pub at: Timestamp,
}

impl Hold {
    /// True until its end.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("on hold")?;
        if let Some(until) = self.until {
            write!(f, " until {}", until.strftime("%Y-%m-%d %H:%M:%SZ"))?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}
