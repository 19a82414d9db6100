//! Podman's own store held by another hand.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{FlockOperation, fcntl_lock};

use super::quadlet::LONG;
use super::{FAST, described};
use crate::lab::{Action, Fault, FaultProxy, Host, Scratch, wait_for, within};

/// Less than the agent waits for any answer of the engine, and longer than the act takes.
const HELD: Duration = Duration::from_secs(8);

/// The lock of the engine's store, as the machine sees it.
fn lock_of(s: &Scratch) -> PathBuf {
    let store = if s.host.is_rootless() { "/home/op/.local/share/containers/storage" } else { "/var/lib/containers/storage" };
    s.host.path(&format!("{store}/storage.lock"))
}

/// The engine's store, locked as another `podman` locks it while it sets it up, until it is dropped.
fn locked(lock: &Path) -> File {
    let file = OpenOptions::new().read(true).write(true).open(lock).expect("the engine has made its store");
    fcntl_lock(&file, FlockOperation::LockExclusive).expect("a lock can be had");
    file
}

#[test]
fn a_store_that_another_podman_holds_is_told_with_what_to_look_at_and_waited_for_by_nobody() {
    let s = Scratch::alone(Host::shared(), "locked");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let before = described(&s, "web");
    s.push("web", "ok:v2");
    s.host.systemctl(&["stop", "podman.service"]);
    let lock = locked(&lock_of(&s));
    for command in [&["now"][..], &["status"]] {
        let outcome = s.agent().on_host_as_owner().config(FAST).run(command).exits(69);
        for part in ["podman.sock does not say who it is: no answer within 10 s", "nothing changed", "another `podman` holds its store"] {
            assert!(outcome.stderr.contains(part), "«{part}»: {outcome}");
        }
    }
    drop(lock);
    wait_for("the engine answers again", LONG, || s.host.try_docker(&["ps", "-q"]).ok());
    let after = described(&s, "web");
    assert_eq!((&after["Id"], &after["State"]["StartedAt"]), (&before["Id"], &before["State"]["StartedAt"]));
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
}

#[test]
fn a_store_that_another_podman_holds_for_seconds_in_the_middle_of_a_rotation_is_waited_for() {
    let s = Scratch::alone(Host::shared(), "heldmid");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    // Where the successor is made, where neither of the two runs, and where the new one proves itself. The first two need the store.
    let (before, after) = (Fault::Before as fn(_) -> _, Fault::After as fn(_) -> _);
    let cases = [("ok:v2", "/containers/create", before, true), ("ok:v3", "/start", before, true), ("ok:v4", "/start", after, false)];
    for (variant, call, when, is_needed) in cases {
        let old = described(&s, "web");
        s.push("web", variant);
        s.host.wake();
        let proxy = FaultProxy::start(&s.host.socket());
        let (store, (tell, told)) = (lock_of(&s), mpsc::channel());
        let hold = move || drop(tell.send(locked(&store)));
        proxy.at_path(call, 1, when(Action::Run(Box::new(hold))));
        let mut agent = s.agent().engine(&proxy.socket()).config(FAST).spawn(&["now", &s.name("web"), "--json"]);
        let held = told.recv_timeout(LONG).expect("the agent gets there, and the lock is free then");
        let has_ended = within(HELD, || (!agent.is_running()).then_some(())).is_some();
        drop(held);
        let outcome = agent.wait(LONG).exits(0);
        assert!(!(has_ended && is_needed), "{variant}: it did not wait for the store: {outcome}");
        assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{variant}: {outcome}");
        let new = described(&s, "web");
        assert!(new["Id"] != old["Id"] && new["Image"] != old["Image"] && new["State"]["Running"] == true, "{variant}: {outcome}");
        let (web, ours) = (s.name("web"), format!("name=^{}", s.name("web")));
        assert_eq!(s.host.docker(&["ps", "--format", "{{.Names}}", "--filter", &ours]), web, "{variant}: one runs: {outcome}");
        let all = s.host.docker(&["ps", "-a", "--format", "{{.Names}}", "--filter", &ours]);
        assert!(all.lines().all(|name| name == web || name.contains(".rotate-old-")), "{variant}: beside it is only what is kept: {all}");
    }
}
