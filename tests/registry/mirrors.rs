//! Docker Hub's mirrors: asked first, for Docker Hub only, and shown nothing that is Docker Hub's.

use rotate::model::{Proxies, RegistrySettings};
use rotate::registry::{Credentials, HttpRegistry, Registry, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{basic, credentials, local_is_insecure, reference, resolve};

/// These mirrors, and a proxy that stands for the rest of the world: the Hub itself is whatever it answers.
fn behind(world: &Server, mirrors: &[&Server], credentials: Credentials) -> HttpRegistry {
    let mirrors = mirrors.iter().map(|mirror| format!("http://{}/", mirror.address)).collect();
    let proxies = Proxies { https: world.address.clone(), ..Proxies::default() };
    HttpRegistry::new(RegistrySettings { mirrors, proxies, ..local_is_insecure() }, credentials)
}

fn closed_world() -> Server {
    Server::start(|_| Answer::status(503))
}

const HUB: &str = "CONNECT registry-1.docker.io:443";

#[tokio::test]
async fn the_first_mirror_that_knows_it_is_the_last_to_be_asked() {
    let (world, second) = (closed_world(), Server::start(|_| Answer::digest()));
    for answer in [|| Answer::status(404), || Answer::status(500), || Answer::status(429), || Answer::Raw(b""), || Answer::status(403)] {
        let first = Server::start(move |_| answer());
        let registry = behind(&world, &[&first, &second], Credentials::default());
        assert_eq!(registry.resolve(&reference("nginx")).await.unwrap().as_str(), DIGEST);
        assert_eq!(first.asked(), ["HEAD /v2/library/nginx/manifests/latest"]);
    }
    assert_eq!(second.asked(), ["HEAD /v2/library/nginx/manifests/latest"; 5]);
    assert_eq!(world.asked(), [""; 0]);
}

#[tokio::test]
async fn where_no_mirror_knows_it_the_hub_is_asked_and_its_word_counts() {
    let (world, mirror) = (closed_world(), Server::start(|_| Answer::status(404)));
    let registry = behind(&world, &[&mirror], Credentials::default());
    let error = registry.resolve(&reference("me/app:1")).await.unwrap_err();
    assert!(matches!(&error, RegistryError::Unreachable { host, .. } if host == "docker.io"), "{error:?}");
    assert_eq!(mirror.asked(), ["HEAD /v2/me/app/manifests/1"]);
    assert_eq!(world.asked(), [HUB]);
}

#[tokio::test]
async fn mirrors_are_for_docker_hub_only() {
    let (world, mirror, other) = (closed_world(), Server::start(|_| Answer::status(500)), Server::start(|_| Answer::digest()));
    resolve(&behind(&world, &[&mirror], Credentials::default()), &other, "web").await.unwrap();
    assert_eq!(mirror.asked(), [""; 0]);
}

#[tokio::test]
async fn a_mirror_is_shown_its_own_credentials_and_not_the_hubs() {
    let world = closed_world();
    let mirror = Server::start(|_| Answer::demand("Basic realm=\"a mirror\""));
    let hub = || serde_json::json!({ "username": "alice", "password": "hub" });
    let mut auths = serde_json::json!({ "auths": { "https://index.docker.io/v1/": hub(), "docker.io/me": hub() } });
    let ask = async |config: String| {
        let registry = behind(&world, &[&mirror], credentials(&config).unwrap());
        registry.resolve(&reference("me/app")).await.unwrap_err();
    };
    ask(auths.to_string()).await;
    assert_eq!(mirror.requests().iter().filter_map(|request| request.header("authorization")).count(), 0);
    auths["auths"][&mirror.address] = serde_json::json!({ "username": "alice", "password": "mirror" });
    ask(auths.to_string()).await;
    let requests = mirror.requests();
    let sent: Vec<_> = requests.iter().filter_map(|request| request.header("authorization")).collect();
    assert_eq!(sent, [basic("alice", "mirror")]);
}

#[tokio::test]
async fn a_mirror_that_hangs_costs_one_deadline_a_run() {
    let (world, mirror) = (closed_world(), Server::start(|_| Answer::Silence));
    // Long enough for the machine's authorities to be read, which the Hub is asked with.
    let registry = behind(&world, &[&mirror], Credentials::default()).with_deadline(std::time::Duration::from_secs(3));
    for name in ["nginx", "redis", "me/app"] {
        registry.resolve(&reference(name)).await.unwrap_err();
    }
    assert_eq!(mirror.asked().len(), 1);
    assert!(!world.asked().is_empty(), "the Hub was asked all the same");
}
