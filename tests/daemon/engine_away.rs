//! An engine that comes later than the daemon, or goes away in the middle of a run.

use std::os::unix::fs::symlink;
use std::time::Duration;

use super::{CONFIG, SOON, begun, is_new, scratch, socket, stale, state, text};
use crate::lab::{Action, Fault, FaultProxy, Host, Scratch, wait_for};

/// More than the three minutes for which an engine is waited for, and a minute until the schedule's next run.
const LONG: Duration = Duration::from_secs(400);

#[test]
fn an_engine_that_comes_later_is_waited_for_and_said_so() {
    let s = scratch("later");
    let old = stale(&s, &[]);
    // A socket of root's, whosever the engine is: the machine has no such user.
    let proxy = FaultProxy::start(&s.host.socket());
    let engine = s.dir().join("engine.sock");
    let args = ["daemon", "--socket", &text(&socket(&s))];
    let running = begun(&s, s.agent().engine(&engine).config(CONFIG).spawn(&args));
    wait_for("it says that it waits", SOON, || state(&s)["problem"].as_str().map(str::to_owned));
    let told = |running: &crate::lab::Running<'_>| running.said().matches("Waiting for the engine").count();
    assert_eq!(told(&running), 1, "{}", running.said());
    let status = super::ask(&s, &["status"]).exits(69);
    assert!(status.stderr.contains("the daemon runs"), "{status}");
    symlink(proxy.socket(), &engine).expect("a link");
    wait_for("it sees the engine", SOON, || state(&s)["problem"].is_null().then_some(()));
    assert_eq!(told(&running), 1, "said once: {}", running.said());
    super::ask(&s, &["now", &s.name("web")]).exits(0);
    assert!(is_new(&s, &old));

    // It goes away while the daemon has nothing to do, and comes back as another.
    std::fs::remove_file(&engine).expect("the link");
    super::ask(&s, &["now", &s.name("web")]).exits(69);
    symlink(proxy.socket(), &engine).expect("a link");
    super::ask(&s, &["rollback", &s.name("web")]).exits(0);
    assert!(!is_new(&s, &old));
}

#[test]
fn what_a_scheduled_run_did_before_the_engine_went_away_is_in_the_log() {
    let s = Scratch::alone(Host::shared(), "midway");
    let [a, b] = ["a", "b"].map(|name| {
        s.push(name, "nohealth:v1");
        let id = s.run(name, &["--label", "rotate.enable=true", "--stop-timeout", "1"]);
        s.push(name, "nohealth:v2");
        id
    });
    let proxy = FaultProxy::start(&s.host.socket());
    let engine = s.dir().join("engine.sock");
    symlink(proxy.socket(), &engine).expect("a link");
    let gone = engine.clone();
    let goes_away = move || std::fs::remove_file(gone).expect("the link");
    proxy.at_path(&format!("POST /containers/{b}/stop"), 1, Fault::Before(Action::Run(Box::new(goes_away))));
    let config = "min_healthy = \"500ms\"\nschedule = \"* * * * *\"\n";
    let args = ["daemon", "--socket", &text(&socket(&s))];
    let running = begun(&s, s.agent().engine(&engine).config(config).spawn(&args));
    let is_new = |name: &str, old: &str| {
        let found = s.host.try_inspect(&s.name(name));
        found.is_some_and(|document| document["State"]["Running"] == true && document["Id"] != old).then_some(())
    };
    wait_for("the first one is rotated", LONG, || is_new("a", &a));
    wait_for("the error is told", LONG, || running.said().contains("Waiting for the engine").then_some(()));
    let said = running.said();
    let line = |name: &str, words: &str| said.lines().any(|line| line.contains(&s.name(name)) && line.contains(words));
    assert!(line("a", "  rotated in"), "{said}");
    assert!(line("b", "cannot reach the engine"), "{said}");

    symlink(s.host.socket(), &engine).expect("a link");
    wait_for("the second one is rotated", LONG, || is_new("b", &b));
    let is_told = || running.said().lines().any(|line| line.contains(&s.name("b")) && line.contains("  rotated"));
    wait_for("it is told, too", LONG, || is_told().then_some(()));
    let said = running.said();
    assert_eq!(said.lines().filter(|line| line.contains(&s.name("a")) && line.contains("  rotated")).count(), 1, "once: {said}");
}
