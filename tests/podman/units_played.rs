//! Units of `.kube` files: a restart makes all of their containers anew, the new image proves itself, and what was well beside it has to be so again.

use serde_json::Value;

use super::kube::{Kube, push};
use super::quadlet::LONG;
use super::wants::{QUADLET, lacks};
use super::{FAST, scratch};
use crate::lab::{Outcome, Scratch, wait_for};

/// Does nothing, whatever image that is.
const SLEEPS: &str = "command: [\"/bin/busybox\", \"sh\", \"-c\", \"trap 'exit 0' TERM; while :; do sleep 0.2; done\"]";
/// Lives on what serves beside it, and gives up without.
const ASKS: &str = "command: [\"/bin/busybox\", \"sh\", \"-c\", \"trap 'exit 0' TERM; sleep 1; while wget -q -O- http://127.0.0.1:80/; do sleep 0.3; done; exit 4\"]";

/// Where its files are.
fn run(s: &Scratch, args: &[&str]) -> Outcome {
    s.agent().on_host_as_owner().config(FAST).run(args)
}

#[track_caller]
fn entry(outcome: &Outcome, name: &str) -> Value {
    let document = outcome.json();
    let all = document["containers"].as_array().into_iter().flatten().find(|entry| entry["name"] == name).cloned();
    all.unwrap_or_else(|| panic!("nothing is said of {name}: {outcome}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A pod of `a`, which is rotated, and `b` beside it, which is as this line says; what they were.
#[track_caller]
fn pair<'a>(s: &'a Scratch, b: &str) -> (Kube<'a>, [Value; 2]) {
    push(s, "a", "nohealth:v1");
    push(s, "b", "nohealth:side");
    let kube = Kube::start(s, "kube", &[("a", "ports:\n- containerPort: 80\n  hostPort: 0"), ("b", b)], "");
    let were = ["a", "b"].map(|name| kube.running(name));
    (kube, were)
}

/// Both run, `a` this image and `b` its own.
#[track_caller]
fn both_run(kube: &Kube<'_>, image_of_a: &str, were: &[Value; 2], outcome: &Outcome) {
    assert_eq!((text(&kube.running("a")["Image"]), &kube.running("b")["Image"]), (image_of_a.to_owned(), &were[1]["Image"]), "{outcome}");
    assert_eq!((kube.does().as_str(), kube.is_untouched()), ("active", true), "{outcome}");
}

#[test]
fn one_container_of_a_kube_file_is_updated_by_its_unit_what_runs_beside_it_as_well_and_taken_back_by_hand() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("played");
    let (kube, were) = pair(&s, SLEEPS);
    let (a, old) = (kube.container("a"), text(&were[0]["Image"]));
    push(&s, "a", "nohealth:v2");
    let plan = run(&s, &["plan", &a, "--json"]).exits(0);
    assert_eq!(plan.json()["rotations"][0]["made_by"], "unit", "{plan}");

    let outcome = run(&s, &["now", &a, "--json"]).exits(0);
    let told = entry(&outcome, &a);
    assert_eq!(told["verdict"], "rotated", "{outcome}");
    let new = text(&kube.running("a")["Image"]);
    assert_ne!(new, old, "{outcome}");
    both_run(&kube, &new, &were, &outcome);
    // Unused and without its tag: only our own keeps it.
    s.host.docker(&["image", "prune", "-f"]);
    assert_eq!(s.host.api("GET", &format!("/images/{old}/json")).0, 200, "the pin keeps it");
    assert_eq!(entry(&run(&s, &["now", &a, "--json"]).exits(0), &a)["reason"], "up_to_date");

    let outcome = run(&s, &["rollback", &a]).exits(0);
    both_run(&kube, &old, &were, &outcome);
}

#[test]
fn an_image_that_fails_in_a_kube_file_goes_back_and_is_remembered() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("playedsick");
    let (kube, were) = pair(&s, SLEEPS);
    let (a, old) = (kube.container("a"), text(&were[0]["Image"]));
    for variant in ["crash", "noentry"] {
        push(&s, "a", variant);
        let outcome = run(&s, &["now", &a, "--json"]).exits(1);
        let told = entry(&outcome, &a);
        assert_eq!(told["verdict"], "rolled_back", "{variant}: {outcome}");
        both_run(&kube, &old, &were, &outcome);
        assert_eq!(entry(&run(&s, &["now", &a, "--json"]).exits(0), &a)["reason"], "refused", "{variant}");
    }
}

#[test]
fn an_image_beside_which_another_container_of_the_kube_file_cannot_live_goes_back() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("playedbeside");
    let (kube, were) = pair(&s, ASKS);
    let (a, old) = (kube.container("a"), text(&were[0]["Image"]));
    // It runs, and nothing answers there.
    s.host.push_with(&format!("{}:1", s.name("a")), "nohealth:v2", r#"{"Cmd": ["sleep", "100000"], "Entrypoint": null}"#);
    // Longer than the other one lasts, on a host with much to do as well.
    let gate = "min_healthy = \"20s\"\ndeadline = \"60s\"\n";
    let outcome = s.agent().on_host_as_owner().config(gate).run(&["now", &a, "--json"]).exits(1);
    let told = entry(&outcome, &a);
    assert_eq!((&told["verdict"], &told["reason"]), (&"rolled_back".into(), &"gate_failed".into()), "{outcome}");
    assert!(text(&told["message"]).contains(&format!("`{}`, which was well before", kube.container("b"))), "{outcome}");
    both_run(&kube, &old, &were, &outcome);
}

#[test]
fn containers_of_a_kube_file_that_wait_for_each_other_by_exiting_are_updated() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("playedwaits");
    push(&s, "a", "nohealth:v1");
    push(&s, "b", "nohealth:side");
    let shell = |script: &str| format!("command: [\"/bin/busybox\", \"sh\", \"-c\", \"{script}\"]");
    let asks = shell("wget -q -O- http://127.0.0.1:8080/ || exit 1; touch passed; trap 'exit 0' TERM; while :; do sleep 0.2; done");
    let answers = shell("trap 'exit 0' TERM; sleep 3; touch index.html; httpd -f -p 8080 & wait");
    let kube = Kube::start(&s, "kube", &[("a", &asks), ("b", &answers)], "");
    let (a, old) = (kube.container("a"), text(&kube.running("a")["Image"]));
    // Before that it is as often between two starts as it runs.
    let passed = || s.host.exec(&["podman", "exec", &a, "test", "-e", "passed"]).status.success();
    wait_for("it has the other one's answer", LONG, || passed().then_some(()));
    assert!(kube.running("a")["RestartCount"].as_u64() > Some(0), "it has waited for the other one");
    push(&s, "a", "nohealth:v2");
    let gate = "min_healthy = \"4s\"\ndeadline = \"60s\"\n";
    let outcome = s.agent().on_host_as_owner().config(gate).run(&["now", &a, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &a)["verdict"], "rotated", "{outcome}");
    assert_ne!(text(&kube.running("a")["Image"]), old, "{outcome}");
}

#[test]
fn two_containers_of_a_kube_file_are_updated_one_after_the_other_by_its_own_keys_and_each_is_judged_by_itself() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(crate::lab::Host::shared(), "playedtwo");
    for name in ["a", "b"] {
        push(&s, name, "nohealth:v1");
    }
    let kube = Kube::start(&s, "kube", &[("a", ""), ("b", SLEEPS)], "AutoUpdate=registry\nAutoUpdate=b/registry");
    let were = ["a", "b"].map(|name| text(&kube.running(name)["Image"]));
    push(&s, "a", "nohealth:v2");
    s.host.push_with(&format!("{}:1", s.name("b")), "nohealth:v2", r#"{"Env": ["V=2"]}"#);
    let outcome = run(&s, &["now", "--json"]).exits(0);
    for (name, was) in ["a", "b"].iter().zip(&were) {
        assert_eq!(entry(&outcome, &kube.container(name))["verdict"], "rotated", "{outcome}");
        assert_ne!(text(&kube.running(name)["Image"]), *was, "{outcome}");
    }
    assert!(kube.is_untouched() && kube.does() == "active", "{outcome}");
}

#[test]
fn what_a_restart_of_a_kube_unit_would_bring_unproved_is_held_with_the_file_and_the_reason() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("playedheld");
    let (kube, were) = pair(&s, SLEEPS);
    let (a, file) = (kube.container("a"), format!("/{}.yaml", kube.name));
    push(&s, "a", "nohealth:v2");
    let image = |name: &str| format!("image: {}/{}", s.host.registry(), s.name(name));
    let held = |from: &str, to: &str, reason: &str, word: &str| {
        kube.edit(from, to);
        kube.restart();
        let is_there = ["a", "b"].map(|name| kube.running(name)["Id"].clone());
        let outcome = run(&s, &["now", &a, "--json"]).exits(0);
        let told = entry(&outcome, &a);
        assert_eq!(told["reason"], reason, "{outcome}");
        for word in [word, &file, &kube.unit()] {
            assert!(text(&told["message"]).contains(word), "{word}: {outcome}");
        }
        assert_eq!(["a", "b"].map(|name| kube.running(name)["Id"].clone()), is_there, "{outcome}");
        kube.restore();
    };
    let b = format!("{}:1\n", image("b"));
    held(&b, &format!("{}:1\n    imagePullPolicy: Always\n", image("b")), "unit_pulls", "imagePullPolicy");
    s.host.docker(&["tag", &b.trim()["image: ".len()..], &format!("{}:latest", &image("b")["image: ".len()..])]);
    s.host.push_with(&format!("{}:latest", s.name("b")), "nohealth:side", "{}");
    held(&b, &format!("{}:latest\n", image("b")), "unit_pulls", ":latest");
    held(&b, &format!("{}:1\n", image("a")), "owned_by_unit", "no more than one would prove itself");
    // What a person has pulled beside it.
    kube.restart();
    ["a", "b"].iter().for_each(|name| drop(kube.running(name)));
    push(&s, "other", "nohealth:other");
    let other = format!("{}:1", &image("other")["image: ".len()..]);
    s.host.docker(&["pull", "-q", &other]);
    s.host.docker(&["tag", &other, &format!("{}:1", &image("b")["image: ".len()..])]);
    let outcome = run(&s, &["now", &a, "--json"]).exits(0);
    assert!(text(&entry(&outcome, &a)["message"]).contains("another image than it runs"), "{outcome}");
    s.host.docker(&["tag", were[1]["Image"].as_str().unwrap_or_default(), &format!("{}:1", &image("b")["image: ".len()..])]);
    // As it was when it was started last, and then edited.
    kube.restart();
    let is_there = text(&kube.running("a")["Id"]);
    kube.edit(&b, &format!("{b}    # as a person would\n"));
    let outcome = run(&s, &["now", &a, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &a)["reason"], "unit_edited", "{outcome}");
    assert_eq!((text(&kube.running("a")["Id"]), &kube.running("b")["Image"]), (is_there, &were[1]["Image"]), "{outcome}");
}
