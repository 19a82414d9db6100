//! Every answer but a demand for authentication.

use std::time::{Duration, Instant, SystemTime};

use rotate::model::RateLimit;
use rotate::registry::{Garbage, Registry, RegistryError};

use crate::server::{Answer, DIGEST, Server};
use crate::support::{anonymous, reference, resolve};

/// What one answer to everything leads to, and that nothing but one HEAD was sent.
async fn check(answer: fn() -> Answer, expected: &str) -> RegistryError {
    let server = Server::start(move |_| answer());
    let error = resolve(&anonymous(), &server, "web:1").await.unwrap_err();
    assert_eq!(error.to_string().replace(&server.address, "HOST"), expected);
    assert_eq!(server.asked(), ["HEAD /v2/web/manifests/1"]);
    assert!(!error.help().is_empty() && !error.state().is_empty());
    error
}

#[tokio::test]
async fn the_digest_of_a_tag_is_found_with_one_head() {
    let server = Server::start(|_| Answer::digest());
    assert_eq!(resolve(&anonymous(), &server, "team/web:1").await.unwrap().as_str(), DIGEST);
    assert_eq!(server.asked(), ["HEAD /v2/team/web/manifests/1"]);
    let request = &server.requests()[0];
    let accept = request.header("accept").unwrap();
    for kind in ["oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2"] {
        assert!(accept.contains(&format!("application/vnd.{kind}+json")), "{accept}");
    }
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn what_is_pinned_needs_no_registry() {
    let pinned = reference(&format!("127.0.0.1:1/web@{DIGEST}"));
    assert_eq!(anonymous().resolve(&pinned).await.unwrap().as_str(), DIGEST);
}

#[tokio::test]
async fn whether_a_digest_is_there_is_asked_with_one_head() {
    for (status, expected) in [(200, Some(true)), (404, Some(false)), (403, None), (500, None)] {
        let server = Server::start(move |_| if status == 200 { Answer::digest() } else { Answer::status(status) });
        let web = reference(&format!("{}/web:1", server.address));
        assert_eq!(anonymous().has(&web, &DIGEST.parse().unwrap()).await.ok(), expected, "{status}");
        assert_eq!(server.asked(), [format!("HEAD /v2/web/manifests/{DIGEST}")]);
    }
}

#[tokio::test]
async fn a_tag_that_is_gone_is_said_by_its_name() {
    check(|| Answer::status(404), "registry HOST has no HOST/web:1").await;
}

#[tokio::test]
async fn what_is_forbidden_is_said_to_be_so() {
    let error = check(|| Answer::status(403), "registry HOST does not let anybody without credentials see HOST/web:1").await;
    assert!(error.help().contains("docker login"));
}

#[tokio::test]
async fn a_registrys_own_trouble_is_not_ours() {
    check(|| Answer::status(500), "registry HOST answers 500 for HOST/web:1").await;
    check(|| Answer::status(503), "registry HOST answers 503 for HOST/web:1").await;
    check(|| Answer::status(204), "registry HOST answers 204 for HOST/web:1").await;
}

#[tokio::test]
async fn a_registry_in_trouble_is_asked_again_for_the_next_reference() {
    let server = Server::start(|request| if request.path.contains("/bad/") { Answer::status(500) } else { Answer::digest() });
    let registry = anonymous();
    resolve(&registry, &server, "bad/web").await.unwrap_err();
    resolve(&registry, &server, "good/web").await.unwrap();
}

#[tokio::test]
async fn garbage_is_told_from_a_digest() {
    const SAYS: &str = "registry HOST answers with something that is not a registry's: ";
    check(|| Answer::status(200), &format!("{SAYS}no Docker-Content-Digest")).await;
    for digest in ["", "latest", "sha256:12", "sha256:\u{7f}", "md5:d41d8cd98f00b204e9800998ecf8427e"] {
        let server = Server::start(move |_| Answer::status(200).header("Docker-Content-Digest", digest));
        let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
        let is_garbage = matches!(error, RegistryError::Garbage { what: Garbage::BadDigest | Garbage::NoDigest | Garbage::Protocol, .. });
        assert!(is_garbage, "{digest:?}: {error}");
    }
    let error = check(|| Answer::Raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"), &format!("{SAYS}not HTTP")).await;
    assert!(matches!(error, RegistryError::Garbage { what: Garbage::Protocol, .. }));
}

#[tokio::test]
async fn a_connection_that_is_cut_is_no_answer() {
    let server = Server::start(|_| Answer::Raw(b""));
    let error = resolve(&anonymous(), &server, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn too_many_requests_closes_the_host_for_as_long_as_it_says() {
    let server = Server::start(|_| Answer::status(429).header("Retry-After", "17"));
    let registry = anonymous();
    let first = resolve(&registry, &server, "web:1").await.unwrap_err();
    assert_eq!(first, RegistryError::TooManyRequests { host: server.address.clone(), seconds: 17 });
    assert_eq!(first.to_string(), format!("registry {} answers «too many requests»; not asked again for 17 s", server.address));
    for name in ["web:1", "web:2", "other/thing"] {
        assert_eq!(resolve(&registry, &server, name).await.unwrap_err(), first);
    }
    assert_eq!(server.asked(), ["HEAD /v2/web/manifests/1"]);
}

#[tokio::test]
async fn too_many_requests_may_name_a_date() {
    let at = SystemTime::now() + Duration::from_secs(90);
    let server = Server::start(move |_| Answer::status(429).header("Retry-After", httpdate::fmt_http_date(at)));
    let registry = anonymous();
    let Err(RegistryError::TooManyRequests { seconds, .. }) = resolve(&registry, &server, "web:1").await else { panic!("no limit seen") };
    assert!((85..=90).contains(&seconds), "{seconds}");
    resolve(&registry, &server, "web:2").await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn too_many_requests_closes_no_other_host_and_no_other_run() {
    let limited = Server::start(|_| Answer::status(429));
    let other = Server::start(|_| Answer::digest());
    let registry = anonymous();
    let error = resolve(&registry, &limited, "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::TooManyRequests { seconds: 60, .. }), "without a time, a minute: {error}");
    resolve(&registry, &other, "web").await.unwrap();
    resolve(&anonymous(), &limited, "web").await.unwrap_err();
    assert_eq!(limited.asked().len(), 2);
}

#[tokio::test]
async fn a_host_is_asked_again_when_its_time_is_over() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v2/web/manifests/1" => Answer::status(429).header("Retry-After", "1"),
        _ => Answer::digest(),
    });
    let registry = anonymous();
    resolve(&registry, &server, "web:1").await.unwrap_err();
    resolve(&registry, &server, "web:2").await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    resolve(&registry, &server, "web:2").await.unwrap();
}

#[tokio::test]
async fn of_many_asked_at_once_only_one_meets_the_limit() {
    let server = Server::start(|_| Answer::status(429).header("Retry-After", "17"));
    let registry = anonymous();
    let names: Vec<String> = (0..20).map(|n| format!("web{n}")).collect();
    let answers = futures_util::future::join_all(names.iter().map(|name| resolve(&registry, &server, name))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(RegistryError::TooManyRequests { .. }))));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_registry_that_hangs_costs_one_deadline_and_not_one_for_each_reference() {
    let server = Server::start(|_| Answer::Silence);
    let registry = anonymous().with_deadline(Duration::from_millis(400));
    let begin = Instant::now();
    for name in ["web:1", "web:2", "other"] {
        let error = resolve(&registry, &server, name).await.unwrap_err();
        assert_eq!(error.to_string(), format!("registry {} does not answer within 0.4 s", server.address));
    }
    assert!(begin.elapsed() < Duration::from_millis(1200), "{:?}", begin.elapsed());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_registry_that_is_down_is_tried_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let registry = anonymous();
    let first = registry.resolve(&reference(&format!("{address}/web"))).await.unwrap_err();
    assert_eq!(first.to_string(), format!("registry {address} cannot be reached: Connection refused (os error 111)"));
    // It comes back in the middle of the run, and is left for the next one.
    let server = Server::serve(std::net::TcpListener::bind(&address).unwrap(), None, |_| Answer::digest());
    assert_eq!(resolve(&registry, &server, "other").await.unwrap_err(), first);
    resolve(&anonymous(), &server, "other").await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_no_address_is_an_error_like_any_other() {
    for host in ["nowhere.invalid", "localhost:99999", "[1:2]", "256.1.1.1:5000"] {
        let error = anonymous().resolve(&reference(&format!("{host}/web"))).await.unwrap_err();
        assert!(matches!(&error, RegistryError::Unreachable { host: named, .. } if named == host), "{error:?}");
    }
}

#[tokio::test]
async fn what_a_registry_says_of_its_limits_is_told_and_an_exhausted_one_is_no_error() {
    let server = Server::start(|request| {
        let left = if request.path.ends_with("/1") { "1;w=21600" } else { "0;w=21600" };
        Answer::digest().header("RateLimit-Limit", "100;w=21600").header("RateLimit-Remaining", left)
    });
    let (silent, closed) = (Server::start(|_| Answer::digest()), Server::start(|_| Answer::status(429).header("Retry-After", "77")));
    let registry = anonymous();
    assert_eq!(registry.limits(), []);
    for name in ["web:1", "web:2"] {
        resolve(&registry, &server, name).await.unwrap();
    }
    resolve(&registry, &silent, "web").await.unwrap();
    resolve(&registry, &closed, "web").await.unwrap_err();
    let limits = registry.limits();
    let of = |server: &Server| limits.iter().find(|limit| limit.registry == server.address);
    let expected = RateLimit {
        registry: server.address.clone(),
        limit: Some(100),
        remaining: Some(0),
        window_seconds: Some(21600),
        ..RateLimit::default()
    };
    assert_eq!(of(&server), Some(&expected));
    assert_eq!(of(&silent), None);
    assert!(of(&closed).is_some_and(|limit| (70..=77).contains(&limit.retry_after_seconds.unwrap())), "{limits:?}");
}

#[tokio::test]
async fn a_host_that_was_redirected_to_says_nothing_of_the_registrys_limits() {
    let elsewhere = Server::start(|_| Answer::digest().header("RateLimit-Remaining", "5"));
    let to = elsewhere.address.clone();
    let server = Server::start(move |request| Answer::redirect(format!("http://{to}{}", request.path)));
    let registry = anonymous();
    resolve(&registry, &server, "web").await.unwrap();
    assert_eq!(registry.limits(), []);
}
