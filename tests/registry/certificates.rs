//! Hosts whose certificate must be trusted, and machines that trust nobody.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rotate::model::InsecureRegistries;
use rotate::registry::{Garbage, HttpRegistry, RegistryError};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use crate::server::{Answer, DIGEST, Server};
use crate::support::{anonymous, auths, credentials, is_alone_with, resolve};

/// A certificate authority of one test's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server's side of TLS, with a certificate for this host.
    pub fn server(&self, host: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

/// Runs `script` behind a trusted certificate for 127.0.0.1, in a process that trusts its authority; none outside of it.
fn trusted(test: &str, script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Option<Server> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    if std::env::var_os("ROTATE_TEST_ALONE").is_none() {
        std::fs::write(&file, "").unwrap();
        is_alone_with(&format!("certificates::{test}"), &[("SSL_CERT_FILE", &file)]);
        return None;
    }
    // The roots are read when the client is built, which is later.
    let authority = Authority::new();
    std::fs::write(std::env::var_os("SSL_CERT_FILE").unwrap(), &authority.pem).unwrap();
    Some(Server::start_tls(authority.server("127.0.0.1"), move |request| script(&request.path)))
}

/// No host is insecure here.
fn secure(server: &Server) -> HttpRegistry {
    HttpRegistry::new(InsecureRegistries::default(), credentials(&auths(&server.address, "alice", "pw")).unwrap())
}

#[tokio::test]
async fn a_certificate_that_the_machine_trusts_is_trusted() {
    let Some(server) = trusted("a_certificate_that_the_machine_trusts_is_trusted", |_| Answer::digest()) else { return };
    assert_eq!(resolve(&secure(&server), &server, "web").await.unwrap().as_str(), DIGEST);
}

#[tokio::test]
async fn a_secure_registry_cannot_send_a_password_over_plain_http() {
    let realm = "http://127.0.0.1:9/token";
    let test = "a_secure_registry_cannot_send_a_password_over_plain_http";
    let Some(server) = trusted(test, move |_| Answer::demand(format!("Bearer realm=\"{realm}\""))) else { return };
    let error = resolve(&secure(&server), &server, "web").await.unwrap_err();
    assert_eq!(error, RegistryError::UnsafeRealm { host: server.address.clone(), realm: "127.0.0.1:9".into() });
}

#[tokio::test]
async fn a_secure_registry_cannot_redirect_to_plain_http() {
    let elsewhere = Server::start(|_| Answer::digest());
    let to = format!("http://{}/", elsewhere.address);
    let Some(server) = trusted("a_secure_registry_cannot_redirect_to_plain_http", move |_| Answer::redirect(to.clone())) else { return };
    let error = resolve(&secure(&server), &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Garbage { what: Garbage::Redirect, .. }), "{error:?}");
    assert_eq!(elsewhere.asked().len(), 0);
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_is_refused() {
    let test = "a_certificate_that_nobody_knows_is_refused";
    let Some(server) = trusted(test, |_| Answer::digest()) else { return };
    let stranger = Server::start_tls(Authority::new().server("127.0.0.1"), |_| Answer::digest());
    let error = resolve(&secure(&server), &stranger, "web").await.unwrap_err();
    let expected = format!("registry {} cannot be reached: invalid peer certificate: ", stranger.address);
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(stranger.asked().len(), 0);
}

#[tokio::test]
async fn a_machine_without_ca_files_can_still_ask_insecure_registries() {
    let nothing = Path::new("/nonexistent/ca");
    let test = "certificates::a_machine_without_ca_files_can_still_ask_insecure_registries";
    if !is_alone_with(test, &[("SSL_CERT_FILE", nothing), ("SSL_CERT_DIR", nothing)]) {
        return;
    }
    let server = Server::start(|_| Answer::digest());
    resolve(&anonymous(), &server, "web").await.unwrap();
    let error = resolve(&secure(&server), &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::NoTrust { .. }), "{error:?}");
    assert!(error.help().contains("ca-certificates"));
}
