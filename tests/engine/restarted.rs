//! An engine that goes away and comes back during the gate is not a sick container.

use std::time::Duration;

use serde_json::Value;

use super::{entry, leftovers, look, tagged};
use crate::lab::{Action, Fault, FaultProxy, Host, Scratch, policy, wait_for};

/// Long enough that the engine comes back within it.
const GATE: &str = "min_healthy = \"8s\"\n";

/// A command of systemd's to the engine's service, and where a call begins it to the socket of that, too; on the host.
fn engine(host: &Host, command: &[&str]) {
    let (manager, units): (_, &[&str]) = match host.has_podman() {
        true if command[0] == "restart" => (host.manager("systemctl"), &["podman.socket", "podman.service"]),
        true => (host.manager("systemctl"), &["podman.service"]),
        false => (vec!["systemctl"], &["docker"]),
    };
    // systemd counts the starts of all tests, and gives up after three a minute.
    host.exec(&[&manager[..], &["reset-failed"], units].concat());
    host.exec(&[&manager[..], command, units].concat());
}

const RESTART: &[&str] = &["restart"];
const KILL: &[&str] = &["kill", "--kill-whom=main", "-s", "KILL"];

/// Rotates to a good image, and does this to the engine while the new container proves itself: it passes all the same.
fn survives(test: &str, policy: &str, what: &[&str]) {
    let s = Scratch::alone(Host::shared(), test);
    s.push("web", "nohealth:v1");
    let old = s.run("web", &["--restart", policy]);
    s.push("web", "nohealth:v2");
    let running = s.agent().on_host().config(GATE).spawn(&["now", &s.name("web"), "--json"]);
    let new = || s.host.try_inspect(&s.name("web")).filter(|c| c["Id"] != old.as_str() && c["State"]["Running"] == true);
    wait_for("the new one runs", Duration::from_secs(60), new);
    engine(s.host, what);
    let outcome = running.wait(Duration::from_secs(180)).exits(0);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], Value::from("rotated"), "{outcome}");
    let told = outcome.stderr.matches("warning: ").count();
    assert!(told <= 6, "not told at every try: {told} {outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.image == tagged(&s, "web") && web.policy == policy, "{web:?} {outcome}");
    let kept = look(&s, &leftovers(&s)[0]);
    assert!(kept.id == old && !kept.is_running, "{kept:?}");
}

#[test]
fn an_engine_that_is_restarted_in_the_gate_fails_no_container_whatever_its_restart_policy() {
    for name in ["no", "always"] {
        survives(&format!("restart-{name}"), policy(name), RESTART);
    }
}

#[test]
fn an_engine_that_is_killed_in_the_gate_fails_no_container_whatever_its_restart_policy() {
    for name in ["no", "unless-stopped"] {
        survives(&format!("killed-{name}"), policy(name), KILL);
    }
}

/// What the engine told just before it went away is still unread when it is back, and the end of its stream lies behind that.
#[test]
fn an_engine_that_told_something_before_it_was_restarted_fails_no_container() {
    let s = Scratch::alone(Host::shared(), "restart-told");
    s.push("web", "ok:v1");
    let old = s.run("web", &["--restart", policy("always"), "--health-cmd", "true", "--health-interval", "3s"]);
    s.push("web", "ok:v2");
    let (proxy, host, web) = (FaultProxy::start(&s.host.socket()), s.host, s.name("web"));
    let running = s.agent().engine(&proxy.socket()).config(super::FAST).spawn(&["now", &web, "--json"]);
    let new = || s.host.try_inspect(&web).filter(|c| c["Id"] != old.as_str() && c["State"]["Running"] == true);
    let new = wait_for("the new one runs", Duration::from_secs(60), new)["Id"].as_str().unwrap_or_default().to_owned();
    let is_healthy = move || (host.try_inspect(&web)?["State"]["Health"]["Status"] == "healthy").then_some(());
    let restart = move || {
        wait_for("its health is told", Duration::from_secs(60), is_healthy);
        engine(host, RESTART);
        wait_for("it is back", Duration::from_secs(120), || host.try_docker(&["version"]).ok());
    };
    // Not the first look after its start, which would know no other.
    proxy.at_path(&format!("/containers/{new}/json"), 3, Fault::Before(Action::Run(Box::new(restart))));
    let outcome = running.wait(Duration::from_secs(180)).exits(0);
    assert_eq!((proxy.done(), look(&s, &s.name("web")).id), (1, new), "{outcome}");
}

/// It has started the new container and says so to nobody; under `always` it starts it once more when it comes back.
#[test]
fn an_engine_that_is_killed_while_it_starts_a_good_container_is_no_evidence_against_it() {
    let s = Scratch::alone(Host::shared(), "killed-start");
    s.push("web", "ok:v1");
    let old = s.run("web", &["--restart", policy("always")]);
    s.push("web", "ok:v2");
    let proxy = FaultProxy::start(&s.host.socket());
    let host = s.host;
    let kill = move || {
        engine(host, KILL);
        wait_for("it is back", Duration::from_secs(120), || host.try_docker(&["version"]).ok());
    };
    proxy.at_path("/start", 1, Fault::After(Action::Last(Box::new(kill))));
    let outcome = s.agent().engine(&proxy.socket()).config(super::FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], Value::from("rotated"), "{outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id != old && web.image == tagged(&s, "web"), "{web:?} {outcome}");
}
