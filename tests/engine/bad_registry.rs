//! Registries and credential helpers that misbehave: their own container is held with the reason, and the run goes on with the others.

use std::os::unix::fs::PermissionsExt;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use super::{FAST, Scratch, entry, look, scratch};
use crate::lab::{Answer, FakeRegistry, Head};

/// Runs `rotate now` over a container of a registry that misbehaves and one of the host's own that is stale. The second is rotated; returns what
/// is said of the first, which is as before.
#[track_caller]
fn the_other_is_rotated(
    s: &Scratch,
    registry: &FakeRegistry,
    code: i32,
    env: &[(&str, &str)],
    misbehave: impl Fn(&Head) -> Option<Answer> + Send + Sync + 'static,
) -> Value {
    for name in ["web", "good"] {
        s.host.docker(&["rm", "-f", &s.name(name)]);
        s.push(name, "nohealth:v1");
    }
    registry.script(|_| None);
    let image = format!("{}/{}:latest", registry.address(), s.name("web"));
    s.host.docker(&["run", "-d", "--pull", "always", "--name", &s.name("web"), &image]);
    s.run("good", &[]);
    let (web, good) = (look(s, &s.name("web")), look(s, &s.name("good")));
    s.push("web", "nohealth:v2");
    s.push("good", "nohealth:v2");
    registry.script(misbehave);
    let agent = env.iter().fold(s.agent().config(FAST), |agent, (key, value)| agent.env(key, value));
    let outcome = agent.run(&["now", &s.name("web"), &s.name("good"), "--json"]).exits(code);
    assert_eq!(look(s, &s.name("web")), web, "{outcome}");
    assert_ne!(look(s, &s.name("good")).id, good.id, "{outcome}");
    entry(&outcome, &s.name("web"))
}

#[track_caller]
fn says(said: &Value, reason: &str, words: &str) {
    assert_eq!(said["reason"], reason, "{said}");
    assert!(said["message"].as_str().is_some_and(|message| message.contains(words)), "expected «{words}»: {said}");
    assert!(["state", "help"].iter().all(|key| said[key].as_str().is_some_and(|text| !text.is_empty())), "{said}");
}

#[test]
fn a_registry_that_forbids_redirects_to_nowhere_answers_garbage_or_never_holds_its_own_container() {
    let s = scratch("refusing");
    let registry = FakeRegistry::in_front_of(s.host);
    let to = |place: &str| Answer::status(307).header("Location", place);
    let cases = [
        (Answer::status(403), "does not let"),
        (to("http://127.0.0.1:1/nowhere"), "registry"),
        (to("http://no-such-host.invalid/x"), "registry"),
        (to("no place at all \u{7f}"), "registry"),
        (Answer::Hang, "20 s"),
        (Answer::Garbage, "not a registry's: not HTTP"),
        (Answer::Close, "cannot be reached"),
    ];
    for (answer, words) in cases {
        let misbehave = move |head: &Head| (head.method == "HEAD").then(|| answer.clone());
        says(&the_other_is_rotated(&s, &registry, 1, &[], misbehave), "unresolved", words);
    }
}

#[test]
fn a_digest_or_a_manifest_of_another_reference_is_not_run() {
    let s = scratch("another");
    let registry = FakeRegistry::in_front_of(s.host);
    let other = s.push("other", "nohealth:other");
    let digest_lies = move |head: &Head| (head.method == "HEAD").then(|| Answer::digest(&other));
    says(&the_other_is_rotated(&s, &registry, 1, &[], digest_lies), "pull_failed", "could not be pulled");

    let index = "application/vnd.oci.image.index.v1+json";
    let body = format!(r#"{{"schemaVersion": 2, "mediaType": "{index}", "manifests": []}}"#);
    let manifest_lies = move |head: &Head| {
        let is_meant = head.method == "GET" && head.target.contains("/manifests/sha256:");
        is_meant.then(|| Answer::status(200).header("Content-Type", index).body(&body))
    };
    says(&the_other_is_rotated(&s, &registry, 1, &[], manifest_lies), "pull_failed", "could not be pulled");
}

#[test]
fn a_credential_helper_that_hangs_prints_garbage_or_is_missing_holds_its_own_container() {
    let s = scratch("helper");
    let registry = FakeRegistry::in_front_of(s.host);
    let helpers = [("hangs", "sleep 600"), ("garbage", "echo '{\"Username\": \u{1b}[2J'"), ("none", "")];
    for (helper, script) in helpers {
        let program = s.file(&format!("docker-credential-{helper}"), &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        if script.is_empty() {
            std::fs::remove_file(&program).expect("a file of ours");
        }
        s.file("config.json", &serde_json::json!({ "credHelpers": { registry.address(): helper } }).to_string());
        let (dir, path) = (s.dir().display().to_string(), std::env::var("PATH").unwrap_or_default());
        let env = [("DOCKER_CONFIG", dir.as_str()), ("PATH", &format!("{dir}:{path}"))];
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let counted = move |_: &Head| {
            count.fetch_add(1, Ordering::Relaxed);
            None
        };
        let said = the_other_is_rotated(&s, &registry, 1, &env, counted);
        says(&said, "unresolved", &format!("docker-credential-{helper}"));
        assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody is asked without the credential");
    }
}
