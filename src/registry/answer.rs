//! Reads the answer to a HEAD of a manifest.

use std::time::SystemTime;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::endpoint::Question;
use super::error::{Asked, RegistryError};
use super::fault::Garbage;
use super::limits::retry_after;
use super::login::Login;
use crate::model::{Digest, Reference};

/// The digest, or what the status says.
pub fn digest(question: &Question<'_>, status: StatusCode, headers: &HeaderMap, asked: Asked) -> Result<Digest, RegistryError> {
    let (host, reference) = (question.endpoint.name.as_str(), question.reference);
    if status == StatusCode::NOT_FOUND {
        return Err(RegistryError::NotFound { host: host.to_owned(), reference: reference.clone() });
    }
    if status != StatusCode::OK {
        return Err(refusal(host, reference, status, headers, asked));
    }
    let garbage = |what| RegistryError::Garbage { host: host.to_owned(), what };
    let text = headers.get("docker-content-digest").ok_or_else(|| garbage(Garbage::NoDigest))?;
    text.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| garbage(Garbage::BadDigest))
}

/// What any status but 200 means that a registry and a token service have in common.
pub fn refusal(host: &str, reference: &Reference, status: StatusCode, headers: &HeaderMap, asked: Asked) -> RegistryError {
    let (host, reference) = (host.to_owned(), reference.clone());
    match status.as_u16() {
        401 | 403 => RegistryError::Unauthorized { host, reference: Box::new(reference), asked, login: Login::Docker },
        429 => RegistryError::TooManyRequests { host, seconds: retry_after(headers, SystemTime::now()).as_secs() },
        status => RegistryError::Status { host, status, reference },
    }
}
