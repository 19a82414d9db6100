//! What goes into `Authorization`: nothing, name and password, or a token; and who may see a credential.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{Response, Url};

use super::challenge::{self, Challenge, TokenService, authority};
use super::error::{Asked, Garbage, RegistryError};
use super::host::{Demand, Host};
use super::token::{self, TokenError};
use super::{HttpRegistry, answer};
use crate::model::{Credential, Reference};

impl HttpRegistry {
    /// What this registry is known to demand, before it has to say so again.
    pub(super) async fn foreseen(&self, host: &mut Host, reference: &Reference) -> Result<Option<HeaderValue>, RegistryError> {
        match host.demand.clone() {
            None => Ok(None),
            Some(Demand::Basic) => Ok(self.basic(reference)),
            Some(Demand::Bearer(service)) => match host.tokens.get(reference.repository()) {
                Some(token) if token.is_fresh() => Ok(Some(token.header.clone())),
                Some(_) | None => self.token(host, reference, &service).await.map(Some),
            },
        }
    }

    /// What a 401 demands; none if nothing more can be done. `asked` is the address that was asked, `sent` what went along.
    pub(super) async fn demanded(
        &self,
        host: &mut Host,
        reference: &Reference,
        response: &Response,
        asked: &Url,
        sent: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        if response.url().origin() != asked.origin() {
            // Whoever we were redirected to gets no credentials of this registry, and does not say who does.
            return Ok(None);
        }
        let demand = challenge::read(response.headers());
        match demand.map_err(|_| RegistryError::Garbage { host: reference.registry().to_owned(), what: Garbage::Challenge })? {
            None => Ok(None),
            Some(Challenge::Basic) => {
                host.demand = Some(Demand::Basic);
                Ok(self.basic(reference).filter(|header| sent != Some(header)))
            }
            Some(Challenge::Bearer(service)) => {
                host.tokens.remove(reference.repository());
                let header = self.token(host, reference, &service).await?;
                let is_usual = service.scope.as_ref().is_none_or(|scope| *scope == token::default_scope(reference.repository()));
                host.demand = is_usual.then_some(Demand::Bearer(TokenService { scope: None, ..service }));
                Ok(Some(header))
            }
        }
    }

    /// As whom a registry has been asked, if `has_sent` tells whether a name and password went along where there are some.
    pub(super) fn asked(&self, reference: &Reference, has_sent: bool) -> Asked {
        match (self.credentials.for_reference(reference), self.credentials.helper(reference)) {
            (Some(Credential::Basic { .. }), _) if has_sent => Asked::WithCredentials,
            (Some(Credential::IdentityToken(_)), _) => Asked::WithoutIdentityToken,
            (None, Some(helper)) => Asked::WithoutHelper(helper.to_owned()),
            (Some(Credential::Basic { .. }), _) | (None, None) => Asked::WithoutCredentials,
        }
    }

    /// One token request.
    async fn token(&self, host: &mut Host, reference: &Reference, service: &TokenService) -> Result<HeaderValue, RegistryError> {
        let realm = authority(&service.realm);
        self.limits.check(&realm)?;
        let is_insecure = host.is_insecure.unwrap_or(false);
        if service.realm.scheme() != "https" && !is_insecure {
            return Err(RegistryError::UnsafeRealm { host: reference.registry().to_owned(), realm });
        }
        let credential = self.credentials.for_reference(reference);
        let asked = self.asked(reference, true);
        if credential.is_some_and(|credential| host.refused.contains(credential)) {
            return Err(RegistryError::Unauthorized { host: realm, reference: Box::new(reference.clone()), asked });
        }
        let client = self.clients.get(reference.registry(), is_insecure)?;
        tracing::debug!(%reference, realm, has_credential = credential.is_some(), "asking for a token");
        host.waits_for = Some(realm.clone());
        let token = token::fetch(token::request(&client, service, reference.repository(), credential)).await;
        host.waits_for = None;
        let token = token.map_err(|error| {
            let error = match error {
                TokenError::Refused(response) => {
                    let is_wrong = response.status() == reqwest::StatusCode::UNAUTHORIZED;
                    host.refused.extend(credential.filter(|_| is_wrong).cloned());
                    answer::refusal(&realm, reference, response.status(), response.headers(), asked)
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

    /// Name and password, if there are some for this reference.
    fn basic(&self, reference: &Reference) -> Option<HeaderValue> {
        basic(self.credentials.for_reference(reference)?)
    }
}

fn basic(credential: &Credential) -> Option<HeaderValue> {
    let Credential::Basic { username, password } = credential else { return None };
    let mut header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))).ok()?;
    header.set_sensitive(true);
    Some(header)
}
