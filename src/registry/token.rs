//! Gets a bearer token from the service that a registry names.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use tokio::time::Instant;

use super::challenge::TokenService;
use super::fault::Garbage;
use crate::model::Credential;

/// «For compatibility with older clients» (distribution, «Token Authentication Specification», `expires_in`).
const UNSAID_LIFE: Duration = Duration::from_secs(60);
/// A longer answer is no token.
const MOST_BYTES: usize = 1 << 20;

/// A token for one repository.
pub struct Token {
    /// `Bearer …`, marked as a secret.
    pub header: HeaderValue,
    until: Instant,
}

#[derive(Deserialize)]
struct Body {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// Why there is none.
pub enum TokenError {
    /// Another status than 200.
    Refused(Response),
    /// 200 with something else.
    Garbage(Garbage),
    /// No answer.
    Http(reqwest::Error),
}

impl Token {
    /// True if the registry will still take it, as far as it said.
    pub fn is_fresh(&self) -> bool {
        Instant::now() < self.until
    }

    fn new(body: Body) -> Option<Self> {
        let text = [body.token, body.access_token].into_iter().flatten().find(|text| !text.is_empty())?;
        let mut header = HeaderValue::from_str(&format!("Bearer {text}")).ok()?;
        header.set_sensitive(true);
        let now = Instant::now();
        let life = body.expires_in.map_or(UNSAID_LIFE, Duration::from_secs);
        Some(Self { header, until: now.checked_add(life).unwrap_or(now + UNSAID_LIFE) })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The request for a token to pull from `repository`: a GET with name and password or nothing, or a POST that redeems an identity token
/// (distribution, «Token Authentication Specification» and «Oauth2 Token Authentication»).
pub fn request(client: &reqwest::Client, service: &TokenService, repository: &str, credential: Option<&Credential>) -> RequestBuilder {
    let scope = service.scope.clone().unwrap_or_else(|| default_scope(repository));
    let name = service.service.as_deref();
    if let Some(Credential::IdentityToken(token)) = credential {
        let mut form = vec![("grant_type", "refresh_token"), ("client_id", "rotate"), ("scope", &scope), ("refresh_token", token)];
        form.extend(name.map(|name| ("service", name)));
        return client.post(service.realm.clone()).form(&form);
    }
    let mut url = service.realm.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(name) = name {
            query.append_pair("service", name);
        }
        for one in scope.split_whitespace() {
            query.append_pair("scope", one);
        }
        if let Some(Credential::Basic { username, .. }) = credential {
            query.append_pair("account", username);
        }
    }
    match credential {
        Some(Credential::Basic { username, password }) => client.get(url).basic_auth(username, Some(password)),
        Some(Credential::IdentityToken(_)) | None => client.get(url),
    }
}

/// What a pull needs, if the registry does not say.
pub fn default_scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// Sends the request and reads the answer, so much of it as a token may take.
pub async fn fetch(request: RequestBuilder) -> Result<Token, TokenError> {
    let mut response = request.send().await.map_err(TokenError::Http)?;
    if response.status() != StatusCode::OK {
        return Err(TokenError::Refused(response));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(TokenError::Http)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return Err(TokenError::Garbage(Garbage::Token));
        }
    }
    // The parser's own message may quote the body: it is dropped.
    let body: Body = serde_json::from_slice(&bytes).map_err(|_| TokenError::Garbage(Garbage::Token))?;
    Token::new(body).ok_or(TokenError::Garbage(Garbage::NoToken))
}
