//! Redirects: followed, a few times, and without anything that is secret.

use rotate::registry::{Garbage, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{anonymous, auths, basic, nothing_was_pulled, resolve, with_config};

fn guarded_and_moved(to: &Server) -> Server {
    let (expected, to) = (basic("alice", "pw"), to.address.clone());
    Server::start(move |request| match request.header("authorization") {
        Some(sent) if sent == expected => Answer::redirect(format!("http://{to}{}", request.path)),
        _ => Answer::demand("Basic realm=\"a registry\""),
    })
}

#[tokio::test]
async fn a_redirect_carries_no_credentials_elsewhere() {
    let elsewhere = Server::start(|_| Answer::digest());
    let server = guarded_and_moved(&elsewhere);
    let registry = with_config(&auths(&server.address, "alice", "pw"));
    assert_eq!(resolve(&registry, &server, "web").await.unwrap().as_str(), DIGEST);
    nothing_was_pulled(&elsewhere);
    assert_eq!(elsewhere.asked(), ["HEAD /v2/web/manifests/latest"]);
    let request = &elsewhere.requests()[0];
    assert_eq!((request.header("authorization"), request.header("referer")), (None, None));
}

#[tokio::test]
async fn a_host_that_was_redirected_to_gets_no_credentials_by_asking_for_them() {
    let thief = Server::start(|_| Answer::demand("Basic realm=\"x\""));
    let token_thief = Server::with_tokens(|_| Answer::json(r#"{"token": "T"}"#));
    for elsewhere in [thief, token_thief] {
        let to = elsewhere.address.clone();
        let server = Server::start(move |request| Answer::redirect(format!("http://{to}{}", request.path)));
        let registry = with_config(&auths(&server.address, "alice", "pw"));
        let error = resolve(&registry, &server, "web").await.unwrap_err();
        assert!(matches!(error, RegistryError::Unauthorized { .. }), "{error:?}");
        assert_eq!(elsewhere.asked(), ["HEAD /v2/web/manifests/latest"]);
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_token_services_redirect_carries_no_password_elsewhere() {
    let elsewhere = Server::start(|_| Answer::json(r#"{"token": "T"}"#));
    let to = elsewhere.address.clone();
    let server = Server::with_tokens(move |_| Answer::redirect(format!("http://{to}/token")));
    let registry = with_config(&auths(&server.address, "alice", "pw"));
    resolve(&registry, &server, "web").await.unwrap();
    assert_eq!(elsewhere.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_redirect_within_the_registry_keeps_what_it_needs() {
    let expected = basic("alice", "pw");
    let server = Server::start(move |request| match request.header("authorization") {
        Some(sent) if sent == expected && request.path.starts_with("/moved") => Answer::digest(),
        Some(sent) if sent == expected => Answer::redirect("/moved"),
        _ => Answer::demand("Basic realm=\"a registry\""),
    });
    let registry = with_config(&auths(&server.address, "alice", "pw"));
    resolve(&registry, &server, "web").await.unwrap();
    assert_eq!(server.asked().last().unwrap(), "HEAD /moved");
}

#[tokio::test]
async fn a_redirect_in_circles_ends() {
    let server = Server::start(|request| Answer::redirect(request.path.clone()));
    let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Garbage { what: Garbage::Redirect, .. }), "{error:?}");
    assert_eq!(server.asked().len(), 6);
}

#[tokio::test]
async fn a_redirect_to_where_nobody_listens_ends() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for to in [format!("http://{nowhere}/"), "http://nowhere.invalid/".to_owned()] {
        let server = Server::start(move |_| Answer::redirect(to.clone()));
        let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
        assert!(matches!(&error, RegistryError::Unreachable { host, .. } if *host == server.address), "{error:?}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_answer_like_any_other() {
    let server = Server::start(|_| Answer::status(302));
    let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Status { status: 302, .. }), "{error:?}");
}
