//! Where a reference is asked for: the registry itself, and before it the mirrors that the engine has.

use reqwest::Url;

use super::challenge::authority;
use super::{HUB, RegistryError};
use crate::model::{Credential, Reference};

/// One server that answers for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host, and port where one is named: as errors, limits, credentials, certificates and the list of insecure hosts name it.
    pub name: String,
    /// Host and port to connect to, and what its paths begin with.
    base: String,
    /// The one scheme that it is asked with, if the engine says so.
    pub scheme: Option<&'static str>,
    /// The engine says of it, and not of its host, that it needs no trusted certificate.
    pub is_insecure: bool,
}

/// What is asked of one endpoint.
pub struct Question<'a> {
    /// What was typed.
    pub reference: &'a Reference,
    /// The tag or digest that is asked for.
    pub target: &'a str,
    /// Who is asked.
    pub endpoint: &'a Endpoint,
    /// What this endpoint, and nobody else, may be shown.
    pub credential: Option<Credential>,
}

impl Endpoint {
    /// A registry by its name. Docker's own has another address than name.
    pub fn registry(registry: &str, is_insecure: bool) -> Self {
        let base = if registry == HUB { "registry-1.docker.io" } else { registry };
        Self { name: registry.to_owned(), base: base.to_owned(), scheme: None, is_insecure }
    }

    /// A mirror of Docker's by its address, `https` if it has no scheme. None: it cannot be read.
    pub fn mirror(address: &str) -> Option<Self> {
        let address = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let url = Url::parse(&address).ok()?;
        let scheme = ["https", "http"].into_iter().find(|scheme| *scheme == url.scheme())?;
        let (name, path) = (authority(&url), url.path().trim_end_matches('/'));
        let mirror = Self { base: format!("{name}{path}"), name, scheme: Some(scheme), is_insecure: false };
        Some(mirror).filter(|mirror| !mirror.name.is_empty())
    }

    /// A manifest's address. Err: the grammar allows hosts that no URL does (`host:99999`).
    pub fn manifest(&self, scheme: &str, question: &Question<'_>) -> Result<Url, RegistryError> {
        let url = format!("{scheme}://{}/v2/{}/manifests/{}", self.base, question.reference.repository(), question.target);
        Url::parse(&url).map_err(|e| RegistryError::Unreachable { host: self.name.clone(), detail: e.to_string() })
    }
}
