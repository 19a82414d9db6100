//! The engine's proxies: registries are asked through them as the engine asks.

use rotate::model::{InsecureRegistries, Proxies, RegistrySettings};
use rotate::registry::{Credentials, HttpRegistry, Registry, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{basic, reference, resolve};

/// A registry that exists nowhere but behind the proxy.
const HOST: &str = "registry.invalid";

fn through(proxies: Proxies) -> HttpRegistry {
    let insecure = InsecureRegistries::new(vec![HOST.into()], vec!["127.0.0.0/8".into()]);
    HttpRegistry::new(RegistrySettings { insecure, proxies, ..RegistrySettings::default() }, Credentials::default())
}

/// It leads to registries without TLS.
fn proxy() -> Server {
    Server::start(|request| if request.method == "CONNECT" { Answer::status(502) } else { Answer::digest() })
}

#[tokio::test]
async fn a_registry_is_asked_through_the_engines_proxy() {
    let server = proxy();
    let proxies = Proxies { http: format!("http://alice:pw@{}", server.address), https: server.address.clone(), ..Proxies::default() };
    let digest = through(proxies).resolve(&reference(&format!("{HOST}/web:1"))).await.unwrap();
    assert_eq!(digest.as_str(), DIGEST);
    assert_eq!(server.asked(), [format!("CONNECT {HOST}:443"), format!("HEAD http://{HOST}/v2/web/manifests/1")]);
    assert_eq!(server.requests()[1].header("proxy-authorization"), Some(basic("alice", "pw").as_str()));
}

#[tokio::test]
async fn whom_the_engine_asks_directly_is_asked_directly() {
    let (server, local) = (proxy(), Server::start(|_| Answer::digest()));
    let proxies = Proxies { http: server.address.clone(), https: server.address.clone(), except: "*.invalid".into() };
    let registry = through(proxies);
    let error = registry.resolve(&reference(&format!("{HOST}/web"))).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error:?}");
    resolve(&registry, &local, "web").await.unwrap();
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_of_another_kind_is_said_and_not_passed_by() {
    let proxies = Proxies { http: "socks5://127.0.0.1:1".into(), https: "socks5://127.0.0.1:1".into(), ..Proxies::default() };
    let error = through(proxies).resolve(&reference(&format!("{HOST}/web"))).await.unwrap_err();
    assert!(error.to_string().contains("the engine's proxy is no HTTP proxy"), "{error}");
}
