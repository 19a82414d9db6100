//! What is known of one registry host within one run: how to talk to it, its tokens, and whether it may be asked at all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Client;
use tokio::time::Instant;

use super::RegistryError;
use crate::model::{InsecureRegistries, insecure_host_name};

/// How long a name may take to resolve when it decides whether the host is insecure.
const LOOKUP: Duration = Duration::from_secs(5);

/// The state of one host.
#[derive(Default)]
pub struct Host {
    /// `https` or `http`, once one of them answered.
    pub scheme: Option<&'static str>,
    /// The client that talks to it.
    pub client: Option<Client>,
    /// Tokens by repository.
    pub tokens: HashMap<String, String>,
    /// It wants basic authentication.
    pub is_basic: bool,
    closed: Option<(RegistryError, Option<Instant>)>,
}

impl Host {
    /// Why it is not asked now.
    pub fn closed(&self) -> Option<RegistryError> {
        let (error, until) = self.closed.as_ref()?;
        until.is_none_or(|until| Instant::now() < until).then(|| error.clone())
    }

    /// Takes in an answer: some are reasons not to ask this host again.
    pub fn note(&mut self, error: &RegistryError) {
        self.closed = match error {
            RegistryError::TooManyRequests { seconds, .. } => Some((error.clone(), Some(Instant::now() + Duration::from_secs(*seconds)))),
            RegistryError::Unreachable { .. } | RegistryError::Timeout { .. } => Some((error.clone(), None)),
            _ => return,
        };
    }
}

/// True if the engine talks to this host without a trusted certificate.
pub async fn is_insecure(insecure: &InsecureRegistries, host: &str) -> bool {
    if insecure.contains(host, &[]) {
        return true;
    }
    if !insecure.has_ranges() {
        return false;
    }
    let lookup = tokio::net::lookup_host((insecure_host_name(host).to_owned(), 0));
    match tokio::time::timeout(LOOKUP, lookup).await {
        Ok(Ok(found)) => insecure.contains(host, &found.map(|address| address.ip()).collect::<Vec<IpAddr>>()),
        Ok(Err(_)) | Err(_) => false,
    }
}

/// A client for one kind of host. Built when it is needed: a machine without any CA file can still talk to plain registries.
pub fn client(is_insecure: bool, deadline: Duration) -> Result<Client, reqwest::Error> {
    // Only the first call in a process installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("rotate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(deadline.min(Duration::from_secs(5)))
        .timeout(deadline)
        .redirect(reqwest::redirect::Policy::limited(5));
    if is_insecure { builder.danger_accept_invalid_certs(true).build() } else { builder.build() }
}
