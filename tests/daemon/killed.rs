//! The daemon ended in the middle of a rotation, politely or not.

use std::io::Read;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{CONFIG, SOON, ask, begun, daemon, id, is_new, scratch, send, socket, stale, text};
use crate::lab::{Scratch, policy, wait_for};

/// True once the old container has given its name away: its service is down.
fn is_switching(s: &Scratch) -> bool {
    let filter = format!("name=^/?{}.rotate-old-", s.name("web"));
    !s.host.docker(&["ps", "-aq", "--filter", &filter]).is_empty()
}

/// A daemon was killed in the middle of a switch; the container's id before that.
fn killed_in_a_switch(s: &Scratch) -> String {
    let old = stale(s, &["--restart", policy("always")]);
    let running = daemon(s, CONFIG);
    let _client = send(s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    wait_for("it switches", SOON, || is_switching(s).then_some(()));
    running.kill();
    old
}

#[test]
fn killed_in_a_switch_the_next_start_goes_on_without_being_asked() {
    let s = scratch("kill");
    let old = killed_in_a_switch(&s);
    let _running = daemon(&s, CONFIG);
    wait_for("the successor serves", SOON, || is_new(&s, &old).then_some(()));
    wait_for("it is proved", SOON, || {
        let history = ask(&s, &["history", &s.name("web"), "--json"]).json();
        (history["rotations"][0]["verdict"] == "rotated").then_some(())
    });
}

/// What was begun needs no registry any more, and its service is down.
#[test]
fn killed_in_a_switch_the_next_start_goes_on_though_the_credentials_cannot_be_read() {
    let s = scratch("kill-creds");
    let old = killed_in_a_switch(&s);
    s.file("config.json", "{ \"auths\": ");
    let agent = s.agent().config(CONFIG).env("DOCKER_CONFIG", &text(s.dir()));
    let _running = begun(&s, agent.spawn(&["daemon", "--socket", &text(&socket(&s))]));
    wait_for("the successor serves", SOON, || is_new(&s, &old).then_some(()));
    let refused = ask(&s, &["now", &s.name("web")]).exits(78);
    assert!(refused.stderr.contains("config.json"), "nobody is asked without credentials instead: {refused}");
}

#[test]
fn sigterm_leaves_a_gate_and_the_next_start_goes_on_with_it() {
    let s = scratch("term");
    let old = stale(&s, &["--restart", policy("always")]);
    let slow = CONFIG.replace("500ms", "20s");
    let running = daemon(&s, &slow);
    let mut client = send(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    wait_for("the successor has to prove itself", SOON, || is_new(&s, &old).then_some(()));
    running.signal(Signal::TERM);
    let outcome = running.wait(Duration::from_secs(30)).exits(0);
    assert!(is_new(&s, &old), "one runs under the name: {outcome}");
    let mut told = String::new();
    client.read_to_string(&mut told).expect("an answer");
    assert!(told.contains("\"answer\"") && told.contains("interrupted"), "whoever asked is told: {told}");
    let new = id(&s);
    let _running = daemon(&s, &slow);
    wait_for("it is proved", SOON, || {
        let history = ask(&s, &["history", &s.name("web"), "--json"]).json();
        (history["rotations"][0]["verdict"] == "rotated").then_some(())
    });
    assert_eq!(id(&s), new, "nothing was rotated a second time");
}
