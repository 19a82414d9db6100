//! One HEAD of a manifest, with the one retry that authentication needs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::sync::Mutex;

use super::client::Clients;
use super::endpoint::{Endpoint, Question};
use super::host::{Host, is_insecure};
use super::limits::Limits;
use super::{Credentials, HUB, Login, Registry, RegistryError, Whose, answer, certificates};
use crate::model::{Credential, Digest, NoSource, RateLimit, Reference, RegistrySettings, Target};

/// With the index types among them, the digest is the index's where there is one: the one that a pull by tag would note.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// For one reference: connections, token and retry included.
const DEADLINE: Duration = Duration::from_secs(20);
/// For one connection, the name's lookup and TLS included.
const CONNECT: Duration = Duration::from_secs(5);

type Lent = std::sync::Mutex<HashMap<(String, String), Result<Credentials, RegistryError>>>;
/// By name, and by whether the endpoint is insecure: Podman may say both of one host.
type Hosts = Mutex<HashMap<(String, bool), Arc<Mutex<Host>>>>;

/// Registries over HTTP. One instance a run: it remembers tokens, and which hosts not to ask again.
pub struct HttpRegistry {
    settings: RegistrySettings,
    pub(super) credentials: Credentials,
    /// By repository.
    lent: Lent,
    pub(super) clients: Clients,
    pub(super) limits: Limits,
    deadline: Duration,
    hosts: Hosts,
    /// Where those of them come from that nobody has lent.
    login: Login,
}

impl HttpRegistry {
    /// Asks nothing yet.
    pub fn new(settings: RegistrySettings, credentials: Credentials) -> Self {
        Self::of(settings, credentials, &Whose::ours())
    }

    /// The same with the certificates of whoever's engine it is.
    pub fn of(settings: RegistrySettings, credentials: Credentials, whose: &Whose) -> Self {
        let folders = certificates::folders(&settings, whose.is_root(), |name| whose.env(name));
        let own = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"].map(|name| std::env::var(name).unwrap_or_default());
        let clients = Clients::new(CONNECT, folders, settings.proxies.clone().unmasked(&own)).for_owner(whose.owner());
        Self {
            login: login(&settings, whose),
            settings,
            credentials,
            lent: Lent::default(),
            clients,
            limits: Limits::default(),
            deadline: DEADLINE,
            hosts: Mutex::default(),
        }
    }

    /// The same with another deadline for each reference, and at most that for a connection.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, clients: self.clients.connecting_within(CONNECT.min(deadline)), ..self }
    }

    /// The same with other folders of certificates by host.
    pub fn with_certificates(self, folders: Vec<PathBuf>) -> Self {
        Self { clients: self.clients.with_certificates(folders), ..self }
    }

    /// Who answers for a reference, and by which name: the mirrors in their order, then the registry itself, wherever the engine says that it is.
    fn endpoints(&self, reference: &Reference) -> Result<Vec<(Endpoint, Reference)>, RegistryError> {
        let mirrors = self.settings.mirrors.iter().filter(|_| reference.registry() == HUB).filter_map(|address| Endpoint::mirror(address));
        let mirrors = mirrors.map(|mirror| (mirror, reference.clone()));
        let sources = self.settings.sources_of(reference).map_err(|why| no_source(reference, why))?.into_iter();
        let sources = sources.map(|source| (Endpoint::registry(source.reference.registry(), source.is_insecure), source.reference));
        Ok(mirrors.chain(sources).collect())
    }

    /// Asks for a tag or a digest, of the first that has an answer.
    async fn ask_all(&self, reference: &Reference, target: &str) -> Result<Digest, RegistryError> {
        let mut answer = Err(RegistryError::Unreachable { host: reference.registry().to_owned(), detail: "nobody to ask".to_owned() });
        let endpoints = self.endpoints(reference)?;
        let (credentials, login) = (self.credentials_for(reference)?, self.login_for(reference));
        for (endpoint, place) in endpoints {
            answer = self.ask_endpoint(&place, target, &endpoint, &credentials).await.map_err(|error| error.with_login(login));
            match &answer {
                Ok(_) => break,
                // As the engine does with a mirror, whatever it says: what counts is the registry's own word.
                Err(error) => tracing::debug!(%reference, host = endpoint.name, %error, "no digest"),
            }
        }
        answer
    }

    /// Those that were lent for the repository, else the usual ones.
    fn credentials_for(&self, reference: &Reference) -> Result<Credentials, RegistryError> {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        lent.get(&repository(reference)).cloned().unwrap_or_else(|| Ok(self.credentials.clone()))
    }

    /// Where those come from.
    fn login_for(&self, reference: &Reference) -> Login {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        if lent.contains_key(&repository(reference)) { Login::OfLabel } else { self.login }
    }

    /// Asks one endpoint, within the deadline; a credential helper has its own.
    async fn ask_endpoint(
        &self,
        reference: &Reference,
        target: &str,
        endpoint: &Endpoint,
        credentials: &Credentials,
    ) -> Result<Digest, RegistryError> {
        let credential = credentials.find(&endpoint.name, reference.repository()).await?;
        let question = Question { reference, target, endpoint, credential };
        let host = Arc::clone(self.hosts.lock().await.entry((endpoint.name.clone(), endpoint.is_insecure)).or_default());
        // One at a time to one host: one that says «too many» must not be asked by the next one already under way.
        let mut host = host.lock().await;
        host.waits_for = None;
        self.limits.check(&endpoint.name)?;
        let answer = match tokio::time::timeout(self.deadline, self.ask(&mut host, &question)).await {
            Ok(answer) => answer,
            Err(_) => {
                let silent = host.waits_for.take().unwrap_or_else(|| endpoint.name.clone());
                Err(RegistryError::Timeout { host: silent, within: self.deadline })
            }
        };
        if let Err(error) = &answer {
            self.limits.note(&endpoint.name, error);
        }
        answer
    }

    async fn ask(&self, host: &mut Host, question: &Question<'_>) -> Result<Digest, RegistryError> {
        let mut sent = self.foreseen(host, question).await?;
        let (mut response, asked) = self.head(host, question, sent.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(header) = self.demanded(host, question, &response, &asked, sent.as_ref()).await?
        {
            (response, _) = self.head(host, question, Some(&header)).await?;
            sent = Some(header);
        }
        answer::digest(question, response.status(), response.headers(), question.asked(sent.is_some()))
    }

    /// An insecure host is tried with TLS first and then without, as Docker does; which one answered is remembered.
    async fn head(
        &self,
        host: &mut Host,
        question: &Question<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<(Response, Url), RegistryError> {
        let Question { endpoint, reference, .. } = question;
        let is_insecure = match host.is_insecure {
            Some(known) => known,
            None => *host.is_insecure.insert(is_insecure(&self.settings.insecure, endpoint).await),
        };
        let client = self.clients.get(&endpoint.name, is_insecure)?;
        let schemes: &[&'static str] = match endpoint.scheme.or(host.scheme) {
            Some("http") => &["http"],
            Some(_) => &["https"],
            None if is_insecure => &["https", "http"],
            None => &["https"],
        };
        let mut failure = None;
        for &scheme in schemes {
            let url = endpoint.manifest(scheme, question)?;
            self.clients.check_proxy(&endpoint.name, &url)?;
            match send(&client, &url, authorization).await {
                Ok(response) => {
                    tracing::debug!(%reference, scheme, host = endpoint.name, status = response.status().as_u16(), "HEAD");
                    host.scheme = Some(scheme);
                    if response.url().origin() == url.origin() {
                        self.limits.saw(&endpoint.name, response.headers());
                    }
                    return Ok((response, url));
                }
                Err(error) => {
                    let is_refused = error.is_connect();
                    let error = self.clients.failure(&endpoint.name, error);
                    tracing::debug!(%reference, scheme, %error, "HEAD");
                    failure = Some(error);
                    if !is_refused {
                        break;
                    }
                }
            }
        }
        let nothing = || RegistryError::Unreachable { host: endpoint.name.clone(), detail: "no scheme to ask with".to_owned() };
        Err(failure.unwrap_or_else(nothing))
    }
}

/// Where this program looks for credentials, for an engine of these settings.
fn login(settings: &RegistrySettings, whose: &Whose) -> Login {
    match (settings.is_podman, whose.owner()) {
        (false, None) => Login::Docker,
        (false, Some(_)) => Login::AnothersDocker,
        // A daemon as it is shipped is not root.
        (true, None) if !settings.is_rootless && !whose.is_root() => Login::RootsPodman,
        (true, _) => Login::Podman,
    }
}

fn no_source(reference: &Reference, why: NoSource) -> RegistryError {
    match why {
        NoSource::Blocked { prefix } => RegistryError::Blocked { reference: reference.clone(), prefix },
        NoSource::NoName => {
            let detail = "the engine's `location` for it, or a mirror's, makes no name of an image".to_owned();
            RegistryError::Unreachable { host: reference.registry().to_owned(), detail }
        }
    }
}

fn repository(reference: &Reference) -> (String, String) {
    (reference.registry().to_owned(), reference.repository().to_owned())
}

async fn send(client: &Client, url: &Url, authorization: Option<&HeaderValue>) -> Result<Response, reqwest::Error> {
    let request = client.head(url.clone()).header(ACCEPT, MANIFESTS);
    match authorization {
        Some(header) => request.header(AUTHORIZATION, header.clone()).send().await,
        None => request.send().await,
    }
}

#[async_trait]
impl Registry for HttpRegistry {
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        let tag = match reference.target() {
            Target::Tag(tag) => tag,
            Target::Digest(digest) => return Ok(digest.clone()),
        };
        let digest = self.ask_all(reference, tag).await?;
        // The pull is by digest: one that nobody may be asked for is told of now, and not when it is tried.
        self.endpoints(&reference.at_digest(&digest))?;
        Ok(digest)
    }

    async fn has(&self, reference: &Reference, digest: &Digest) -> Result<bool, RegistryError> {
        match self.ask_all(&reference.at_digest(digest), digest.as_str()).await {
            Ok(_) => Ok(true),
            Err(RegistryError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn credential(&self, reference: &Reference) -> Result<Option<Credential>, RegistryError> {
        let place = self.settings.place_of(reference).ok_or_else(|| no_source(reference, NoSource::NoName))?;
        self.credentials_for(reference)?.find(place.registry(), place.repository()).await
    }

    fn lend(&self, reference: &Reference, credentials: Result<Credentials, RegistryError>) {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner).insert(repository(reference), credentials);
    }

    fn limits(&self) -> Vec<RateLimit> {
        self.limits.seen()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_login_that_counts_is_that_of_the_user_whose_engine_it_is() {
        let settings = |is_podman, is_rootless| RegistrySettings { is_podman, is_rootless, ..RegistrySettings::default() };
        // Nobody's number, and so never ours.
        let alice = Whose::of_user(4_294_967_000, Path::new("/home/alice"));
        assert_eq!(login(&settings(true, true), &alice), Login::Podman);
        assert_eq!(login(&settings(true, true), &Whose::ours()), Login::Podman);
        assert_eq!(login(&settings(false, true), &alice), Login::AnothersDocker);
        assert_eq!(login(&settings(false, false), &Whose::ours()), Login::Docker);
        let roots = if Whose::ours().is_root() { Login::Podman } else { Login::RootsPodman };
        assert_eq!(login(&settings(true, false), &Whose::ours()), roots);
    }
}
