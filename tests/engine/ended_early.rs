//! A run in the middle of which something ends it, or one of its rotations: what was done is told, and what follows is as the operator wants it.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{FAST, entry, leftovers, look, now, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy, Scratch};

/// More than the three minutes for which an engine is waited for, on a busy host.
const LONG: Duration = Duration::from_secs(400);
/// Less than twice as long.
const ONCE: Duration = Duration::from_secs(340);

/// Three containers that have something newer, with names in the order in which they are rotated.
fn three(s: &Scratch) -> [String; 3] {
    ["a", "b", "c"].map(|name| {
        s.push(name, "nohealth:v1");
        s.run(name, &["--restart", "always", "--stop-timeout", "1"]);
        s.push(name, "nohealth:v2");
        s.name(name)
    })
}

#[test]
fn a_stop_that_the_engine_never_answers_is_told_with_what_was_done_and_ends_the_run_only_if_failures_do() {
    thread::scope(|both| {
        both.spawn(|| stop_without_an_answer("stop"));
        both.spawn(|| stop_without_an_answer("continue"));
    });
}

fn stop_without_an_answer(policy: &str) {
    let s = scratch(&format!("no-stop-{policy}"));
    let [a, b, c] = three(&s);
    let before = [&a, &b, &c].map(|name| look(&s, name));
    let tag = tagged(&s, "c");
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.hang(&format!("POST /containers/{}/stop", before[1].id));
    let config = format!("{FAST}on_failure = \"{policy}\"\n");
    let outcome = s.agent().engine(&proxy.socket()).config(&config).spawn(&["now", &a, &b, &c, "--json"]).wait(LONG).exits(1);

    assert_eq!(entry(&outcome, &a)["verdict"], "rotated", "{outcome}");
    assert_ne!(look(&s, &a).id, before[0].id);
    let told = entry(&outcome, &b);
    assert_eq!(
        (&told["verdict"], &told["reason"], &told["is_resumed"]),
        (&"unanswered".into(), &"no_answer".into(), &false.into()),
        "{told}"
    );
    assert_eq!((look(&s, &b).id, look(&s, &b).is_running), (before[1].id.clone(), true));
    if policy == "stop" {
        let told = entry(&outcome, &c);
        assert_eq!(told["reason"], "run_stopped", "{told}");
        let pin = format!("rotate/keep:{}", told["rotation"].as_str().expect("an id"));
        assert_eq!(look(&s, &c), before[2]);
        assert_eq!(tagged(&s, "c"), tag);
        let tags = s.host.docker(&["image", "inspect", "-f", "{{.RepoTags}}", &before[2].image]);
        assert!(!tags.contains(&pin), "{pin} is gone: {tags}");
        let of_c: Vec<_> = leftovers(&s).into_iter().filter(|name| name.starts_with(&c)).collect();
        assert_eq!(of_c, Vec::<String>::new());
    } else {
        assert_eq!(entry(&outcome, &c)["verdict"], "rotated", "{outcome}");
        assert_ne!(look(&s, &c).id, before[2].id);
    }

    // With an answer again, the next run ends what was begun.
    let outcome = now(&s, &["b"], &["--json"]).exits(0);
    let told = entry(&outcome, &b);
    assert_eq!((&told["verdict"], &told["is_resumed"]), (&"rotated".into(), &true.into()), "{told}");
    assert!(look(&s, &b).is_running && look(&s, &b).id != before[1].id);
}

#[test]
fn what_was_done_before_the_engine_went_away_is_told_beside_the_error() {
    let s = scratch("goes-away");
    let [a, b, c] = three(&s);
    let before = [&a, &b, &c].map(|name| look(&s, name));
    let proxy = FaultProxy::start(&s.host.socket());
    let engine = s.dir().join("engine.sock");
    symlink(proxy.socket(), &engine).expect("a link");
    let gone = engine.clone();
    let goes_away = move || fs::remove_file(gone).expect("the link");
    proxy.at_path(&format!("POST /containers/{}/stop", before[1].id), 1, Fault::Before(Action::Run(Box::new(goes_away))));
    let outcome = s.agent().engine(&engine).config(FAST).spawn(&["now", &a, &b, &c, "--json"]).wait(LONG).exits(69);

    assert_eq!(entry(&outcome, &a)["verdict"], "rotated", "{outcome}");
    assert_ne!(look(&s, &a).id, before[0].id);
    let problem = &outcome.json()["problem"];
    assert!(problem["error"].as_str().is_some_and(|error| error.contains(&b) && error.contains("there is no such socket")), "{outcome}");
    assert!(outcome.stderr.contains(&format!("error: the rotation of `{b}`: cannot reach the engine")), "{outcome}");

    // It is back: both are ended.
    now(&s, &["b", "c"], &[]).exits(0);
    for (name, before) in [(&b, &before[1]), (&c, &before[2])] {
        assert!(look(&s, name).is_running && look(&s, name).id != before.id);
    }
}

#[test]
fn an_engine_that_is_gone_is_waited_for_once_however_many_rotations_are_open() {
    let s = scratch("gone-once");
    let names = three(&s);
    now(&s, &["a", "b", "c"], &[]).exits(0);
    let proxy = FaultProxy::start(&s.host.socket());
    let engine = s.dir().join("engine.sock");
    symlink(proxy.socket(), &engine).expect("a link");
    let gone = engine.clone();
    let goes_away = move || fs::remove_file(gone).expect("the link");
    proxy.at_path("GET /containers/", 1, Fault::Before(Action::Run(Box::new(goes_away))));
    let outcome = s.agent().engine(&engine).config(FAST).spawn(&["now", &names[0]]).wait(ONCE).exits(69);
    assert_eq!(names.iter().filter(|name| outcome.stderr.contains(*name)).count(), 1, "the others were not tried: {outcome}");
}

#[test]
fn an_engine_that_hangs_as_a_whole_ends_the_run_even_if_failures_do_not() {
    let s = scratch("all-hangs");
    let [a, b, c] = three(&s);
    let before = [&a, &b, &c].map(|name| look(&s, name));
    let proxy = Arc::new(FaultProxy::start(&s.host.socket()));
    let hung = Arc::clone(&proxy);
    let hangs = Fault::Before(Action::Run(Box::new(move || hung.hang(""))));
    proxy.at_path(&format!("POST /containers/{}/stop", before[1].id), 1, hangs);
    let config = format!("{FAST}on_failure = \"continue\"\n");
    let outcome = s.agent().engine(&proxy.socket()).config(&config).spawn(&["now", &a, &b, &c, "--json"]).wait(LONG).exits(69);
    assert_eq!(entry(&outcome, &a)["verdict"], "rotated", "{outcome}");
    let problem = &outcome.json()["problem"];
    assert!(problem["error"].as_str().is_some_and(|error| error.contains(&b) && error.contains("no answer to")), "{outcome}");
    assert_eq!(look(&s, &c), before[2]);

    now(&s, &["b", "c"], &[]).exits(0);
    assert!(look(&s, &b).is_running && look(&s, &b).id != before[1].id);
}
