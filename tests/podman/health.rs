//! Health as Podman alone has it: checks of the start, and what it does to a container that is not well while it is being proved.

use serde_json::Value;

use super::quadlet::{LONG, Quadlet};
use super::wants::{START_CHECKS, UNITS, lacks};
use super::{FAST, described, scratch};
use crate::lab::{Action, Fault, FaultProxy, Scratch, wait_for};

/// Passes in the old image, and not in the new one.
const OLD_ONLY: &str = "/bin/busybox grep -q v1 /www/index.html";

/// Rotates to `variant` and back, after which the old container was found to run.
#[track_caller]
fn goes_back(s: &Scratch, name: &str, variant: &str, options: &[&str], config: &str) {
    s.push(name, "ok:v1");
    s.run(name, options);
    let id = described(s, name)["Id"].clone();
    s.push(name, variant);
    let now = || s.agent().config(config).run(&["now", &s.name(name), "--json"]);
    let outcome = now().exits(1);
    let entry = outcome.json()["containers"][0].clone();
    assert_eq!((&entry["verdict"], &entry["reason"]), (&"rolled_back".into(), &"gate_failed".into()), "{options:?}: {outcome}");
    let found = described(s, name);
    assert_eq!((&found["Id"], &found["State"]["Running"]), (&id, &true.into()), "{options:?}: {outcome}");
    let again = now().exits(0);
    assert_eq!(again.json()["containers"][0]["reason"], "refused", "{options:?}: {again}");
}

#[test]
fn a_health_action_that_kills_stops_or_restarts_a_plain_container_is_a_failed_gate() {
    let s = scratch("actions");
    for action in ["none", "kill", "stop", "restart"] {
        goes_back(&s, action, "sick:v2", &["--health-on-failure", action, "--stop-timeout", "1"], FAST);
    }
}

/// Must pass three times, two seconds apart.
const THRICE: [&str; 6] = ["--health-startup-cmd", "true", "--health-startup-interval", "2s", "--health-startup-success", "3"];

/// How long the container runs by now; the host has the clock of this machine.
#[track_caller]
pub fn since_start(s: &Scratch, name: &str) -> f64 {
    let started_at: jiff::Timestamp = described(s, name)["State"]["StartedAt"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    jiff::Timestamp::now().duration_since(started_at).as_secs_f64()
}

#[test]
fn a_check_of_the_start_that_takes_its_time_is_no_failure() {
    if lacks(&START_CHECKS) {
        return;
    }
    let s = scratch("startup");
    s.push("web", "ok:v1");
    s.run("web", &THRICE);
    let id = described(&s, "web")["Id"].clone();
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    let seconds = since_start(&s, "web");
    let entry = &outcome.json()["containers"][0];
    assert_eq!(entry["verdict"], "rotated", "{outcome}");
    assert!(seconds >= 4.0, "proved before its start was, {seconds} s after it: {outcome}");
    let web = described(&s, "web");
    assert_ne!(web["Id"], id);
    assert_eq!(web["State"]["Health"]["Status"], "healthy");
}

#[test]
fn a_unit_is_proved_when_its_check_of_the_start_has_passed_as_often_as_it_must() {
    if lacks(&START_CHECKS) {
        return;
    }
    let s = scratch("startup-unit");
    s.push("web", "ok:v1");
    let unit = Quadlet::start(&s, "web", "HealthStartupCmd=true\nHealthStartupInterval=2s\nHealthStartupSuccess=3", "");
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &unit.name, "--json"]).exits(0);
    let seconds = since_start(&s, "web");
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
    assert!(seconds >= 4.0, "proved before its start was, {seconds} s after it: {outcome}");
}

#[test]
fn a_check_of_the_start_that_never_passes_is_a_failed_gate_also_where_podman_restarts_for_it() {
    if lacks(&START_CHECKS) {
        return;
    }
    let s = scratch("startup-bad");
    let gate = "min_healthy = \"1s\"\ndeadline = \"15s\"\n";
    for (name, retries) in [("never", "0"), ("twice", "2")] {
        let options = ["--health-startup-cmd", OLD_ONLY, "--health-startup-interval", "1s", "--health-startup-retries", retries];
        goes_back(&s, name, "ok:v2", &options, gate);
    }
}

/// Of a container's health checks.
#[track_caller]
fn timers(s: &Scratch, id: &Value) -> usize {
    let id = id.as_str().unwrap_or_default();
    let listed = s.host.systemctl(&["list-units", "--all", "--plain", "--no-legend", "--type=timer", &format!("{id}*")]);
    listed.lines().count()
}

/// Only what has the name is checked, and not what had it.
#[track_caller]
fn is_checked_in_place_of(s: &Scratch, old: &Value) {
    wait_for("the old one is not checked any more", LONG, || (timers(s, old) == 0).then_some(()));
    assert_eq!(timers(s, &described(s, "web")["Id"]), 1, "the health check of the new one");
}

#[test]
fn the_timers_of_the_old_container_are_gone_after_the_switch() {
    let s = scratch("timers");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let old = described(&s, "web")["Id"].clone();
    assert_eq!(timers(&s, &old), 1, "the health check of the old one");
    s.push("web", "ok:v2");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    is_checked_in_place_of(&s, &old);
}

#[test]
fn the_timers_of_a_unit_s_old_container_are_gone_after_its_restart() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("unit-timers");
    s.push("web", "ok:v1");
    let unit = Quadlet::start(&s, "web", "", "Restart=always");
    for (variant, code) in [("sick:v2", 1), ("ok:v3", 0)] {
        let old = Value::from(unit.id());
        wait_for("the old one is checked", LONG, || (timers(&s, &old) == 1).then_some(()));
        s.push("web", variant);
        s.agent().config(FAST).run(&["now", &unit.name]).exits(code);
        is_checked_in_place_of(&s, &old);
    }
}

#[test]
fn a_container_that_is_being_checked_is_stopped_and_rotated_all_the_same() {
    let s = scratch("checking");
    s.push("web", "ok:v1");
    let check = "touch /checking; sleep 3; /bin/busybox rm -f /checking";
    s.run("web", &["--health-cmd", check, "--health-interval", "1s", "--health-timeout", "20s"]);
    let old = described(&s, "web")["Id"].clone();
    s.push("web", "ok:v2");
    s.host.wake();
    let proxy = FaultProxy::start(&s.host.socket());
    let (host, web) = (s.host, s.name("web"));
    let in_a_check = move || {
        wait_for("a check is under way", LONG, || host.try_docker(&["exec", &web, "test", "-e", "/checking"]).ok());
    };
    proxy.at_path("/stop", 1, Fault::Before(Action::Run(Box::new(in_a_check))));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    assert_eq!((&outcome.json()["containers"][0]["verdict"], proxy.done()), (&"rotated".into(), 1), "{outcome}");
    let kept = s.host.inspect(old.as_str().unwrap_or_default());
    assert_eq!(kept["State"]["Running"], false, "{outcome}");
    is_checked_in_place_of(&s, &old);
}

#[test]
fn what_has_a_healthcheck_that_nobody_makes_is_held_before_anything_is_touched_and_with_a_probe_is_rotated() {
    let s = scratch("unchecked");
    let image = s.image("web");
    s.push("web", "nohealth:v1");
    // As it is on a host without systemd.
    let run =
        "DISABLE_HC_SYSTEMD=true podman run -d --pull always --health-cmd true --health-interval 1s --health-timeout 1s --health-retries 1";
    for (name, label) in [("web", "a=b"), ("probed", "rotate.health.exec=true")] {
        let output = s.host.exec(&["sh", "-c", &format!("{run} --name {} --label '{label}' {image}", s.name(name))]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let (web, probed) = (described(&s, "web"), described(&s, "probed"));
    s.push("web", "nohealth:v2");
    let now = |name: &str, code: i32| s.agent().on_host().config(FAST).run(&["now", &s.name(name), "--json"]).exits(code);
    // Two intervals and timeouts, and ten seconds.
    wait_for("it has run for longer than a gate would", LONG, || (since_start(&s, "web") > 15.0).then_some(()));
    let outcome = now("web", 0);
    let entry = &outcome.json()["containers"][0];
    assert_eq!(entry["reason"], "unchecked", "{outcome}");
    assert!(entry["help"].as_str().is_some_and(|help| help.contains("systemd") && help.contains("rotate.health.exec")), "{outcome}");
    let found = described(&s, "web");
    assert_eq!((&found["Id"], &found["State"]["StartedAt"]), (&web["Id"], &web["State"]["StartedAt"]), "{outcome}");
    let outcome = now("probed", 0);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
    assert_ne!(described(&s, "probed")["Id"], probed["Id"], "{outcome}");
}
