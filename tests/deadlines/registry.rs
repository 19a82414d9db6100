//! A registry, or its token service, that does not answer, or not to the end, costs one deadline, and the error says whose silence it was.

use std::time::Duration;

use rotate::model::{InsecureRegistries, RegistrySettings};
use rotate::registry::{Credentials, Garbage, HttpRegistry, Registry, RegistryError};
use tokio::time::Instant;

use crate::peer::{Reply, registry};
use crate::time::in_quick_time;

/// For one reference, all connections, the token and the retry included.
const LIMIT: Duration = Duration::from_secs(20);
/// More than a tick for each step.
const SLACK: Duration = Duration::from_secs(4);
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn digest() -> Reply {
    Reply::head(200, &format!("Docker-Content-Digest: {DIGEST}\r\n"))
}

fn asker() -> HttpRegistry {
    let insecure = InsecureRegistries::new(Vec::new(), vec!["127.0.0.0/8".into()]);
    HttpRegistry::new(RegistrySettings { insecure, ..RegistrySettings::default() }, Credentials::default())
}

/// Asks a registry that answers so; the error, how long it took, and the registry's address. A second reference of it costs nothing any more.
async fn failure(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (RegistryError, Duration, String) {
    let address = registry(script).await;
    let asker = asker();
    let reference = |name: &str| format!("{address}/{name}:1").parse().expect("a reference");
    let begun = Instant::now();
    let error = asker.resolve(&reference("web")).await.expect_err("it has no digest");
    let took = begun.elapsed();
    if took > SLACK {
        asker.resolve(&reference("other")).await.expect_err("it is not asked again");
        assert!(begun.elapsed() - took < SLACK, "{:?}", begun.elapsed());
    }
    (error, took, address)
}

/// A registry that wants a token from a service that answers so.
async fn failure_of_tokens(token: fn() -> Reply) -> (RegistryError, Duration, String) {
    let service = registry(move |_| token()).await;
    let demand = format!("WWW-Authenticate: Bearer realm=\"http://{service}/token\",service=\"test\"\r\n");
    let (error, took, _) = failure(move |_| Reply::head(401, &demand)).await;
    (error, took, service)
}

#[test]
fn a_registry_that_accepts_and_never_answers_or_a_byte_a_minute_is_given_its_deadline() {
    for reply in [Reply::silence as fn() -> Reply, Reply::trickled_head] {
        in_quick_time(async {
            let (error, took, address) = failure(move |_| reply()).await;
            assert_eq!(error, RegistryError::Timeout { host: address, within: LIMIT });
            assert!((LIMIT..LIMIT + SLACK).contains(&took), "{took:?}");
            assert!(error.state().contains("run as before") && error.help().contains("/v2/"), "{} {}", error.state(), error.help());
        });
    }
}

#[test]
fn a_token_service_that_never_answers_or_a_byte_a_minute_in_head_or_body_is_given_what_is_left_of_it_and_named() {
    for token in [Reply::silence as fn() -> Reply, Reply::trickled_head, Reply::trickled_body] {
        in_quick_time(async {
            let (error, took, service) = failure_of_tokens(token).await;
            assert_eq!(error, RegistryError::Timeout { host: service, within: LIMIT });
            assert!((LIMIT..LIMIT + SLACK).contains(&took), "{took:?}");
        });
    }
}

#[test]
fn an_answer_or_a_token_cut_in_the_middle_is_none() {
    in_quick_time(async {
        let (error, took, address) = failure(|_| Reply::cut_head()).await;
        assert!(matches!(&error, RegistryError::Unreachable { host, .. } if *host == address), "{error:?}");
        assert!(took < SLACK, "{took:?}");
        for token in [Reply::cut_head, Reply::cut_body] {
            let (error, took, service) = failure_of_tokens(token).await;
            assert!(matches!(&error, RegistryError::Unreachable { host, .. } if *host == service), "{error:?}");
            assert!(took < SLACK, "{took:?}");
        }
    });
}

#[test]
fn a_registry_that_is_slow_and_answers_is_waited_for() {
    in_quick_time(async {
        let slow = Duration::from_secs(6);
        let service = registry(move |_| Reply::json(200, &serde_json::json!({ "token": "T" })).after(slow)).await;
        let demand = format!("WWW-Authenticate: Bearer realm=\"http://{service}/token\",service=\"test\"\r\n");
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let address = registry(move |_| {
            let is_first = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            if is_first { Reply::head(401, &demand).after(slow) } else { digest().after(slow) }
        })
        .await;
        let begun = Instant::now();
        let found = asker().resolve(&format!("{address}/web:1").parse().expect("a reference")).await.expect("a digest");
        assert_eq!(found.as_str(), DIGEST);
        assert!(begun.elapsed() >= 3 * slow, "{:?}", begun.elapsed());
    });
}

#[test]
fn garbage_is_said_to_be_garbage_at_once() {
    in_quick_time(async {
        for (reply, garbage) in [
            (Reply::whole("SSH-2.0-OpenSSH_9.2p1\r\n"), Garbage::Protocol),
            (Reply::whole(vec![0; 4096]), Garbage::Protocol),
            (Reply::head(200, ""), Garbage::NoDigest),
            (Reply::head(200, "Docker-Content-Digest: sha256:12\r\n"), Garbage::BadDigest),
        ] {
            let (error, took, address) = failure(move |_| reply.clone()).await;
            assert_eq!(error, RegistryError::Garbage { host: address, what: garbage });
            assert!(took < SLACK, "{took:?}");
        }
        for (body, garbage) in [("<html>", Garbage::Token), ("{\"token\": 7}", Garbage::Token), ("{}", Garbage::NoToken)] {
            let service = registry(move |_| {
                Reply::whole(format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
            })
            .await;
            let demand = format!("WWW-Authenticate: Bearer realm=\"http://{service}/token\",service=\"test\"\r\n");
            let (error, took, _) = failure(move |_| Reply::head(401, &demand)).await;
            assert_eq!(error, RegistryError::Garbage { host: service, what: garbage });
            assert!(took < SLACK, "{took:?}");
        }
    });
}
