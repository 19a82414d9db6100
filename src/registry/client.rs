//! The two HTTP clients: one that verifies certificates, and one for hosts that the engine calls insecure.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::{Attempt, Policy};

use super::error::{Garbage, RegistryError};

const MOST_REDIRECTS: usize = 5;

/// Both clients, each built when it is first needed: without any CA file on the machine the verifying one cannot be built, and the other can.
pub struct Clients {
    connect_within: Duration,
    verifying: OnceLock<Client>,
    trusting: OnceLock<Client>,
}

impl Clients {
    /// Builds nothing yet.
    pub fn new(connect_within: Duration) -> Self {
        Self { connect_within, verifying: OnceLock::new(), trusting: OnceLock::new() }
    }

    /// The client for this kind of host. `host` is for the error only: [`RegistryError::NoTrust`].
    pub fn get(&self, host: &str, is_insecure: bool) -> Result<Client, RegistryError> {
        let cell = if is_insecure { &self.trusting } else { &self.verifying };
        if let Some(client) = cell.get() {
            return Ok(client.clone());
        }
        let built = self.build(is_insecure).map_err(|e| RegistryError::NoTrust { host: host.to_owned(), detail: innermost(&e) })?;
        Ok(cell.get_or_init(|| built).clone())
    }

    fn build(&self, is_insecure: bool) -> Result<Client, reqwest::Error> {
        // Only the first call in a process installs it, and any of them will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder()
            .user_agent(concat!("rotate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_within)
            .referer(false)
            .redirect(Policy::custom(move |attempt| follow(attempt, is_insecure)))
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
