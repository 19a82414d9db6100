//! An engine that comes later than the daemon.

use std::os::unix::fs::symlink;

use super::{CONFIG, SOON, begun, is_new, scratch, socket, stale, state, text};
use crate::lab::wait_for;

#[test]
fn an_engine_that_comes_later_is_waited_for_and_said_so() {
    let s = scratch("later");
    let old = stale(&s, &[]);
    let engine = s.dir().join("engine.sock");
    let args = ["daemon", "--socket", &text(&socket(&s))];
    let running = begun(&s, s.agent().engine(&engine).config(CONFIG).spawn(&args));
    wait_for("it says that it waits", SOON, || state(&s)["problem"].as_str().map(str::to_owned));
    let told = |running: &crate::lab::Running<'_>| running.said().matches("Waiting for the engine").count();
    assert_eq!(told(&running), 1, "{}", running.said());
    let status = super::ask(&s, &["status"]).exits(69);
    assert!(status.stderr.contains("the daemon runs"), "{status}");
    symlink(s.host.socket(), &engine).expect("a link");
    wait_for("it sees the engine", SOON, || state(&s)["problem"].is_null().then_some(()));
    assert_eq!(told(&running), 1, "said once: {}", running.said());
    super::ask(&s, &["now", &s.name("web")]).exits(0);
    assert!(is_new(&s, &old));

    // It goes away while the daemon has nothing to do, and comes back as another.
    std::fs::remove_file(&engine).expect("the link");
    super::ask(&s, &["now", &s.name("web")]).exits(69);
    symlink(s.host.socket(), &engine).expect("a link");
    super::ask(&s, &["rollback", &s.name("web")]).exits(0);
    assert!(!is_new(&s, &old));
}
