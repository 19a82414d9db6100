//! One HEAD of a manifest, with the one retry that authentication needs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use reqwest::{Client, Response};
use tokio::sync::Mutex;

use super::host::{Host, client, is_insecure};
use super::token::{Challenge, TokenError, basic, challenge, fetch};
use super::{Credentials, Registry, RegistryError, answer};
use crate::model::{Credential, Digest, InsecureRegistries, Reference, Target};

/// With the index types first, the digest is the index's where there is one: the one that a pull by tag would note.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// For one request, connection included.
const DEADLINE: Duration = Duration::from_secs(20);

/// Registries over HTTP. One instance a run: it remembers tokens, and which hosts not to ask again.
pub struct HttpRegistry {
    insecure: InsecureRegistries,
    credentials: Credentials,
    deadline: Duration,
    hosts: Mutex<HashMap<String, Arc<Mutex<Host>>>>,
}

impl HttpRegistry {
    /// Asks nothing yet.
    pub fn new(insecure: InsecureRegistries, credentials: Credentials) -> Self {
        Self { insecure, credentials, deadline: DEADLINE, hosts: Mutex::default() }
    }

    /// The same with another deadline for each request.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// One request at a time to one host: a host that says «too many» must not be asked by the next one already under way.
    async fn ask(&self, host: &mut Host, reference: &Reference, tag: &str) -> Result<Digest, RegistryError> {
        if let Some(error) = host.closed() {
            return Err(error);
        }
        let credential = self.credentials.for_reference(reference);
        let mut response = self.head(host, reference, tag, credential).await?;
        if response.status().as_u16() == 401 && self.answer_challenge(host, reference, &response, credential).await? {
            response = self.head(host, reference, tag, credential).await?;
        }
        answer::digest(reference, response.status(), response.headers(), credential.is_some())
    }

    /// Prepares what the host demands; false if nothing more can be done.
    async fn answer_challenge(
        &self,
        host: &mut Host,
        reference: &Reference,
        response: &Response,
        credential: Option<&Credential>,
    ) -> Result<bool, RegistryError> {
        match challenge(response.headers()) {
            None => Ok(false),
            Some(Challenge::Basic) if host.is_basic || basic(credential).is_none() => Ok(false),
            Some(Challenge::Basic) => {
                host.is_basic = true;
                Ok(true)
            }
            Some(Challenge::Bearer { realm, service }) => {
                let Some(client) = host.client.clone() else { return Ok(false) };
                let is_secure = host.scheme == Some("https") && !is_insecure(&self.insecure, reference.registry()).await;
                let token = fetch(&client, &realm, service.as_deref(), reference.repository(), credential, is_secure).await;
                match token {
                    Ok(token) => {
                        host.tokens.insert(reference.repository().to_owned(), token);
                        Ok(true)
                    }
                    Err(TokenError::Refused) => Ok(false),
                    Err(TokenError::Garbage(detail)) => {
                        Err(RegistryError::Garbage { host: reference.registry().to_owned(), detail: detail.to_owned() })
                    }
                    Err(TokenError::Http(error)) => Err(unreachable(reference, &error)),
                }
            }
        }
    }

    /// An insecure host is tried with TLS first and then without, as Docker does; which one answered is remembered.
    async fn head(
        &self,
        host: &mut Host,
        reference: &Reference,
        tag: &str,
        credential: Option<&Credential>,
    ) -> Result<Response, RegistryError> {
        if let (Some(client), Some(scheme)) = (host.client.clone(), host.scheme) {
            return self.send(&client, scheme, host, reference, tag, credential).await.map_err(|e| unreachable(reference, &e));
        }
        let is_insecure = is_insecure(&self.insecure, reference.registry()).await;
        let client = client(is_insecure, self.deadline).map_err(|e| unreachable(reference, &e))?;
        let mut result = self.send(&client, "https", host, reference, tag, credential).await;
        let mut scheme = "https";
        if is_insecure && result.as_ref().is_err_and(|e| !e.is_timeout() || e.is_connect()) {
            result = self.send(&client, "http", host, reference, tag, credential).await;
            scheme = "http";
        }
        let response = result.map_err(|e| unreachable(reference, &e))?;
        (host.client, host.scheme) = (Some(client), Some(scheme));
        Ok(response)
    }

    async fn send(
        &self,
        client: &Client,
        scheme: &str,
        host: &Host,
        reference: &Reference,
        tag: &str,
        credential: Option<&Credential>,
    ) -> Result<Response, reqwest::Error> {
        let server = if reference.registry() == "docker.io" { "registry-1.docker.io" } else { reference.registry() };
        let url = format!("{scheme}://{server}/v2/{}/manifests/{tag}", reference.repository());
        let request = client.head(url).header(ACCEPT, MANIFESTS);
        let token = host.tokens.get(reference.repository()).map(|token| format!("Bearer {token}"));
        let request = match token.or_else(|| basic(credential).filter(|_| host.is_basic)) {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        };
        let response = request.send().await?;
        tracing::debug!(%reference, status = response.status().as_u16(), "HEAD");
        Ok(response)
    }
}

#[async_trait]
impl Registry for HttpRegistry {
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        let tag = match reference.target() {
            Target::Tag(tag) => tag,
            Target::Digest(digest) => return Ok(digest.clone()),
        };
        let host = Arc::clone(self.hosts.lock().await.entry(reference.registry().to_owned()).or_default());
        let mut host = host.lock().await;
        let answer = self.ask(&mut host, reference, tag).await;
        if let Err(error) = &answer {
            host.note(error);
        }
        answer
    }
}

/// The innermost cause says it best: `connection refused`, not `error sending request`. A URL may hold a token's scope, never a secret.
fn unreachable(reference: &Reference, error: &reqwest::Error) -> RegistryError {
    let host = reference.registry().to_owned();
    if error.is_timeout() {
        return RegistryError::Timeout { host };
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    RegistryError::Unreachable { host, detail: cause.to_string() }
}
