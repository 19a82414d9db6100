//! One HEAD of a manifest, with the one retry that authentication needs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::sync::Mutex;

use super::client::Clients;
use super::host::{Host, is_insecure};
use super::limits::Limits;
use super::{Credentials, Registry, RegistryError, answer};
use crate::model::{Digest, InsecureRegistries, Reference, Target};

/// With the index types among them, the digest is the index's where there is one: the one that a pull by tag would note.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// For one reference: connections, token and retry included.
const DEADLINE: Duration = Duration::from_secs(20);
/// For one connection, the name's lookup and TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// Registries over HTTP. One instance a run: it remembers tokens, and which hosts not to ask again.
pub struct HttpRegistry {
    pub(super) insecure: InsecureRegistries,
    pub(super) credentials: Credentials,
    pub(super) clients: Clients,
    pub(super) limits: Limits,
    deadline: Duration,
    hosts: Mutex<HashMap<String, Arc<Mutex<Host>>>>,
}

impl HttpRegistry {
    /// Asks nothing yet.
    pub fn new(insecure: InsecureRegistries, credentials: Credentials) -> Self {
        let (clients, limits) = (Clients::new(CONNECT), Limits::default());
        Self { insecure, credentials, clients, limits, deadline: DEADLINE, hosts: Mutex::default() }
    }

    /// The same with another deadline for each reference, and at most that for a connection.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, clients: Clients::new(CONNECT.min(deadline)), ..self }
    }

    async fn ask(&self, host: &mut Host, reference: &Reference, tag: &str) -> Result<Digest, RegistryError> {
        let mut sent = self.foreseen(host, reference).await?;
        let (mut response, asked) = self.head(host, reference, tag, sent.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(header) = self.demanded(host, reference, &response, &asked, sent.as_ref()).await?
        {
            (response, _) = self.head(host, reference, tag, Some(&header)).await?;
            sent = Some(header);
        }
        answer::digest(reference, response.status(), response.headers(), self.asked(reference, sent.is_some()))
    }

    /// An insecure host is tried with TLS first and then without, as Docker does; which one answered is remembered.
    async fn head(
        &self,
        host: &mut Host,
        reference: &Reference,
        tag: &str,
        authorization: Option<&HeaderValue>,
    ) -> Result<(Response, Url), RegistryError> {
        let name = reference.registry();
        let is_insecure = match host.is_insecure {
            Some(known) => known,
            None => *host.is_insecure.insert(is_insecure(&self.insecure, name).await),
        };
        let client = self.clients.get(name, is_insecure)?;
        let schemes: &[&'static str] = match host.scheme {
            Some("http") => &["http"],
            Some(_) => &["https"],
            None if is_insecure => &["https", "http"],
            None => &["https"],
        };
        let mut failure = None;
        for &scheme in schemes {
            let url = manifest(scheme, reference, tag)?;
            match send(&client, &url, authorization).await {
                Ok(response) => {
                    tracing::debug!(%reference, scheme, status = response.status().as_u16(), "HEAD");
                    host.scheme = Some(scheme);
                    return Ok((response, url));
                }
                Err(error) => {
                    let is_refused = error.is_connect();
                    let error = self.clients.failure(name, error);
                    tracing::debug!(%reference, scheme, %error, "HEAD");
                    failure = Some(error);
                    if !is_refused {
                        break;
                    }
                }
            }
        }
        Err(failure.unwrap_or_else(|| RegistryError::Unreachable { host: name.to_owned(), detail: "no scheme to ask with".to_owned() }))
    }
}

async fn send(client: &Client, url: &Url, authorization: Option<&HeaderValue>) -> Result<Response, reqwest::Error> {
    let request = client.head(url.clone()).header(ACCEPT, MANIFESTS);
    match authorization {
        Some(header) => request.header(AUTHORIZATION, header.clone()).send().await,
        None => request.send().await,
    }
}

/// Docker's own registry has another address than name. Err: the grammar allows hosts that no URL does (`host:99999`).
fn manifest(scheme: &str, reference: &Reference, tag: &str) -> Result<Url, RegistryError> {
    let name = reference.registry();
    let server = if name == "docker.io" { "registry-1.docker.io" } else { name };
    let url = format!("{scheme}://{server}/v2/{}/manifests/{tag}", reference.repository());
    Url::parse(&url).map_err(|e| RegistryError::Unreachable { host: name.to_owned(), detail: e.to_string() })
}

#[async_trait]
impl Registry for HttpRegistry {
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        let tag = match reference.target() {
            Target::Tag(tag) => tag,
            Target::Digest(digest) => return Ok(digest.clone()),
        };
        let name = reference.registry();
        let host = Arc::clone(self.hosts.lock().await.entry(name.to_owned()).or_default());
        // One at a time to one host: one that says «too many» must not be asked by the next one already under way.
        let mut host = host.lock().await;
        host.waits_for = None;
        self.limits.check(name)?;
        let answer = match tokio::time::timeout(self.deadline, self.ask(&mut host, reference, tag)).await {
            Ok(answer) => answer,
            Err(_) => {
                let silent = host.waits_for.take().unwrap_or_else(|| name.to_owned());
                Err(RegistryError::Timeout { host: silent, within: self.deadline })
            }
        };
        if let Err(error) = &answer {
            self.limits.note(name, error);
        }
        answer
    }
}
