//! The scripted registry stands in front of the real one.

use std::{net::TcpStream, time::Duration};

use super::lab::{Answer, FakeRegistry, Host, Response, Scratch, request};

fn head(registry: &FakeRegistry, repo: &str) -> std::io::Result<Response> {
    let stream = TcpStream::connect(registry.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    request(stream, "HEAD", &format!("/v2/{repo}/manifests/latest"), "")
}

#[test]
fn real_registry_answers_until_a_script_does() {
    let scratch = Scratch::new(Host::shared(), "real_registry_answers_until_a_script_does");
    scratch.push("web", "ok:one");
    let registry = FakeRegistry::in_front_of(scratch.host);
    let repo = scratch.name("web");
    assert_eq!(head(&registry, &repo).unwrap().status, 200);
    scratch.host.docker(&["pull", "-q", &format!("{}/{repo}:latest", registry.address())]);
    assert!(registry.count("GET", "/blobs/") >= 1, "{:?}", registry.requests());

    let before = registry.count("HEAD", &repo);
    registry.script(|head| (head.method == "HEAD").then(|| Answer::status(429).header("Retry-After", "60")));
    assert_eq!(head(&registry, &repo).unwrap().status, 429);
    registry.script(|_| Some(Answer::digest("sha256:0000")));
    assert_eq!(head(&registry, &repo).unwrap().status, 200);
    for broken in [Answer::Garbage, Answer::Hang, Answer::Close] {
        registry.script(move |_| Some(broken.clone()));
        assert!(head(&registry, &repo).is_err());
    }
    assert_eq!(registry.count("HEAD", &repo) - before, 5);
}
