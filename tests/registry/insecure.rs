//! Hosts that the engine talks to without a trusted certificate.

use rotate::model::{InsecureRegistries, RegistrySettings};
use rotate::registry::{Credentials, HttpRegistry, Registry, RegistryError};

use crate::certificates::Authority;
use crate::server::{Answer, DIGEST, Server};
use crate::support::{anonymous, reference, resolve};

#[tokio::test]
async fn an_insecure_host_is_asked_over_tls_first_whatever_its_certificate() {
    let server = Server::start_tls(Authority::new().server("somebody.else"), |_| Answer::digest());
    assert_eq!(resolve(&anonymous(), &server, "web").await.unwrap().as_str(), DIGEST);
}

#[tokio::test]
async fn an_insecure_host_without_tls_is_asked_without_and_that_is_remembered() {
    let server = Server::start(|_| Answer::digest());
    let registry = anonymous();
    for name in ["web:1", "web:2"] {
        resolve(&registry, &server, name).await.unwrap();
    }
    assert_eq!(server.asked(), ["HEAD /v2/web/manifests/1", "HEAD /v2/web/manifests/2"]);
}

#[tokio::test]
async fn an_insecure_host_may_be_named_by_the_engine_or_by_what_its_name_resolves_to() {
    let server = Server::start(|_| Answer::digest());
    let port = server.address.rsplit(':').next().unwrap();
    let web = reference(&format!("localhost:{port}/web"));
    let ask = |hosts: &[String], cidrs: &[&str]| {
        let cidrs = cidrs.iter().map(|&c| c.to_owned()).collect();
        let insecure = InsecureRegistries::new(hosts.to_vec(), cidrs);
        HttpRegistry::new(RegistrySettings { insecure, ..RegistrySettings::default() }, Credentials::default())
    };
    ask(&[format!("localhost:{port}")], &[]).resolve(&web).await.unwrap();
    ask(&[], &["127.0.0.0/8", "::1/128"]).resolve(&web).await.unwrap();
    let error = ask(&["localhost".into()], &["10.0.0.0/8"]).resolve(&web).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. } | RegistryError::NoTrust { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 2, "a secure host is never asked without TLS");
}
