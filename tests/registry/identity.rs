//! Identity tokens: redeemed at the registry's own token service, and shown to nobody else.

use rotate::model::Digest;
use rotate::registry::{Asked, HttpRegistry, Registry, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{reference, with_config};

const TOKEN: &str = "eyJ0/a+b=c&d";
/// As a form has it.
const SENT: &str = "refresh_token=eyJ0%2Fa%2Bb%3Dc%26d";

fn with_token(server: &Server) -> HttpRegistry {
    with_config(&serde_json::json!({ "auths": { &server.address: { "auth": "AAAA", "identitytoken": TOKEN } } }).to_string())
}

#[tokio::test]
async fn an_identity_token_is_redeemed_with_one_post_a_repository() {
    let server = Server::with_tokens(|_| Answer::json(r#"{"access_token": "T", "refresh_token": "other", "expires_in": 300}"#));
    let registry = with_token(&server);
    for name in ["web:1", "web:2", "web:3", "team/app:1"] {
        assert_eq!(resolve_posting(&registry, &server, name).await.unwrap().as_str(), DIGEST);
    }
    let posts: Vec<_> = server.requests().into_iter().filter(|request| request.method == "POST").collect();
    let bodies: Vec<_> = posts.iter().map(|post| post.body.as_str()).collect();
    let body = |scope: &str| format!("grant_type=refresh_token&client_id=rotate&scope={scope}&{SENT}&service=test+registry");
    assert_eq!(bodies, [body("repository%3Aweb%3Apull"), body("repository%3Ateam%2Fapp%3Apull")]);
    for post in &posts {
        assert_eq!((post.path.as_str(), post.header("authorization")), ("/token", None));
        assert_eq!(post.header("content-type"), Some("application/x-www-form-urlencoded"));
    }
    assert!(server.requests().iter().all(|request| !request.path.contains("eyJ0")));
}

#[tokio::test]
async fn a_redirect_does_not_carry_an_identity_token_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(|_| Answer::json(r#"{"access_token": "T"}"#));
        let to = format!("http://{}/token", elsewhere.address);
        let server = Server::with_tokens(move |_| Answer::status(status).header("Location", to.clone()));
        let error = resolve_posting(&with_token(&server), &server, "web").await.unwrap_err();
        assert!(matches!(error, RegistryError::Status { status: said, .. } if said == status), "{error:?}");
        assert_eq!(elsewhere.asked(), [""; 0]);
    }
}

#[tokio::test]
async fn an_identity_token_that_is_refused_is_sent_once_a_run() {
    for status in [400, 401] {
        let server = Server::with_tokens(move |_| Answer::Http(status, Vec::new(), r#"{"error": "invalid_grant"}"#.to_owned()));
        let registry = with_token(&server);
        for name in ["web:1", "web:2", "other"] {
            let error = resolve_posting(&registry, &server, name).await.unwrap_err();
            assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithCredentials, .. }), "{status}: {error:?}");
            assert!(!format!("{error} {error:?} {}", error.help()).contains("eyJ0"));
        }
        assert_eq!(server.asked().iter().filter(|asked| asked.starts_with("POST")).count(), 1);
    }
}

/// A POST is no pull here.
async fn resolve_posting(registry: &HttpRegistry, server: &Server, name: &str) -> Result<Digest, RegistryError> {
    let answer = registry.resolve(&reference(&format!("{}/{name}", server.address))).await;
    assert!(!server.asked().iter().any(|asked| asked.starts_with("GET")), "{:?}", server.asked());
    answer
}
