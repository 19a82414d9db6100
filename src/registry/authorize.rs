//! What goes into `Authorization`: nothing, name and password, or a token; and who may see a credential.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode, Url};

use super::challenge::{self, Challenge, TokenService, authority};
use super::endpoint::Question;
use super::error::{Asked, RegistryError};
use super::fault::Garbage;
use super::host::{Demand, Host};
use super::token::{self, TokenError};
use super::{HttpRegistry, answer};
use crate::model::Credential;

impl HttpRegistry {
    /// What this registry is known to demand, before it has to say so again.
    pub(super) async fn foreseen(&self, host: &mut Host, question: &Question<'_>) -> Result<Option<HeaderValue>, RegistryError> {
        match host.demand.clone() {
            None => Ok(None),
            Some(Demand::Basic) => Ok(question.basic()),
            Some(Demand::Bearer(service)) => match host.tokens.get(question.reference.repository()) {
                Some(token) if token.is_fresh() => Ok(Some(token.header.clone())),
                Some(_) | None => self.token(host, question, &service).await.map(Some),
            },
        }
    }

    /// What a 401 demands; none if nothing more can be done. `asked` is the address that was asked, `sent` what went along.
    pub(super) async fn demanded(
        &self,
        host: &mut Host,
        question: &Question<'_>,
        response: &Response,
        asked: &Url,
        sent: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        if response.url().origin() != asked.origin() {
            // Whoever we were redirected to gets no credentials of this registry, and does not say who does.
            return Ok(None);
        }
        let (demand, repository) = (challenge::read(response.headers()), question.reference.repository());
        match demand.map_err(|_| RegistryError::Garbage { host: question.endpoint.name.clone(), what: Garbage::Challenge })? {
            None => Ok(None),
            Some(Challenge::Basic) => {
                host.demand = Some(Demand::Basic);
                Ok(question.basic().filter(|header| sent != Some(header)))
            }
            Some(Challenge::Bearer(service)) => {
                host.tokens.remove(repository);
                let header = self.token(host, question, &service).await?;
                let is_usual = service.scope.as_ref().is_none_or(|scope| *scope == token::default_scope(repository));
                host.demand = is_usual.then_some(Demand::Bearer(TokenService { scope: None, ..service }));
                Ok(Some(header))
            }
        }
    }

    /// One token request.
    async fn token(&self, host: &mut Host, question: &Question<'_>, service: &TokenService) -> Result<HeaderValue, RegistryError> {
        let (realm, name) = (authority(&service.realm), &question.endpoint.name);
        self.limits.check(&realm)?;
        let is_insecure = host.is_insecure.unwrap_or(false);
        if service.realm.scheme() != "https" && !is_insecure {
            return Err(RegistryError::UnsafeRealm { host: name.clone(), realm });
        }
        let (reference, credential, asked) = (question.reference, question.credential.as_ref(), question.asked(true));
        if credential.is_some_and(|credential| host.refused.contains(credential)) {
            return Err(answer::refusal(&realm, reference, StatusCode::UNAUTHORIZED, &HeaderMap::new(), asked));
        }
        // An identity token goes along in the body, which no redirect may carry elsewhere.
        let client = match credential {
            Some(Credential::IdentityToken(_)) => self.clients.staying(name, is_insecure)?,
            Some(Credential::Basic { .. }) | None => self.clients.get(name, is_insecure)?,
        };
        tracing::debug!(%reference, realm, has_credential = credential.is_some(), "asking for a token");
        host.waits_for = Some(realm.clone());
        let token = token::fetch(token::request(&client, service, reference.repository(), credential)).await;
        host.waits_for = None;
        let token = token.map_err(|error| {
            let error = match error {
                TokenError::Refused(response) => {
                    let is_wrong = is_wrong(response.status(), credential);
                    host.refused.extend(credential.filter(|_| is_wrong).cloned());
                    let status = if is_wrong { StatusCode::UNAUTHORIZED } else { response.status() };
                    answer::refusal(&realm, reference, status, response.headers(), asked)
                }
                TokenError::Garbage(what) => RegistryError::Garbage { host: realm.clone(), what },
                TokenError::Http(error) => self.clients.failure(&realm, error),
            };
            self.limits.note(&realm, &error);
            error
        })?;
        let header = token.header.clone();
        host.tokens.insert(reference.repository().to_owned(), token);
        Ok(header)
    }
}

impl Question<'_> {
    /// As whom the endpoint has been asked, if `has_sent` tells whether anything went along.
    pub(super) fn asked(&self, has_sent: bool) -> Asked {
        match self.credential {
            Some(_) if has_sent => Asked::WithCredentials,
            Some(Credential::IdentityToken(_)) => Asked::WithoutIdentityToken,
            Some(Credential::Basic { .. }) | None => Asked::WithoutCredentials,
        }
    }

    /// Name and password, if there are some.
    fn basic(&self) -> Option<HeaderValue> {
        let Some(Credential::Basic { username, password }) = &self.credential else { return None };
        let mut header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// True if the credential itself was refused, and not only what was asked for. For an identity token OAuth2 has 400 (RFC 6749, 5.2: `invalid_grant`).
fn is_wrong(status: StatusCode, credential: Option<&Credential>) -> bool {
    match credential {
        Some(Credential::IdentityToken(_)) => matches!(status, StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST),
        Some(Credential::Basic { .. }) | None => status == StatusCode::UNAUTHORIZED,
    }
}
