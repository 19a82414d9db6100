//! Registries that want to know who asks: what opens them for the digest opens them for the engine's pull.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{FAST, entry, look, scratch};
use crate::lab::{Answer, FakeRegistry, Host, Scratch, Want, lacks};

/// Its base64 with `alice:` has both `/` and `+`, which engines read in another alphabet.
const PASSWORD: &str = "a?b?c>d>~~~?";
const BASIC: &str = "Basic YWxpY2U6YT9iP2M+ZD5+fn4/";

/// A registry with a container that follows it, from before it was closed to the public; and a newer image behind it.
fn closed(s: &Scratch, script: impl Fn(&crate::lab::Head) -> Option<Answer> + Send + Sync + 'static) -> FakeRegistry {
    s.push("web", "nohealth:v1");
    let registry = FakeRegistry::in_front_of(s.host);
    let image = format!("{}/{}:latest", registry.address(), s.name("web"));
    s.host.docker(&["run", "-d", "--pull", "always", "--name", &s.name("web"), &image]);
    s.push("web", "nohealth:v2");
    registry.script(script);
    registry
}

/// Docker's `config.json`, where the agent's user has it.
fn docker_config(s: &Scratch, config: &serde_json::Value) {
    std::fs::create_dir_all(s.dir().join(".docker")).unwrap();
    s.file(".docker/config.json", &config.to_string());
}

/// A credential helper that writes down what it was asked, and answers with this.
fn helper(s: &Scratch, name: &str, script: &str) {
    let text = format!("#!/bin/sh\necho \"$(cat)\" >>{}/asked\n{script}\n", s.dir().display());
    let path = s.dir().join(format!("docker-credential-{name}"));
    // By another process: what this one has open for writing cannot be executed, and a child of another test's may have it open still.
    let written = Command::new("sh").args(["-c", "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).arg(text).status();
    assert!(written.unwrap().success());
}

fn with_helpers(s: &Scratch) -> String {
    format!("{}:/usr/bin:/bin", s.dir().display())
}

fn wants_password(head: &crate::lab::Head) -> Option<Answer> {
    let is_known = head.header("authorization") == Some(BASIC);
    (!is_known).then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"lab\""))
}

#[test]
fn a_password_of_every_alphabet_opens_the_registry_for_the_pull_too() {
    let s = scratch("password");
    let registry = closed(&s, wants_password);
    let old = look(&s, &s.name("web"));
    let run = || s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]);
    let held = entry(&run().exits(1), &s.name("web"));
    assert!(held["message"].as_str().is_some_and(|m| m.contains("does not let anybody without credentials see")), "{held}");
    docker_config(&s, &serde_json::json!({ "auths": { registry.address(): { "auth": BASIC.trim_start_matches("Basic ") } } }));
    assert_eq!(entry(&run().exits(0), &s.name("web"))["verdict"], "rotated");
    let new = look(&s, &s.name("web"));
    assert_ne!(new.image, old.image);
    assert!(new.is_running);
}

#[test]
fn a_credential_helper_opens_the_registry_for_both_and_is_asked_once_a_run() {
    let s = scratch("helper");
    let registry = closed(&s, wants_password);
    docker_config(&s, &serde_json::json!({ "credHelpers": { registry.address(): "lab" } }));
    helper(&s, "lab", &format!("echo '{{\"Username\": \"alice\", \"Secret\": \"{PASSWORD}\"}}'"));
    let old = look(&s, &s.name("web"));
    let outcome = s.agent().config(FAST).env("PATH", &with_helpers(&s)).run(&["now", &s.name("web"), "--json"]).exits(0);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rotated");
    assert_ne!(look(&s, &s.name("web")).image, old.image);
    assert_eq!(std::fs::read_to_string(s.dir().join("asked")).unwrap(), format!("{}\n", registry.address()));
}

#[test]
fn an_identity_token_opens_the_registry_for_both() {
    let s = scratch("identity");
    let registry = closed(&s, |_| None);
    let realm = format!("http://{}/token", registry.address());
    registry.script(move |head| match head.header("authorization") {
        _ if head.target.starts_with("/token") && head.method == "POST" => Some(Answer::status(200).body(r#"{"access_token": "T"}"#)),
        _ if head.target.starts_with("/token") => Some(Answer::status(401)),
        Some("Bearer T") => None,
        _ => Some(Answer::status(401).header("WWW-Authenticate", &format!("Bearer realm=\"{realm}\",service=\"lab\""))),
    });
    docker_config(&s, &serde_json::json!({ "auths": { registry.address(): { "auth": "", "identitytoken": "eyJ0/+" } } }));
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rotated", "{:?}", registry.requests());
    assert!(registry.count("POST", "/token") >= 2, "one is ours, one the engine's: {:?}", registry.requests());
    assert_eq!(registry.count("GET", "/token"), 0);
}

#[test]
fn containers_of_one_repository_cost_one_token_a_run() {
    let s = scratch("tokens");
    let registry = closed(&s, |_| None);
    let realm = format!("http://{}/token", registry.address());
    let tokens = Arc::new(AtomicUsize::new(0));
    registry.script({
        let tokens = Arc::clone(&tokens);
        move |head| match head.header("authorization") {
            sent if head.target.starts_with("/token") && sent == Some(BASIC) => {
                // The engine has tokens of its own.
                let is_ours = head.header("user-agent").is_some_and(|agent| agent.starts_with("rotate/"));
                tokens.fetch_add(usize::from(is_ours), Ordering::Relaxed);
                Some(Answer::status(200).body(r#"{"token": "T", "expires_in": 300}"#))
            }
            _ if head.target.starts_with("/token") => Some(Answer::status(401)),
            Some("Bearer T") => None,
            _ => Some(Answer::status(401).header("WWW-Authenticate", &format!("Bearer realm=\"{realm}\",service=\"lab\""))),
        }
    });
    docker_config(&s, &serde_json::json!({ "auths": { registry.address(): { "auth": BASIC.trim_start_matches("Basic ") } } }));
    for tag in ["a", "b"] {
        s.host.push(&format!("{}:{tag}", s.name("web")), "nohealth:v1");
        let image = format!("{}/{}:{tag}", s.host.registry(), s.name("web"));
        let other = format!("{}/{}:{tag}", registry.address(), s.name("web"));
        for (verb, from, to) in [("pull", &image, None), ("tag", &image, Some(&other))] {
            s.host.docker(&[&[verb, from.as_str()], to.map(String::as_str).as_slice()].concat());
        }
        s.host.docker(&["run", "-d", "--name", &s.name(tag), &other]);
    }
    let names = [s.name("web"), s.name("a"), s.name("b")];
    // The engine looks as well, but by digest.
    let heads = || registry.count("HEAD", "/manifests/") - registry.count("HEAD", "/manifests/sha256:");
    let before = heads();
    let outcome = s.agent().config(FAST).run(&["now", &names[0], &names[1], &names[2], "--json"]).exits(0);
    assert_eq!(entry(&outcome, &names[0])["verdict"], "rotated", "{outcome}");
    assert_eq!(tokens.load(Ordering::Relaxed), 1, "{:?}", registry.requests());
    // One for each tag, one that was told to get a token first.
    assert!(heads() - before <= 4, "{:?}", registry.requests());
}

const ENGINE_CALL: Want = Want { what: "a call of its engine's that says where a tag points", is_on: |host| !host.has_podman() };
const NO_ENGINE_CALL: Want = Want { what: "an engine without a call that says where a tag points", is_on: Host::has_podman };

/// Whoever asks a registry is the engine, and not the agent.
fn only_engines(head: &crate::lab::Head) -> Option<Answer> {
    let is_engine = head.header("user-agent").is_some_and(|agent| agent.starts_with("docker/"));
    if is_engine { wants_password(head) } else { Some(Answer::status(418)) }
}

#[test]
fn on_request_the_engine_asks_the_registry_and_is_given_the_credential() {
    if lacks(&ENGINE_CALL) {
        return;
    }
    let s = scratch("via");
    let registry = closed(&s, only_engines);
    let old = look(&s, &s.name("web"));
    let via = |via: &str| s.agent().config(&format!("{FAST}[registry]\nvia = \"{via}\"\n")).run(&["now", &s.name("web"), "--json"]);
    let held = entry(&via("engine").exits(1), &s.name("web"));
    assert_eq!(held["reason"], "unresolved");
    assert!(held["message"].as_str().is_some_and(|m| m.starts_with("held: the engine, asked where ")), "{held}");
    docker_config(&s, &serde_json::json!({ "auths": { registry.address(): { "auth": BASIC.trim_start_matches("Basic ") } } }));
    let held = entry(&via("rotate"), &s.name("web"));
    assert!(held["message"].as_str().is_some_and(|m| m.contains("answers 418")), "{held}");
    assert_eq!(entry(&via("engine").exits(0), &s.name("web"))["verdict"], "rotated");
    assert_ne!(look(&s, &s.name("web")).image, old.image);
    assert_eq!(entry(&via("engine"), &s.name("web"))["reason"], "up_to_date");
}

#[test]
fn an_engine_that_cannot_be_asked_holds_the_container_and_the_way_without_it_is_said() {
    if lacks(&NO_ENGINE_CALL) {
        return;
    }
    let s = scratch("novia");
    let registry = closed(&s, |_| None);
    let (old, before) = (look(&s, &s.name("web")), registry.requests().len());
    let via = format!("{FAST}[registry]\nvia = \"engine\"\n");
    let held = entry(&s.agent().config(&via).run(&["now", &s.name("web"), "--json"]).exits(1), &s.name("web"));
    assert_eq!(held["reason"], "unresolved");
    assert!(held["message"].as_str().is_some_and(|m| m.starts_with("held: the engine cannot be asked where ")), "{held}");
    assert!(held["help"].as_str().is_some_and(|help| help.contains("take `via = \"engine\"` out")), "{held}");
    assert_eq!((look(&s, &s.name("web")), registry.requests().len()), (old, before), "nobody is asked instead");
    // What the help says.
    assert_eq!(entry(&s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0), &s.name("web"))["verdict"], "rotated");
}

#[test]
fn too_many_requests_to_the_engine_close_the_host_too() {
    if lacks(&ENGINE_CALL) {
        return;
    }
    let s = scratch("vialimit");
    let registry = closed(&s, |_| None);
    let other = format!("{}/{}:other", registry.address(), s.name("web"));
    s.host.push(&format!("{}:other", s.name("web")), "nohealth:v1");
    s.host.docker(&["run", "-d", "--name", &s.name("b"), &other]);
    let body = r#"{"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}"#;
    registry.script(move |_| Some(Answer::status(429).header("Content-Type", "application/json").body(body)));
    let names = [s.name("b"), s.name("web")];
    let outcome = s.agent().config("[registry]\nvia = \"engine\"\n").run(&["now", &names[0], &names[1], "--json"]).exits(1);
    for name in &names {
        let held = entry(&outcome, name);
        assert!(held["message"].as_str().is_some_and(|m| m.contains("«too many requests»")), "{held}");
    }
}

#[test]
fn a_helper_that_fails_holds_its_own_registrys_containers_and_nothing_else() {
    let s = scratch("badhelper");
    s.push("good", "nohealth:v1");
    s.run("good", &[]);
    let (registry, good) = (closed(&s, |_| None), look(&s, &s.name("good")));
    s.push("good", "nohealth:v2");
    docker_config(&s, &serde_json::json!({ "credHelpers": { registry.address(): "lab" } }));
    helper(&s, "lab", "echo T0PSECRET; echo 'the vault is sealed' >&2; exit 1");
    let before = registry.requests().len();
    let names = [s.name("web"), s.name("good")];
    let outcome = s.agent().config(FAST).env("PATH", &with_helpers(&s)).run(&["now", &names[0], &names[1], "--json"]).exits(1);
    let held = entry(&outcome, &names[0]);
    assert_eq!(held["reason"], "unresolved");
    assert!(held["message"].as_str().is_some_and(|m| m.contains("docker-credential-lab") && m.contains("the vault is sealed")), "{held}");
    assert!(!outcome.to_string().contains("T0PSECRET"));
    assert_eq!(registry.requests().len(), before, "it lets everybody in, and is not asked all the same");
    assert_ne!(look(&s, &names[1]).image, good.image, "the other registry's container is rotated");
}
