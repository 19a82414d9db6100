//! What a registry demands after a 401, and the bearer token that answers it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, Url};
use serde::Deserialize;

use crate::model::Credential;

/// What is demanded (RFC 7235; distribution, «Token Authentication Specification»).
#[derive(Debug, PartialEq, Eq)]
pub enum Challenge {
    /// Name and password with each request.
    Basic,
    /// A token from a service.
    Bearer {
        /// Where to ask.
        realm: String,
        /// For whom.
        service: Option<String>,
    },
}

/// Reads the headers of a 401; none if they demand nothing that is known.
pub fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<_> = texts.filter_map(|text| http_auth::parse_challenges(text).ok()).flatten().collect();
    let of = |scheme: &str| all.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme));
    if let Some(bearer) = of("Bearer") {
        let parameter =
            |name: &str| bearer.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_unescaped());
        return Some(Challenge::Bearer { realm: parameter("realm")?, service: parameter("service") });
    }
    of("Basic").map(|_| Challenge::Basic)
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

/// Why there is no token.
#[derive(Debug)]
pub enum TokenError {
    /// The service said no.
    Refused,
    /// It sent something else.
    Garbage(&'static str),
    /// It could not be asked.
    Http(reqwest::Error),
}

/// Asks for a token to pull from `repository`. A name and password go to a secure service only, unless the registry itself is insecure.
pub async fn fetch(
    client: &Client,
    realm: &str,
    service: Option<&str>,
    repository: &str,
    credential: Option<&Credential>,
    is_secure: bool,
) -> Result<String, TokenError> {
    let mut url = Url::parse(realm).map_err(|_| TokenError::Garbage("the token service's address cannot be read"))?;
    if url.scheme() != "https" && (is_secure || url.scheme() != "http") {
        return Err(TokenError::Garbage("the token service's address is not https"));
    }
    url.query_pairs_mut().append_pair("scope", &format!("repository:{repository}:pull")).extend_pairs(service.map(|s| ("service", s)));
    let request = match credential {
        Some(Credential::Basic { username, password }) => client.get(url).basic_auth(username, Some(password)),
        // Identity tokens are redeemed by another call, which is not built yet.
        Some(Credential::IdentityToken(_)) | None => client.get(url),
    };
    let answer = request.send().await.map_err(TokenError::Http)?;
    match answer.status().as_u16() {
        200 => {}
        401 | 403 => return Err(TokenError::Refused),
        _ => return Err(TokenError::Garbage("the token service does not answer 200")),
    }
    let answer: TokenAnswer = answer.json().await.map_err(|_| TokenError::Garbage("the token service's answer cannot be read"))?;
    answer.token.or(answer.access_token).filter(|t| !t.is_empty()).ok_or(TokenError::Garbage("the token service's answer has no token"))
}

/// The `Authorization` header for a name and password; none for what is not one.
pub fn basic(credential: Option<&Credential>) -> Option<String> {
    match credential? {
        Credential::Basic { username, password } => Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))),
        Credential::IdentityToken(_) => None,
    }
}
