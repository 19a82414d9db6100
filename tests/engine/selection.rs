//! Which containers are rotated, and the reason of each other one.

use serde_json::Value;

use super::{FAST, entry, look, scratch};
use crate::lab::{Host, Outcome, Scratch};

#[track_caller]
fn reason(plan: &Outcome, name: &str) -> String {
    let document = plan.json();
    let skipped = document["skipped"].as_array().expect("a list");
    let found = skipped.iter().find(|entry| entry["name"] == name);
    found.map_or_else(|| "rotated".to_owned(), |entry| entry["reason"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn every_container_that_is_not_rotated_shows_with_its_reason() {
    let s = Scratch::alone(Host::shared(), "reasons");
    s.push_with("web", "nohealth:v1", r#"{"Labels": {"rotate.enable": "true"}}"#);
    s.push("base", "nohealth:v1");
    let enabled = ["--label", "rotate.enable=true"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { enabled.iter().chain(more).copied().collect() };
    s.run("web", &[]);
    let image = s.image("base");
    let cases: [(&str, Vec<&str>, &str); 9] = [
        ("up", with(&[]), "up_to_date"),
        ("out", vec!["--label", "rotate.enable=false"], "opted_out"),
        ("none", vec![], "not_selected"),
        ("rm", with(&["--rm"]), "removed_on_exit"),
        ("typo", with(&["--label", "rotate.keep_old=24"]), "bad_label"),
        ("swarm", with(&["--label", "com.docker.swarm.task.id=x"]), "owned"),
        ("k8s", with(&["--label", "io.kubernetes.pod.name=x"]), "owned"),
        ("nomad", with(&["--label", "com.hashicorp.nomad.alloc_id=x"]), "owned"),
        ("paused", with(&[]), "paused"),
    ];
    s.host.docker(&["pull", "-q", &image]);
    let run = |name: &str, options: &[&str], image: &str| {
        let full = s.name(name);
        let mut args = vec!["run", "-d", "--name", &full];
        args.extend(options);
        args.push(image);
        s.host.docker(&args)
    };
    for (name, options, _) in &cases {
        run(name, options, &image);
    }
    s.host.docker(&["pause", &s.name("paused")]);
    let lender = format!("container:{}", s.name("lender"));
    let link = format!("{}:db", s.name("target"));
    run("lender", &enabled, &image);
    run("sharer", &with(&[])[..].iter().copied().chain(["--pid", lender.as_str()]).collect::<Vec<_>>(), &image);
    run("target", &enabled, &image);
    // Podman has no links.
    let has_links = !s.host.has_podman();
    if has_links {
        run("linker", &with(&[])[..].iter().copied().chain(["--link", link.as_str()]).collect::<Vec<_>>(), &image);
    }
    let digest = s.host.docker(&["image", "inspect", "-f", "{{index .RepoDigests 0}}", &image]);
    let id = s.host.docker(&["image", "inspect", "-f", "{{.Id}}", &image]);
    run("digest", &enabled, &digest);
    run("id", &enabled, &id);
    run("short", &enabled, id.trim_start_matches("sha256:").get(..12).expect("an id"));
    run("web-old", &[], &image);
    s.host.docker(&["stop", "-t", "1", &s.name("web-old")]);

    let plan = s.agent().run(&["plan", "--json"]).exits(0);
    for (name, _, expected) in &cases {
        assert_eq!(&reason(&plan, &s.name(name)), expected, "{name}: {plan}");
    }
    let more = [
        ("web", "not_selected"), // its label is its image's own
        ("lender", "lends_namespace"),
        ("sharer", "shares_namespace"),
        ("target", "linked_from"),
        ("linker", "linked_to"),
        ("digest", "pinned_by_digest"),
        ("id", "pinned_by_id"),
        ("short", "pinned_by_id"),
        ("web-old", "leftover"),
    ];
    for (name, expected) in more.into_iter().filter(|(name, _)| has_links || !["target", "linker"].contains(name)) {
        assert_eq!(reason(&plan, &s.name(name)), expected, "{name}: {plan}");
    }
    let said = plan.json()["skipped"].as_array().and_then(|all| all.iter().find(|e| e["name"] == s.name("typo").as_str()).cloned());
    let message = said.map(|e| e["message"].clone()).unwrap_or(Value::Null).to_string();
    assert!(message.contains("rotate.keep_old") && message.contains("24"), "{message}");
}

#[test]
fn a_named_container_is_rotated_without_opting_in_but_never_against_its_label() {
    let s = scratch("named");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    s.push("out", "nohealth:v1");
    s.run("out", &["--label", "rotate.enable=false"]);
    let (web, out) = (look(&s, &s.name("web")), look(&s, &s.name("out")));
    s.push("web", "nohealth:v2");
    s.push("out", "nohealth:v2");
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), &s.name("out"), "--json"]).exits(0);
    assert_ne!(look(&s, &s.name("web")).id, web.id);
    assert_eq!(look(&s, &s.name("out")), out);
    assert_eq!(entry(&outcome, &s.name("out"))["reason"], "opted_out");
}

#[test]
fn a_name_that_does_not_exist_is_an_error_and_nothing_is_rotated() {
    let s = scratch("noname");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let web = look(&s, &s.name("web"));
    s.push("web", "nohealth:v2");
    let outcome = s.rotate(&["now", &s.name("web"), "no-such-container"]).exits(2);
    assert!(outcome.stderr.contains("there is no container named `no-such-container`"), "{outcome}");
    assert_eq!(look(&s, &s.name("web")), web);
}

#[test]
fn plan_writes_nothing_to_the_engine() {
    let s = scratch("plan");
    s.push("web", "nohealth:v1");
    s.run("web", &["--label", "rotate.enable=true"]);
    s.push("web", "nohealth:v2");
    let proxy = crate::lab::FaultProxy::start(&s.host.socket());
    let plan = s.agent().engine(&proxy.socket()).run(&["plan", &s.name("web"), "--json"]).exits(0);
    assert_eq!(plan.json()["rotations"][0]["name"], s.name("web").as_str());
    assert_eq!(proxy.calls(), Vec::<String>::new());
    assert!(!s.state_dir().join("rotate.db").exists(), "nor to the state directory");
}
