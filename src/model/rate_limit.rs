//! How often a registry may still be asked, by its own words.

use serde::Serialize;

/// What one registry, or one of its mirrors, last said of its limits. An exhausted one is news and no error: a HEAD may be free all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RateLimit {
    /// Its host, as references name it.
    pub registry: String,
    /// How many requests it allows.
    pub limit: Option<u64>,
    /// How many of them are left.
    pub remaining: Option<u64>,
    /// Over how long they count.
    pub window_seconds: Option<u64>,
    /// For how long it wants to be left alone; none if it does not.
    pub retry_after_seconds: Option<u64>,
}

impl RateLimit {
    /// True if it says nothing.
    pub fn is_empty(&self) -> bool {
        self.limit.is_none() && self.remaining.is_none() && self.retry_after_seconds.is_none()
    }
}
