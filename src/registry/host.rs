//! What is known of one registry within one run: how to talk to it, what it demands, and its tokens.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::challenge::TokenService;
use super::endpoint::Endpoint;
use super::token::Token;
use crate::model::{Credential, InsecureRegistries, insecure_host_name};

/// How long a name may take to resolve when it decides whether the host is insecure.
const LOOKUP: Duration = Duration::from_secs(5);

/// One registry, as far as it has shown itself.
#[derive(Default)]
pub struct Host {
    /// True if the engine talks to it without a trusted certificate, once that is known.
    pub is_insecure: Option<bool>,
    /// `https` or `http`, once one of them answered.
    pub scheme: Option<&'static str>,
    /// What it demanded last, so that the next repository need not be refused first.
    pub demand: Option<Demand>,
    /// Tokens by repository.
    pub tokens: HashMap<String, Token>,
    /// What its token service has refused as wrong. Sent again and again they would lock the account.
    pub refused: Vec<Credential>,
    /// Whose answer is being waited for: its token service's or, with none, its own.
    pub waits_for: Option<String>,
}

/// What a registry wants to see with each request.
#[derive(Clone)]
pub enum Demand {
    /// Name and password.
    Basic,
    /// A token from here, with the usual scope.
    Bearer(TokenService),
}

/// True if the engine talks to this host without a trusted certificate. A name that cannot be resolved is not insecure.
pub async fn is_insecure(insecure: &InsecureRegistries, endpoint: &Endpoint) -> bool {
    if endpoint.is_insecure || endpoint.scheme == Some("http") || insecure.contains(&endpoint.name, &[]) {
        return true;
    }
    if !insecure.depends_on_addresses(&endpoint.name) {
        return false;
    }
    let lookup = tokio::net::lookup_host((insecure_host_name(&endpoint.name).to_owned(), 0));
    match tokio::time::timeout(LOOKUP, lookup).await {
        Ok(Ok(found)) => insecure.contains(&endpoint.name, &found.map(|address| address.ip()).collect::<Vec<IpAddr>>()),
        Ok(Err(_)) | Err(_) => false,
    }
}
