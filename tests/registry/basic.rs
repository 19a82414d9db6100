//! Registries that want a name and a password with each request.

use rotate::registry::{Asked, Login, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{anonymous, auths, basic, reference, resolve, with_config};

fn guarded(username: &'static str, password: &'static str) -> Server {
    let expected = basic(username, password);
    Server::start(move |request| match request.header("authorization") {
        Some(sent) if sent == expected => Answer::digest(),
        _ => Answer::demand("Basic realm=\"a registry\""),
    })
}

#[tokio::test]
async fn every_password_arrives_as_it_is() {
    for (username, password) in [
        ("alice", "simplepw"),
        ("alice", "a?b?c>d>~~~?"),
        ("alice", "with:colons:in:it"),
        ("alice", "ö ß 漢字 \"quoted\" \\ \t"),
        ("alice@example.org", "+/=%&#"),
        ("alice", " "),
        ("$oauthtoken", "x"),
    ] {
        let server = guarded(username, password);
        let registry = with_config(&auths(&server.address, username, password));
        assert_eq!(resolve(&registry, &server, "web").await.unwrap().as_str(), DIGEST, "{username} {password}");
        assert_eq!(server.asked(), ["HEAD /v2/web/manifests/latest"; 2]);
        assert_eq!(server.requests()[0].header("authorization"), None, "nothing is sent before it is demanded");
    }
}

#[tokio::test]
async fn a_registry_that_wants_a_password_need_not_ask_for_it_twice() {
    let server = guarded("alice", "pw");
    let registry = with_config(&auths(&server.address, "alice", "pw"));
    for name in ["web:1", "web:2", "other"] {
        resolve(&registry, &server, name).await.unwrap();
    }
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn without_credentials_nothing_more_is_tried() {
    let server = guarded("alice", "pw");
    let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
    let web = reference(&format!("{}/web", server.address));
    let host = server.address.clone();
    assert_eq!(
        error,
        RegistryError::Unauthorized { host, reference: Box::new(web), asked: Asked::WithoutCredentials, login: Login::Docker }
    );
    assert_eq!(error.to_string(), format!("registry {0} does not let anybody without credentials see {0}/web:latest", server.address));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn wrong_credentials_are_said_to_be_so_and_not_shown() {
    let server = guarded("alice", "pw");
    let registry = with_config(&auths(&server.address, "alice", "hunter2"));
    for most in [2, 3] {
        let error = resolve(&registry, &server, "web").await.unwrap_err();
        assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithCredentials, .. }), "{error:?}");
        let shown = format!("{error} {error:?} {} {}", error.help(), error.state());
        assert!(!shown.contains("hunter2") && !shown.contains("alice"), "{shown}");
        assert_eq!(server.asked().len(), most);
    }
}

#[tokio::test]
async fn no_registry_is_sent_anothers_credentials() {
    let server = guarded("alice", "pw");
    for foreign in ["127.0.0.1", "127.0.0.1:1", "https://index.docker.io/v1/", "localhost", "127.0.0.1/web"] {
        let registry = with_config(&auths(foreign, "alice", "pw"));
        resolve(&registry, &server, "web").await.unwrap_err();
    }
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn an_identity_token_is_no_password() {
    let server = guarded("alice", "pw");
    let token = with_config(&format!(r#"{{"auths": {{"{}": {{"identitytoken": "eyJ0"}}}}}}"#, server.address));
    let error = resolve(&token, &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithoutIdentityToken, .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("eyJ0"));
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}
