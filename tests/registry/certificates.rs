//! Hosts whose certificate must be trusted, and machines that trust nobody.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rotate::model::RegistrySettings;
use rotate::registry::{CertificateFault, Credentials, Garbage, HttpRegistry, RegistryError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;

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

    /// A certificate for this host or client, and its key.
    fn sign(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// The same as two files' texts.
    pub fn sign_pem(&self, name: &str) -> (String, String) {
        let (certificate, key) = self.sign(name);
        (certificate.pem(), key.serialize_pem())
    }

    /// A server's side of TLS, with a certificate for this host.
    pub fn server(&self, host: &str) -> Arc<ServerConfig> {
        self.server_that_asks(host, WebPkiClientVerifier::no_client_auth())
    }

    /// The same, for clients only that this authority knows.
    fn server_for_clients(&self, host: &str) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        self.server_that_asks(host, WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap())
    }

    fn server_that_asks(&self, host: &str, clients: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign(host);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(config.with_client_cert_verifier(clients).with_single_cert(vec![certificate.der().clone()], key).unwrap())
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
    HttpRegistry::new(RegistrySettings::default(), credentials(&auths(&server.address, "alice", "pw")).unwrap())
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

/// An engine's folder of certificates.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn with(self, host: &str, name: &str, text: &str) -> Self {
        std::fs::create_dir_all(self.0.path().join(host)).unwrap();
        std::fs::write(self.0.path().join(host).join(name), text).unwrap();
        self
    }

    /// No host is insecure here, either.
    pub fn registry(&self, credentials: Credentials) -> HttpRegistry {
        HttpRegistry::new(RegistrySettings::default(), credentials).with_certificates(vec![self.0.path().to_owned()])
    }
}

#[tokio::test]
async fn an_authority_of_the_engines_is_trusted_for_its_host_and_no_other() {
    let authority = Authority::new();
    let [server, other] = [(), ()].map(|()| Server::start_tls(authority.server("127.0.0.1"), |_| Answer::digest()));
    let folder = Folder::new().with(&server.address, "ca.crt", &authority.pem).with(&server.address, "README", "not read");
    let registry = folder.registry(Credentials::default());
    assert_eq!(resolve(&registry, &server, "web").await.unwrap().as_str(), DIGEST);
    let error = resolve(&registry, &other, "web").await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    // Others are still whom the machine trusts.
    assert!(matches!(error, RegistryError::Unreachable { .. } | RegistryError::NoTrust { .. }), "{error:?}");
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test]
async fn several_authorities_may_stand_in_one_file_or_in_many() {
    let [one, other, third] = [(), (), ()].map(|()| Authority::new());
    let server = Server::start_tls(other.server("127.0.0.1"), |_| Answer::digest());
    let both = format!("{}\n# a comment\n{}", one.pem, other.pem);
    let folder = Folder::new().with(&server.address, "a.crt", &third.pem).with(&server.address, "b.crt", &both);
    resolve(&folder.registry(Credentials::default()), &server, "web").await.unwrap();
}

#[tokio::test]
async fn a_registry_that_wants_a_client_certificate_is_shown_its_own() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server_for_clients("127.0.0.1"), |_| Answer::digest());
    let (certificate, key) = authority.sign_pem("rotate");
    let folder = Folder::new().with(&server.address, "ca.crt", &authority.pem);
    resolve(&folder.registry(Credentials::default()), &server, "web").await.unwrap_err();
    assert_eq!(server.asked().len(), 0);
    let folder = folder.with(&server.address, "client.cert", &certificate).with(&server.address, "client.key", &key);
    resolve(&folder.registry(Credentials::default()), &server, "web").await.unwrap();
}

#[tokio::test]
async fn a_bad_file_is_named_and_holds_its_own_registry_only() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("127.0.0.1"), |_| Answer::digest());
    let good = Server::start_tls(authority.server("127.0.0.1"), |_| Answer::digest());
    let ((certificate, key), (other, _)) = (authority.sign_pem("rotate"), authority.sign_pem("other"));
    let torn: String = authority.pem.lines().take(3).collect::<Vec<_>>().join("\n");
    let no_der = "-----BEGIN CERTIFICATE-----\nT0PSECRE\n-----END CERTIFICATE-----\n";
    let long = "x".repeat(2 << 20);
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, CertificateFault);
    let table: [Case<'_>; 11] = [
        (&[("a.crt", &authority.pem), ("b.crt", "T0PSECRET")], "b.crt", CertificateFault::NoCertificate),
        (&[("ca.crt", "")], "ca.crt", CertificateFault::NoCertificate),
        (&[("ca.crt", &torn)], "ca.crt", CertificateFault::NoCertificate),
        (&[("ca.crt", no_der)], "ca.crt", CertificateFault::NoCertificate),
        (&[("ca.crt", &long)], "ca.crt", CertificateFault::TooLong),
        (&[("c.cert", &certificate)], "c.cert", CertificateFault::Alone { missing: "key" }),
        (&[("c.key", &key)], "c.key", CertificateFault::Alone { missing: "cert" }),
        (&[("c.cert", &certificate), ("c.key", "T0PSECRET")], "c.key", CertificateFault::NoKey),
        (&[("c.cert", "T0PSECRET"), ("c.key", &key)], "c.cert", CertificateFault::NoCertificate),
        (&[("c.cert", &other), ("c.key", &key)], "c.cert", CertificateFault::OtherKey),
        (&[("c.cert", &certificate), ("c.key", &key), ("d.cert", &other), ("d.key", &key)], "d.cert", CertificateFault::Second),
    ];
    for (files, to_blame, expected) in table {
        let folder = Folder::new().with(&good.address, "ca.crt", &authority.pem);
        let folder = files.iter().fold(folder, |folder, (name, text)| folder.with(&server.address, name, text));
        let registry = folder.registry(Credentials::default());
        let error = resolve(&registry, &server, "web").await.unwrap_err();
        let RegistryError::Certificate { host, path, fault } = &error else { panic!("{error:?} for {to_blame}") };
        assert_eq!((host, path, *fault), (&server.address, &folder.0.path().join(host).join(to_blame), expected));
        let shown = format!("{error} {error:?} {}", error.help());
        assert!(!shown.contains("T0PSECRE") && !shown.contains("PRIVATE"), "{shown}");
        resolve(&registry, &good, "web").await.unwrap();
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn a_machine_without_ca_files_can_still_ask_whom_the_engine_trusts() {
    let nothing = Path::new("/nonexistent/ca");
    let test = "certificates::a_machine_without_ca_files_can_still_ask_whom_the_engine_trusts";
    if !is_alone_with(test, &[("SSL_CERT_FILE", nothing), ("SSL_CERT_DIR", nothing)]) {
        return;
    }
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("127.0.0.1"), |_| Answer::digest());
    let folder = Folder::new().with(&server.address, "ca.crt", &authority.pem);
    resolve(&folder.registry(Credentials::default()), &server, "web").await.unwrap();
}
