//! The HTTP clients: those that verify certificates, and those for hosts that the engine calls insecure.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Proxy, Url};

use super::certificates::{self, Certificates};
use super::error::RegistryError;
use super::fault::Garbage;
use crate::model::Proxies;

const MOST_REDIRECTS: usize = 5;

/// Clients, each built when it is first needed: without any CA file on the machine the verifying one cannot be built, and the others can.
pub struct Clients {
    connect_within: Duration,
    certificates: Vec<PathBuf>,
    owner: Option<u32>,
    proxies: Proxies,
    built: Mutex<HashMap<Kind, Client>>,
}

/// What clients differ in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    trust: Trust,
    /// Follows no redirect.
    is_staying: bool,
}

/// Whose certificates are good.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Trust {
    /// Anybody's: for hosts that the engine calls insecure.
    Anybody,
    /// Those that the machine trusts.
    Machine,
    /// The same and those that the engine has for this host.
    Host(String),
}

impl Clients {
    /// Builds nothing yet. `certificates` are the engine's folders of certificates by host. Without any of the engine's proxies, this program's
    /// own environment names them.
    pub fn new(connect_within: Duration, certificates: Vec<PathBuf>, proxies: Proxies) -> Self {
        Self { connect_within, certificates, owner: None, proxies, built: Mutex::default() }
    }

    /// For the engine of this user: nothing is read that the user may not.
    pub fn for_owner(self, owner: Option<u32>) -> Self {
        Self { owner, ..self }
    }

    /// The same with another time for connections.
    pub fn connecting_within(self, connect_within: Duration) -> Self {
        Self { connect_within, ..self }
    }

    /// The same with other folders.
    pub fn with_certificates(self, folders: Vec<PathBuf>) -> Self {
        Self { certificates: folders, ..self }
    }

    /// The client for this host, and for whoever it names as its token service. Errors: [`RegistryError::NoTrust`], [`RegistryError::Certificate`].
    pub fn get(&self, host: &str, is_insecure: bool) -> Result<Client, RegistryError> {
        self.of(host, is_insecure, false)
    }

    /// The same, but it follows no redirect: for requests whose body is a secret. Errors: as [`Clients::get`].
    pub fn staying(&self, host: &str, is_insecure: bool) -> Result<Client, RegistryError> {
        self.of(host, is_insecure, true)
    }

    fn of(&self, host: &str, is_insecure: bool, is_staying: bool) -> Result<Client, RegistryError> {
        let mut own = None;
        // As Docker: an insecure host's certificates are not looked for.
        if !is_insecure {
            own = Certificates::read(&self.certificates, host, self.owner)?;
        }
        let trust = match &own {
            _ if is_insecure => Trust::Anybody,
            Some(_) => Trust::Host(host.to_owned()),
            None => Trust::Machine,
        };
        let kind = Kind { trust, is_staying };
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = built.get(&kind) {
            return Ok(client.clone());
        }
        let client = self.build(&kind, own.unwrap_or_default());
        let client = client.map_err(|e| RegistryError::NoTrust { host: host.to_owned(), detail: innermost(&e) })?;
        built.insert(kind, client.clone());
        Ok(client)
    }

    fn build(&self, kind: &Kind, own: Certificates) -> Result<Client, reqwest::Error> {
        // Only the first call in a process installs it, and any of them will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_insecure = kind.trust == Trust::Anybody;
        let mut builder = Client::builder()
            .user_agent(concat!("rotate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_within)
            .referer(false)
            .redirect(if kind.is_staying { Policy::none() } else { Policy::custom(move |attempt| follow(attempt, is_insecure)) })
            .tls_danger_accept_invalid_certs(is_insecure);
        if !own.authorities.is_empty() {
            builder = builder.tls_certs_merge(own.authorities);
        }
        if let Some(identity) = own.identity {
            builder = builder.identity(identity);
        }
        if !self.proxies.is_empty() {
            let proxies = self.proxies.clone();
            builder = builder.no_proxy().proxy(Proxy::custom(move |url| proxy(&proxies, url)));
        }
        builder.build()
    }

    /// Err: the engine has a proxy for this address that cannot be used here, so nobody is asked.
    pub fn check_proxy(&self, host: &str, url: &Url) -> Result<(), RegistryError> {
        match proxy(&self.proxies, url) {
            Some(address) if Url::parse(&address).is_ok_and(|proxy| matches!(proxy.scheme(), "http" | "https")) => Ok(()),
            Some(_) => Err(RegistryError::Unreachable { host: host.to_owned(), detail: "the engine's proxy is no HTTP proxy".to_owned() }),
            None => Ok(()),
        }
    }

    /// Why nothing was answered. The URL is left out.
    pub fn failure(&self, host: &str, error: reqwest::Error) -> RegistryError {
        let error = error.without_url();
        let host = host.to_owned();
        if error.is_redirect() {
            return RegistryError::Garbage { host, what: Garbage::Redirect };
        }
        if error.is_timeout() {
            return RegistryError::Unreachable { host, detail: format!("no connection within {} s", self.connect_within.as_secs_f64()) };
        }
        if causes(&error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(|e| e.is_parse())) {
            return RegistryError::Garbage { host, what: Garbage::Protocol };
        }
        let mut detail = innermost(&error);
        // There may lie just what is missing.
        if causes(&error).any(is_of_tls)
            && let Some(folder) = certificates::closed(&self.certificates)
        {
            detail = format!("{detail} ({} is closed to rotate: permission denied)", folder.display());
        }
        RegistryError::Unreachable { host, detail }
    }
}

fn proxy(proxies: &Proxies, url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    proxies.of(url.scheme(), host, url.port_or_known_default().unwrap_or_default())
}

/// `reqwest` drops `Authorization` where host, port or scheme change. What comes back over plain HTTP could be anybody's, so a host that is not
/// insecure may not send us there.
fn follow(attempt: Attempt<'_>, is_insecure: bool) -> reqwest::redirect::Action {
    let from = attempt.previous().last().map_or("", |url| url.scheme());
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("too many redirects");
    }
    if !is_insecure && from == "https" && attempt.url().scheme() != "https" {
        return attempt.error("a redirect away from TLS");
    }
    attempt.follow()
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Layers between wrap it in errors of input and output, which do not name it as their source.
fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_of_tls(inner))
}

/// It says it best: `connection refused`, not `error sending request`.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
