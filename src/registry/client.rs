//! The HTTP clients: those that verify certificates, and those for hosts that the engine calls insecure.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::{Attempt, Policy};

use super::error::{Garbage, RegistryError};

const MOST_REDIRECTS: usize = 5;

/// Clients, each built when it is first needed: without any CA file on the machine the verifying one cannot be built, and the others can.
pub struct Clients {
    connect_within: Duration,
    built: Mutex<HashMap<Kind, Client>>,
}

/// What clients differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    /// For hosts that the engine calls insecure.
    is_insecure: bool,
    /// Follows no redirect.
    is_staying: bool,
}

impl Clients {
    /// Builds nothing yet.
    pub fn new(connect_within: Duration) -> Self {
        Self { connect_within, built: Mutex::default() }
    }

    /// The client for this host. Errors: [`RegistryError::NoTrust`].
    pub fn get(&self, host: &str, is_insecure: bool) -> Result<Client, RegistryError> {
        self.of(host, Kind { is_insecure, is_staying: false })
    }

    /// The same, but it follows no redirect: for requests whose body is a secret. Errors: [`RegistryError::NoTrust`].
    pub fn staying(&self, host: &str, is_insecure: bool) -> Result<Client, RegistryError> {
        self.of(host, Kind { is_insecure, is_staying: true })
    }

    fn of(&self, host: &str, kind: Kind) -> Result<Client, RegistryError> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = built.get(&kind) {
            return Ok(client.clone());
        }
        let client = self.build(kind).map_err(|e| RegistryError::NoTrust { host: host.to_owned(), detail: innermost(&e) })?;
        built.insert(kind, client.clone());
        Ok(client)
    }

    fn build(&self, kind: Kind) -> Result<Client, reqwest::Error> {
        // Only the first call in a process installs it, and any of them will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Kind { is_insecure, is_staying } = kind;
        let redirects = if is_staying { Policy::none() } else { Policy::custom(move |attempt| follow(attempt, is_insecure)) };
        Client::builder()
            .user_agent(concat!("rotate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_within)
            .referer(false)
            .redirect(redirects)
            .danger_accept_invalid_certs(is_insecure)
            .build()
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
        RegistryError::Unreachable { host, detail: innermost(&error) }
    }
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

/// It says it best: `connection refused`, not `error sending request`.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
