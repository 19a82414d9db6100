//! Containers that systemd owns are rotated by their unit: the tag moves, the unit is restarted, the container proves itself, or both go back.

use std::path::Path;

use super::health::since_start;
use super::quadlet::{LONG, Quadlet};
use super::wants::{QUADLET, UNITS, lacks};
use super::{FAST, scratch};
use crate::lab::{Outcome, Scratch, wait_for};
use serde_json::Value;

fn now(s: &Scratch, name: &str) -> Outcome {
    s.agent().config(FAST).run(&["now", &s.name(name), "--json"])
}

fn entry(outcome: &Outcome) -> Value {
    outcome.json()["containers"][0].clone()
}

/// A prune has left an image that no container runs.
#[track_caller]
fn is_kept(s: &Scratch, image: &str) {
    assert_eq!(s.host.api("GET", &format!("/images/{image}/json")).0, 200, "the pin keeps it");
}

#[test]
fn a_quadlet_container_is_updated_by_its_unit_and_its_old_image_is_kept() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("quadlet");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "PublishPort=80\nVolume=/anon", "Restart=always");
    let (old, id) = (web.image(), web.id());
    s.push("web", "ok:v2");
    let outcome = now(&s, "web").exits(0);
    let entry = entry(&outcome);
    assert_eq!(entry["verdict"], "rotated", "{entry}");
    assert!(entry["down_time_seconds"].as_f64().is_some_and(|seconds| seconds < 60.0), "{entry}");
    assert_ne!((web.image(), web.id()), (old.clone(), id));
    web.is_up_with(&web.image());
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v2"));
    assert!(web.is_untouched() && web.drop_in().is_none());
    // Unused and without its tag: only our own keeps it.
    s.host.docker(&["image", "prune", "-f"]);
    is_kept(&s, &old);
    s.agent().config(FAST).run(&["rollback", &web.name]).exits(0);
    web.is_up_with(&old);
    assert_eq!(web.tagged(), old);
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v1"));
}

#[test]
fn a_sick_image_goes_back_is_remembered_and_not_tried_again() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("sick");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    let old = web.image();
    s.push("web", "sick:v2");
    let outcome = now(&s, "web").exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    assert_eq!(entry(&outcome)["reason"], "gate_failed", "{outcome}");
    web.is_up_with(&old);
    assert_eq!(web.tagged(), old);
    let id = web.id();
    let again = now(&s, "web").exits(0);
    assert_eq!(entry(&again)["reason"], "refused", "{again}");
    assert_eq!(web.id(), id);
}

#[test]
fn an_image_that_exits_or_cannot_be_run_goes_back_whatever_its_unit_does_about_it() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("crash");
    for (name, variant, restart) in
        [("always", "crash", "Restart=always"), ("never", "crash", ""), ("noentry", "noentry", "Restart=on-failure")]
    {
        s.push(name, "ok:v1");
        let web = Quadlet::start(&s, name, "", &format!("{restart}\nStartLimitBurst=2\nStartLimitInterval=600"));
        assert_eq!((web.property("StartLimitBurst"), web.property("StartLimitIntervalUSec")), ("2".into(), "10min".into()));
        let (old, id) = (web.image(), web.id());
        s.push(name, variant);
        let outcome = now(&s, name).exits(1);
        assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
        web.is_up_with(&old);
        assert_ne!(web.id(), id, "it was restarted with the new image, and again with the old one: {outcome}");
        assert_eq!(entry(&now(&s, name).exits(0))["reason"], "refused");
    }
}

#[test]
fn a_unit_that_waits_for_health_goes_back_before_systemd_has_given_up() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("notify");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Notify=healthy", "Restart=always\nTimeoutStartSec=300");
    let old = web.image();
    s.push("web", "sick:v2");
    let outcome = now(&s, "web").exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    assert!(entry(&outcome)["took_seconds"].as_f64().is_some_and(|seconds| seconds < 200.0), "{outcome}");
    web.is_up_with(&old);
    s.push("web", "ok:v3");
    assert_eq!(entry(&now(&s, "web").exits(0))["verdict"], "rotated");
}

#[test]
fn a_health_action_that_kills_the_container_is_a_failed_gate() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("kills");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "HealthOnFailure=kill", "Restart=always");
    let old = web.image();
    s.push("web", "sick:v2");
    let outcome = now(&s, "web").exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    web.is_up_with(&old);
}

#[test]
fn what_was_refused_does_not_come_back_by_a_unit_that_pulls_until_something_newer_is_proved() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("pulls");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=always");
    let old = web.image();
    s.push("web", "sick:v2");
    let agent = || s.agent().on_host().config(FAST);
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    assert!(web.drop_in().is_some_and(|text| text.contains("Pull=never")), "{outcome}");
    // By whomever it is restarted.
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&old);
    // A rotate with another state directory knows nothing of it, and tidies nothing up: what lies there may be what keeps a refused image away.
    s.push("other", "ok:v1");
    s.run("other", &[]);
    let elsewhere = format!("{}/another-state", s.host_dir());
    agent().state_dir(Path::new(&elsewhere)).run(&["now", &s.name("other")]).exits(0);
    assert!(web.drop_in().is_some(), "it is another store's");
    let status = agent().run(&["status", "--json"]).exits(0).json();
    let all = status["containers"].as_array().cloned().unwrap_or_default();
    let row = all.iter().find(|row| row["name"] == web.name.as_str()).cloned().unwrap_or_default();
    assert!(row["note"].as_str().is_some_and(|note| note.contains("50-rotate.conf")), "{row}");
    s.push("web", "ok:v3");
    assert_eq!(entry(&agent().run(&["now", &web.name, "--json"]).exits(0))["verdict"], "rotated");
    assert!(web.drop_in().is_none() && web.is_untouched());
    assert!(web.property("ExecStart").contains("--pull newer"));
}

#[test]
fn a_unit_that_pulls_and_that_a_person_took_back_is_on_the_old_image_after_a_restart_by_hand_too() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("pullsback");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer\nPublishPort=80", "Restart=always");
    let (old, before) = (web.image(), web.drop_in());
    assert!(before.is_none() && web.property("ExecStart").contains("--pull newer"), "{before:?}");
    s.push("web", "ok:v2");
    let agent = || s.agent().on_host().config(FAST);
    assert_eq!(entry(&agent().run(&["now", &web.name, "--json"]).exits(0))["verdict"], "rotated");
    let new = web.image();
    assert!(new != old && web.drop_in().is_none(), "what is proved is not kept from newer");

    let outcome = agent().run(&["rollback", &web.name]).exits(0);
    web.is_up_with(&old);
    assert!(web.drop_in().is_some_and(|text| text.contains("Pull=never")) && web.is_untouched(), "{outcome}");
    // The registry has still what was taken back.
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&old);
    let serves = || s.served(s.port("web"));
    wait_for("v1 is served", LONG, || (serves().as_deref() == Some("v1")).then_some(()));
    assert_eq!(entry(&agent().run(&["now", &web.name, "--json"]).exits(0))["reason"], "refused");
    assert!(web.drop_in().is_some() && web.is_untouched());
}

#[test]
fn the_drop_in_goes_when_a_person_forgets_what_was_refused() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("forget");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=always", "Restart=always");
    let sick = s.push("web", "sick:v2");
    let agent = || s.agent().on_host().config(FAST);
    agent().run(&["now", &web.name]).exits(1);
    assert!(web.drop_in().is_some());
    agent().run(&["refused", "--forget", &web.name]).exits(0);
    // A restart before the next run must not bring it unproved.
    assert!(web.drop_in().is_some());
    let status = agent().run(&["status"]).exits(0);
    assert!(status.stdout.contains("though nothing is refused for it any more"), "{status}");
    // The old image is the newest again: nothing to do but to tidy up.
    s.push("web", "ok:v1");
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(0);
    assert!(web.drop_in().is_none(), "{sick}: {outcome}");
}

#[test]
fn a_unit_that_somebody_restarts_in_the_gate_proves_itself_anew() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("byhand");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    let old = web.image();
    s.push("web", "ok:v2");
    let agent = s.agent().config("min_healthy = \"12s\"\ndeadline = \"60s\"\n").spawn(&["now", &web.name, "--json"]);
    wait_for("the new image runs", LONG, || s.host.try_inspect(&web.name).filter(|found| found["Image"] != old.as_str()));
    let id = wait_for("it is up", LONG, || (web.property("ActiveState") == "active").then(|| web.id()));
    web.systemctl(&["restart", &web.unit()]);
    let outcome = agent.wait(LONG).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    assert_ne!(web.id(), id);
    // As long as it has to be well, counted from the start by hand.
    assert!(since_start(&s, "web") >= 12.0, "{outcome}");
}

#[test]
fn a_unit_that_fails_or_loops_after_its_proof_is_unwell_in_the_status_though_its_container_went_with_it() {
    if lacks(&UNITS) {
        return;
    }
    let say = |s: &Scratch, name: &str| {
        let status = s.agent().config(FAST).run(&["status", "--json"]);
        let all = status.json()["containers"].as_array().cloned().unwrap_or_default();
        let row = all.into_iter().find(|row| row["name"] == name).unwrap_or_default();
        (row["unwell"].as_str().unwrap_or_default().to_owned(), status)
    };
    let s = scratch("unitdead");
    s.push("dead", "nohealth:v1");
    let dead = Quadlet::start(&s, "dead", "", "Restart=no");
    s.push("dead", "late:8");
    assert_eq!(entry(&now(&s, "dead").exits(0))["verdict"], "rotated");
    wait_for("it fails", LONG, || (dead.property("ActiveState") == "failed").then_some(()));
    assert_eq!(entry(&now(&s, "dead").exits(1))["verdict"], "failed_late");
    let (unwell, status) = say(&s, &dead.name);
    assert!(unwell.contains("exited with code 1"), "{status}");
    status.exits(1);

    let s = scratch("unitloops");
    s.push("loops", "nohealth:v1");
    let loops = Quadlet::start(&s, "loops", "", "Restart=always\nRestartSec=1");
    s.push("loops", "late:8");
    assert_eq!(entry(&now(&s, "loops").exits(0))["verdict"], "rotated");
    wait_for("it loops", LONG, || loops.property("NRestarts").parse::<u32>().is_ok_and(|times| times >= 3).then_some(()));
    // In the moment between two containers there is none to look at.
    wait_for("that is told", LONG, || say(&s, &loops.name).0.contains("was restarted").then_some(()));
}
