//! What Podman's `registries.conf` makes of a name: its mirrors are asked first, then its location, by the names that the image has there; what is
//! blocked is not.

use rotate::model::{Mirror, Place, Pulls, RegistrySettings};
use rotate::registry::{Credentials, HttpRegistry, Registry, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{auths, basic, credentials, nothing_was_pulled, reference};

/// `far.lan` is at this server, which needs no trusted certificate.
fn far(at: &Server, mirrors: Vec<Mirror>) -> Place {
    Place { prefix: "far.lan".into(), location: at.address.clone(), is_insecure: true, mirrors, ..Place::default() }
}

fn mirror(at: &Server, path: &str, pulls: Pulls) -> Mirror {
    Mirror { location: format!("{}{path}", at.address), is_insecure: true, pulls }
}

/// No host is insecure but by its place.
fn registry(place: Place, credentials: Credentials) -> HttpRegistry {
    HttpRegistry::new(RegistrySettings { places: vec![place], is_podman: true, ..RegistrySettings::default() }, credentials)
}

#[tokio::test]
async fn a_mirror_of_any_registry_is_asked_first_and_by_the_name_that_it_has_for_it() {
    let (origin, copy) = (Server::start(|_| Answer::status(500)), Server::start(|_| Answer::digest()));
    let registry = registry(far(&origin, vec![mirror(&copy, "/copies", Pulls::All)]), Credentials::default());
    assert_eq!(registry.resolve(&reference("far.lan/me/web:1")).await.unwrap().as_str(), DIGEST);
    assert_eq!(copy.asked(), ["HEAD /v2/copies/me/web/manifests/1"]);
    assert_eq!(origin.asked(), [""; 0]);
    nothing_was_pulled(&copy);
}

#[tokio::test]
async fn where_no_mirror_has_it_the_location_is_asked_and_its_word_counts() {
    let (origin, copy) = (Server::start(|_| Answer::status(404)), Server::start(|_| Answer::status(500)));
    let registry = registry(far(&origin, vec![mirror(&copy, "", Pulls::All)]), Credentials::default());
    let error = registry.resolve(&reference("far.lan/web:1")).await.unwrap_err();
    assert!(matches!(&error, RegistryError::NotFound { host, .. } if *host == origin.address), "{error:?}");
    assert_eq!(copy.asked(), ["HEAD /v2/web/manifests/1"]);
    assert_eq!(origin.asked(), ["HEAD /v2/web/manifests/1"]);
}

#[tokio::test]
async fn a_tag_is_not_asked_of_a_mirror_for_digests_nor_a_digest_of_one_for_tags() {
    let start = || Server::start(|_| Answer::digest());
    for (pulls, is_by_tag) in [(Pulls::ByDigest, false), (Pulls::ByTag, true)] {
        let (origin, copy) = (start(), start());
        let registry = registry(far(&origin, vec![mirror(&copy, "", pulls)]), Credentials::default());
        let (tag, digest) = ("HEAD /v2/web/manifests/1".to_owned(), format!("HEAD /v2/web/manifests/{DIGEST}"));
        registry.resolve(&reference("far.lan/web:1")).await.unwrap();
        assert!(registry.has(&reference("far.lan/web:1"), &DIGEST.parse().unwrap()).await.unwrap());
        let (of_copy, of_origin) = if is_by_tag { (tag, digest) } else { (digest, tag) };
        assert_eq!(copy.asked(), [of_copy], "{pulls:?}");
        assert_eq!(origin.asked(), [of_origin], "{pulls:?}");
    }
}

#[tokio::test]
async fn a_mirror_that_is_not_insecure_is_not_asked_without_tls_whatever_the_location_is() {
    let (origin, copy) = (Server::start(|_| Answer::digest()), Server::start(|_| Answer::digest()));
    let secure = Mirror { is_insecure: false, ..mirror(&copy, "", Pulls::All) };
    registry(far(&origin, vec![secure]), Credentials::default()).resolve(&reference("far.lan/web:1")).await.unwrap();
    assert_eq!(copy.asked(), [""; 0]);
    assert_eq!(origin.asked().len(), 1);
}

#[tokio::test]
async fn each_is_shown_its_own_credentials() {
    let (origin, copy) = (Server::start(|_| Answer::demand("Basic realm=\"r\"")), Server::start(|_| Answer::demand("Basic realm=\"r\"")));
    let config = auths(&copy.address, "alice", "copy");
    let registry = registry(far(&origin, vec![mirror(&copy, "", Pulls::All)]), credentials(&config).unwrap());
    registry.resolve(&reference("far.lan/web:1")).await.unwrap_err();
    let sent = |server: &Server| -> Vec<String> {
        server.requests().iter().filter_map(|request| request.header("authorization")).map(str::to_owned).collect()
    };
    assert_eq!(sent(&copy), [basic("alice", "copy")]);
    assert_eq!(sent(&origin), [""; 0]);
}

#[tokio::test]
async fn what_is_blocked_is_not_asked_and_the_prefix_is_named() {
    let origin = Server::start(|_| Answer::digest());
    let registry = registry(Place { is_blocked: true, ..far(&origin, Vec::new()) }, Credentials::default());
    let error = registry.resolve(&reference("far.lan/web:1")).await.unwrap_err();
    assert_eq!(error.to_string(), "registries.conf blocks `far.lan`, from where far.lan/web:1 would be pulled");
    assert!(error.help().contains("`blocked = true` of `far.lan`"), "{}", error.help());
    assert_eq!(origin.asked(), [""; 0]);
}

#[tokio::test]
async fn of_a_blocked_place_the_mirrors_are_asked_and_nobody_else() {
    let (origin, copy) = (Server::start(|_| Answer::digest()), Server::start(|_| Answer::status(404)));
    let place = Place { is_blocked: true, ..far(&origin, vec![mirror(&copy, "", Pulls::All)]) };
    let error = registry(place, Credentials::default()).resolve(&reference("far.lan/web:1")).await.unwrap_err();
    assert!(matches!(&error, RegistryError::NotFound { host, .. } if *host == copy.address), "{error:?}");
    assert_eq!(copy.asked(), ["HEAD /v2/web/manifests/1"]);
    assert_eq!(origin.asked(), [""; 0]);
}

/// The pull is by digest.
#[tokio::test]
async fn a_tag_that_only_a_mirror_for_tags_has_is_blocked() {
    let (origin, copy) = (Server::start(|_| Answer::digest()), Server::start(|_| Answer::digest()));
    let place = Place { is_blocked: true, ..far(&origin, vec![mirror(&copy, "", Pulls::ByTag)]) };
    let error = registry(place, Credentials::default()).resolve(&reference("far.lan/web:1")).await.unwrap_err();
    assert!(matches!(&error, RegistryError::Blocked { prefix, .. } if prefix == "far.lan"), "{error:?}");
    assert_eq!(origin.asked(), [""; 0]);
}
