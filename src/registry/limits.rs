//! Which hosts are not to be asked again, and until when.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

use super::{RegistryError, rate};
use crate::model::RateLimit;

/// Without a `Retry-After`, or with one that cannot be read.
const PAUSE: Duration = Duration::from_secs(60);
/// At most, whatever is demanded.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// A `Retry-After` above this is no number of seconds, but a date in seconds since 1970, as some registries send it.
const IS_A_DATE: u64 = 1_000_000_000;

/// What hosts said of their limits, and which are not to be asked: those that answered «too many requests» or could not be reached.
#[derive(Default)]
pub struct Limits {
    closed: Mutex<HashMap<String, (RegistryError, Option<Instant>)>>,
    seen: Mutex<BTreeMap<String, RateLimit>>,
}

impl Limits {
    /// Err: why this host is not asked now.
    pub fn check(&self, host: &str) -> Result<(), RegistryError> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        match closed.get(host) {
            Some((error, until)) if until.is_none_or(|until| Instant::now() < until) => Err(error.clone()),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes in an answer of this host: some are reasons not to ask it again.
    pub fn note(&self, host: &str, error: &RegistryError) {
        let until = match error {
            RegistryError::TooManyRequests { seconds, .. } => Some(Instant::now() + Duration::from_secs(*seconds)),
            RegistryError::Unreachable { .. } | RegistryError::Timeout { .. } => None,
            _ => return,
        };
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.insert(host.to_owned(), (error.clone(), until));
    }

    /// Takes in what the headers of an answer say of this host's limits.
    pub fn saw(&self, host: &str, headers: &HeaderMap) {
        let limit = rate::read(host, headers);
        if !limit.is_empty() {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), limit);
        }
    }

    /// All that hosts have said so far, by their names.
    pub fn seen(&self) -> Vec<RateLimit> {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (host, (error, until)) in self.closed.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let left = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
            if matches!(error, RegistryError::TooManyRequests { .. }) && !left.is_zero() {
                let limit = all.entry(host.clone()).or_insert_with(|| RateLimit { registry: host.clone(), ..RateLimit::default() });
                limit.retry_after_seconds = Some(whole_seconds(left));
            }
        }
        all.into_values().collect()
    }
}

/// How long to leave a host alone that answered 429: seconds, or a date (RFC 9110, 10.2.3).
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Duration {
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let until = |at: SystemTime| at.duration_since(now).unwrap_or_default();
    let pause = match text.parse() {
        Ok(seconds) if seconds < IS_A_DATE => Some(Duration::from_secs(seconds)),
        Ok(seconds) => Some(UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map_or(LONGEST_PAUSE, until)),
        Err(_) => httpdate::parse_http_date(text).ok().map(until),
    };
    Duration::from_secs(whole_seconds(pause.unwrap_or(PAUSE).min(LONGEST_PAUSE)))
}

/// A part of a second counts as one: asking too early is the worse mistake.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_more_than_a_day() {
        let now = UNIX_EPOCH + Duration::from_millis(1_794_960_000_500);
        for (text, seconds) in [
            (Some("0"), 0),
            (Some(" 17 "), 17),
            (Some("3600"), 3600),
            (Some("99999999"), 86400),
            (Some("18446744073709551615"), 86400),
            // 30 s after `now`, less half a second, rounded up.
            (Some("Wed, 18 Nov 2026 00:00:30 GMT"), 30),
            (Some("1794960030"), 30),
            // Gone by.
            (Some("Wed, 18 Nov 2026 00:00:00 GMT"), 0),
            (Some("1794959000"), 0),
            (None, 60),
            (Some("soon"), 60),
            (Some("-5"), 60),
            (Some(""), 60),
        ] {
            let headers: HeaderMap = text.map(|text| (RETRY_AFTER, text.parse().unwrap())).into_iter().collect();
            assert_eq!(retry_after(&headers, now).as_secs(), seconds, "{text:?}");
        }
    }
}
