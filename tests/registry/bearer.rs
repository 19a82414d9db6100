//! Registries that name a token service.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rotate::registry::{Asked, Garbage, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{anonymous, auths, basic, resolve, with_config};

const TOKEN_FOR_WEB: &str = "GET /token?service=test+registry&scope=repository%3Aweb%3Apull";

fn token_requests(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.contains("/token")).count()
}

#[tokio::test]
async fn a_token_is_fetched_where_the_registry_says() {
    let server = Server::with_tokens(|_| Answer::json(r#"{"token": "T"}"#));
    assert_eq!(resolve(&anonymous(), &server, "web:1").await.unwrap().as_str(), DIGEST);
    assert_eq!(server.asked(), ["HEAD /v2/web/manifests/1", TOKEN_FOR_WEB, "HEAD /v2/web/manifests/1"]);
    assert_eq!(server.requests()[1].header("authorization"), None);
}

#[tokio::test]
async fn one_repository_costs_one_token_request() {
    let server = Server::with_tokens(|_| Answer::json(r#"{"access_token": "T", "expires_in": 300}"#));
    let registry = anonymous();
    for tag in ["1", "2", "3"] {
        resolve(&registry, &server, &format!("web:{tag}")).await.unwrap();
    }
    assert_eq!(token_requests(&server), 1);
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn many_asked_at_once_still_cost_one_token_request_a_repository() {
    let server = Server::with_tokens(|_| Answer::json(r#"{"token": "T", "expires_in": 300}"#));
    let registry = anonymous();
    let names: Vec<String> = (0..20).map(|n| format!("web{}:{n}", n % 4)).collect();
    for answer in futures_util::future::join_all(names.iter().map(|name| resolve(&registry, &server, name))).await {
        answer.unwrap();
    }
    assert_eq!(token_requests(&server), 4);
    // The registry says only once that it wants a token.
    assert_eq!(server.asked().len(), 20 + 4 + 1);
}

#[tokio::test]
async fn a_token_is_for_one_repository() {
    let server = Server::with_tokens(|_| Answer::json(r#"{"token": "T"}"#));
    let registry = anonymous();
    resolve(&registry, &server, "web").await.unwrap();
    resolve(&registry, &server, "team/app").await.unwrap();
    let tokens: Vec<String> = server.asked().into_iter().filter(|asked| asked.contains("/token")).collect();
    assert_eq!(tokens, [TOKEN_FOR_WEB, "GET /token?service=test+registry&scope=repository%3Ateam%2Fapp%3Apull"]);
}

#[tokio::test]
async fn a_token_that_has_expired_is_fetched_anew() {
    let server = Server::with_tokens(|_| Answer::json(r#"{"token": "T", "expires_in": 1}"#));
    let registry = anonymous();
    resolve(&registry, &server, "web").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    resolve(&registry, &server, "web").await.unwrap();
    assert_eq!(token_requests(&server), 2);
    assert_eq!(server.asked().len(), 5, "the old token was not sent again");
}

#[tokio::test]
async fn a_token_that_is_taken_back_early_is_fetched_anew_once() {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let realm = format!("http://{}/token", listener.local_addr().unwrap());
    let server = Server::serve(listener, None, move |request| {
        let valid = GIVEN.load(Ordering::SeqCst);
        match request.header("authorization") {
            _ if request.path.starts_with("/token") => {
                Answer::json(&format!(r#"{{"token": "T{}", "expires_in": 300}}"#, GIVEN.fetch_add(1, Ordering::SeqCst) + 1))
            }
            Some(sent) if sent == format!("Bearer T{valid}") && request.path.ends_with("/ok") => Answer::digest(),
            _ => Answer::demand(format!("Bearer realm=\"{realm}\"")),
        }
    });
    let registry = anonymous();
    resolve(&registry, &server, "web:ok").await.unwrap();
    GIVEN.fetch_add(1, Ordering::SeqCst);
    resolve(&registry, &server, "web:ok").await.unwrap();
    assert_eq!(token_requests(&server), 2);
    // Where no token helps, it ends after one retry.
    let error = resolve(&registry, &server, "web:never").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithoutCredentials, .. }), "{error:?}");
    assert_eq!(server.asked().iter().filter(|asked| asked.ends_with("/never")).count(), 2);
}

#[tokio::test]
async fn name_and_password_go_to_the_token_service_and_not_to_the_registry() {
    let password = "a?b?c>d>~~~?:ö";
    let expected = basic("alice", password);
    let server = Server::with_tokens(move |request| match request.header("authorization") {
        Some(sent) if sent == expected => Answer::json(r#"{"token": "T"}"#),
        _ => Answer::status(401),
    });
    let registry = with_config(&auths(&server.address, "alice", password));
    resolve(&registry, &server, "web").await.unwrap();
    assert_eq!(server.asked()[1], format!("{TOKEN_FOR_WEB}&account=alice"));
    let heads: Vec<_> = server.requests().into_iter().filter(|request| request.method == "HEAD").collect();
    assert_eq!(heads.iter().map(|head| head.header("authorization")).collect::<Vec<_>>(), [None, Some("Bearer T")]);
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_a_run() {
    let server = Server::with_tokens(|_| Answer::status(401));
    let registry = with_config(&auths(&server.address, "alice", "wrong"));
    for name in ["web:1", "web:2", "other"] {
        let error = resolve(&registry, &server, name).await.unwrap_err();
        assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithCredentials, .. }), "{error:?}");
    }
    assert_eq!(token_requests(&server), 1);
}

#[tokio::test]
async fn a_repository_that_is_forbidden_closes_no_other() {
    let server = Server::with_tokens(|request| match request.path.contains("secret") {
        true => Answer::status(403),
        false => Answer::json(r#"{"token": "T"}"#),
    });
    let registry = with_config(&auths(&server.address, "alice", "pw"));
    let error = resolve(&registry, &server, "secret").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithCredentials, .. }), "{error:?}");
    resolve(&registry, &server, "web").await.unwrap();
}

#[tokio::test]
async fn the_token_service_has_limits_too() {
    let server = Server::with_tokens(|_| Answer::status(429).header("Retry-After", "30"));
    let registry = anonymous();
    for name in ["web:1", "web:2", "other"] {
        let error = resolve(&registry, &server, name).await.unwrap_err();
        assert_eq!(error, RegistryError::TooManyRequests { host: server.address.clone(), seconds: 30 });
    }
    assert_eq!(server.asked(), ["HEAD /v2/web/manifests/1", TOKEN_FOR_WEB]);
}

#[tokio::test]
async fn a_token_service_of_two_registries_is_left_alone_for_both() {
    let tokens = Server::start(|_| Answer::status(429).header("Retry-After", "30"));
    let realm = format!("Bearer realm=\"http://{}/token\"", tokens.address);
    let (one, other) = (realm.clone(), realm);
    let servers = [Server::start(move |_| Answer::demand(one.clone())), Server::start(move |_| Answer::demand(other.clone()))];
    let registry = anonymous();
    for server in &servers {
        let error = resolve(&registry, server, "web").await.unwrap_err();
        assert_eq!(error, RegistryError::TooManyRequests { host: tokens.address.clone(), seconds: 30 });
    }
    assert_eq!(tokens.asked().len(), 1);
}

#[tokio::test]
async fn a_token_service_that_hangs_is_named() {
    let silent = Server::start(|_| Answer::Silence);
    let realm = format!("http://{}/token", silent.address);
    let server = Server::start(move |_| Answer::demand(format!("Bearer realm=\"{realm}\"")));
    let registry = anonymous().with_deadline(Duration::from_millis(400));
    for name in ["web", "other"] {
        let error = resolve(&registry, &server, name).await.unwrap_err();
        assert_eq!(error.to_string(), format!("registry {} does not answer within 0.4 s", silent.address));
    }
    assert_eq!((server.asked().len(), silent.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_token_service_that_answers_nonsense_is_garbage_and_not_quoted() {
    let long = format!(r#"{{"token": "{}"}}"#, "T".repeat(2 << 20));
    let bodies =
        ["", "T0PSECRET", "[]", r#"{"token": 5, "x": "T0PSECRET"}"#, r#"{"token": ""}"#, r#"{"token": "T0PSECRET\n"}"#, "{}", &long];
    for body in bodies.map(str::to_owned) {
        let shown = body.chars().take(40).collect::<String>();
        let server = Server::with_tokens(move |_| Answer::json(&body));
        let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
        assert!(matches!(error, RegistryError::Garbage { what: Garbage::Token | Garbage::NoToken, .. }), "{shown}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("T0PSECRET"));
    }
    let server = Server::with_tokens(|_| Answer::status(500));
    let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Status { status: 500, .. }), "{error:?}");
}

#[tokio::test]
async fn a_demand_that_cannot_be_met_is_garbage() {
    for challenge in ["Bearer", "Bearer realm=\"ftp://x/\"", "Bearer realm=\"/token\""] {
        let server = Server::start(move |_| Answer::demand(challenge));
        let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
        assert!(matches!(error, RegistryError::Garbage { what: Garbage::Challenge, .. }), "{challenge}: {error:?}");
        assert_eq!(server.asked().len(), 1);
    }
    for challenge in ["Negotiate", "", "\u{7f}"] {
        let server = Server::start(move |_| Answer::demand(challenge));
        let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
        assert!(matches!(error, RegistryError::Unauthorized { .. } | RegistryError::Garbage { .. }), "{challenge}: {error:?}");
    }
}
