//! Reads the answer to a HEAD of a manifest.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::RegistryError;
use crate::model::{Digest, Reference};

/// Without a `Retry-After`, and at most with one that makes no sense.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// The digest, or what the status says.
pub fn digest(reference: &Reference, status: StatusCode, headers: &HeaderMap, has_credential: bool) -> Result<Digest, RegistryError> {
    let host = reference.registry().to_owned();
    match status.as_u16() {
        200 => {
            let garbage = |detail: &str| RegistryError::Garbage { host: host.clone(), detail: detail.to_owned() };
            let text = headers.get("docker-content-digest").ok_or_else(|| garbage("no Docker-Content-Digest"))?;
            text.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| garbage("a Docker-Content-Digest that is no digest"))
        }
        401 | 403 => {
            let who = if has_credential { "the configured credentials" } else { "anybody without credentials" };
            Err(RegistryError::Unauthorized { host, who, reference: reference.clone() })
        }
        404 => Err(RegistryError::NotFound { host, reference: reference.clone() }),
        429 => Err(RegistryError::TooManyRequests { host, seconds: retry_after(headers, SystemTime::now()).as_secs() }),
        status => Err(RegistryError::Status { host, status, reference: reference.clone() }),
    }
}

/// Seconds, or a date (RFC 9110, 10.2.3).
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Duration {
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let seconds = text.trim().parse().ok().map(Duration::from_secs);
    let date = || httpdate::parse_http_date(text).ok().map(|at| at.duration_since(now).unwrap_or_default());
    seconds.or_else(date).unwrap_or(PAUSE).min(LONGEST_PAUSE)
}
