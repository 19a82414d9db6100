//! What is new and what is not, and registries that do not say.

use super::{FAST, entry, look, scratch};
use crate::lab::{Answer, FakeRegistry, Scratch};

#[test]
fn another_index_over_the_same_image_is_pulled_once_and_rotates_nothing() {
    let s = scratch("index");
    let repo = format!("{}:latest", s.name("web"));
    let manifest = s.host.push(&repo, "nohealth:v1");
    s.host.push_index(&repo, &manifest, "first");
    s.run("web", &[]);
    let old = look(&s, &s.name("web"));
    s.host.push_index(&repo, &manifest, "second");
    let run = || entry(&s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0), &s.name("web"))["reason"].clone();
    assert_eq!(run(), "same_image");
    assert_eq!(run(), "up_to_date");
    assert_eq!(look(&s, &s.name("web")), old);
}

#[test]
fn an_image_that_was_built_here_is_held() {
    let s = scratch("built");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let local = format!("{}:latest", s.name("local"));
    s.host.docker(&["commit", &s.name("web"), &local]);
    s.host.docker(&["run", "-d", "--name", &s.name("built"), &local]);
    // containerd's store gives a digest to every image: there it is the registry that does not have it (and here cannot be reached).
    let (reason, code) = if s.host.engine().ends_with("-containerd") { ("unresolved", 1) } else { ("no_digest", 0) };
    let outcome = s.agent().run(&["now", &s.name("built"), "--json"]).exits(code);
    assert_eq!(entry(&outcome, &s.name("built"))["reason"], reason);
}

#[test]
fn an_image_that_was_made_here_over_a_registrys_tag_is_replaced_only_once_it_was_pushed() {
    let s = scratch("patched");
    if s.host.has_podman() {
        return; // it tells nothing of where an image came from: what its registry has under the name is newer (docs/podman.md)
    }
    s.push("web", "nohealth:v1");
    s.push("base", "nohealth:v1");
    s.run("base", &[]);
    s.host.docker(&["commit", "--change", "ENV PATCHED=here", &s.name("base"), &s.image("web")]);
    s.host.docker(&["run", "-d", "--name", &s.name("web"), &s.image("web")]);
    let patched = look(&s, &s.name("web"));
    let run = || entry(&s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0), &s.name("web"));
    assert_eq!(run()["reason"], "no_digest", "the registry has another image of that name");
    let by_engine = s.agent().config("registry.via = \"engine\"\n").run(&["now", &s.name("web"), "--json"]).exits(0);
    assert_eq!(entry(&by_engine, &s.name("web"))["reason"], "no_digest", "{by_engine}");
    assert_eq!(look(&s, &s.name("web")), patched);

    s.host.docker(&["push", &s.image("web")]);
    assert_eq!(run()["reason"], "up_to_date");
    s.push("web", "nohealth:v2");
    assert_eq!(run()["verdict"], "rotated");
}

/// A container that follows a tag of a scripted registry, and its reference.
fn followed(s: &Scratch, registry: &FakeRegistry, name: &str) {
    s.push(name, "nohealth:v1");
    let image = format!("{}/{}:latest", registry.address(), s.name(name));
    s.host.docker(&["run", "-d", "--pull", "always", "--name", &s.name(name), &image]);
}

#[test]
fn a_registry_that_fails_holds_its_own_containers_and_nothing_else() {
    let s = scratch("failing");
    s.push("good", "nohealth:v1");
    s.run("good", &[]);
    let registry = FakeRegistry::in_front_of(s.host);
    followed(&s, &registry, "web");
    let good = look(&s, &s.name("good"));
    s.push("good", "nohealth:v2");
    let table = [
        (Answer::status(401), "does not let anybody without credentials see"),
        (Answer::status(404), "has no "),
        (Answer::status(500), "answers 500"),
        (Answer::digest("sha256:nonsense"), "is no digest"),
        (Answer::status(200), "no Docker-Content-Digest"),
        (Answer::Garbage, "registry"),
    ];
    for (n, (answer, words)) in table.into_iter().enumerate() {
        registry.script(move |_| Some(answer.clone()));
        let before = registry.count("GET", "manifests");
        let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), &s.name("good"), "--json"]).exits(1);
        let held = entry(&outcome, &s.name("web"));
        assert_eq!(held["reason"], "unresolved", "{held}");
        assert!(held["message"].as_str().is_some_and(|m| m.contains(words)), "expected «{words}»: {held}");
        assert_eq!(registry.count("GET", "manifests"), before, "never a GET after a failed HEAD");
        if n == 0 {
            assert_ne!(look(&s, &s.name("good")).id, good.id, "the other registry's container is rotated");
        }
    }
}

#[test]
fn too_many_requests_is_the_last_request_to_that_host() {
    let s = scratch("limit");
    let registry = FakeRegistry::in_front_of(s.host);
    followed(&s, &registry, "a");
    followed(&s, &registry, "b");
    registry.script(|_| Some(Answer::status(429).header("Retry-After", "77")));
    let before = registry.requests().len();
    let outcome = s.agent().run(&["now", &s.name("a"), &s.name("b"), "--json"]).exits(1);
    for name in ["a", "b"] {
        let held = entry(&outcome, &s.name(name));
        assert!(held["message"].as_str().is_some_and(|m| m.contains("not asked again for 77 s")), "{held}");
    }
    assert_eq!(registry.requests().len() - before, 1, "{:?}", registry.requests());
}

#[test]
fn a_digest_that_is_another_repositorys_is_not_taken_for_this_one() {
    let s = scratch("foreign");
    let registry = FakeRegistry::in_front_of(s.host);
    followed(&s, &registry, "web");
    let foreign = s.push("other", "nohealth:v2");
    let old = look(&s, &s.name("web"));
    registry.script(move |head| (head.method == "HEAD").then(|| Answer::digest(&foreign)));
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["reason"], "pull_failed", "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old);
}

#[test]
fn what_registries_say_of_their_limits_is_shown_in_the_plan() {
    let s = scratch("limits");
    let registry = FakeRegistry::in_front_of(s.host);
    followed(&s, &registry, "a");
    let digest = format!("sha256:{}", "0".repeat(64));
    registry
        .script(move |_| Some(Answer::digest(&digest).header("ratelimit-limit", "100;w=21600").header("ratelimit-remaining", "0;w=21600")));
    let plan = s.agent().run(&["plan", &s.name("a")]).exits(0);
    assert!(plan.stdout.contains("1. rotate from"), "an exhausted limit is no reason not to: {plan}");
    let line = format!("registry {}: 0 of 100 requests left, counted over 6 h\n", registry.address());
    assert!(plan.stdout.ends_with(&line), "{plan}");
    let limits = s.agent().run(&["plan", &s.name("a"), "--json"]).exits(0).json()["limits"].clone();
    let expected = serde_json::json!([{
        "registry": registry.address(), "limit": 100, "remaining": 0, "window_seconds": 21600, "retry_after_seconds": null,
    }]);
    assert_eq!(limits, expected);
    registry.script(|_| Some(Answer::status(429).header("Retry-After", "77")));
    let plan = s.agent().run(&["plan", &s.name("a")]).exits(0);
    assert!(plan.stdout.contains(&format!("registry {}: wants to be left alone for 7", registry.address())), "{plan}");
}

#[test]
fn a_registry_that_is_down_holds_its_own_containers() {
    let s = scratch("down");
    let registry = FakeRegistry::in_front_of(s.host);
    followed(&s, &registry, "web");
    registry.script(|_| Some(Answer::Close));
    let outcome = s.agent().run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["reason"], "unresolved");
}

#[test]
fn a_pull_that_fails_in_its_stream_is_an_error_and_touches_nothing() {
    let s = scratch("pull");
    let registry = FakeRegistry::in_front_of(s.host);
    followed(&s, &registry, "web");
    let old = look(&s, &s.name("web"));
    s.push("web", "nohealth:v2");
    // The manifest comes, a layer does not: the engine says so inside an answer of 200.
    registry.script(|head| (head.method == "GET" && head.target.contains("/blobs/")).then(|| Answer::status(500)));
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["reason"], "pull_failed", "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old);
}
