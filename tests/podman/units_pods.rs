//! Members of a pod that systemd makes.

use serde_json::Value;

use super::quadlet::{LONG, Quadlet, QuadletPod};
use super::wants::{QUADLET, lacks};
use super::{FAST, scratch};
use crate::lab::{Outcome, Scratch, wait_for};

fn now(s: &Scratch, name: &str) -> Outcome {
    s.agent().config(FAST).run(&["now", name, "--json"])
}

fn entry(outcome: &Outcome) -> Value {
    outcome.json()["containers"][0].clone()
}

#[track_caller]
fn held(s: &Scratch, name: &str) -> Value {
    s.rotate(&["plan", name, "--json"]).exits(0).json()["skipped"][0].clone()
}

/// A container, and since when it runs: another after each start.
#[track_caller]
fn start_of(s: &Scratch, name: &str) -> (Value, Value) {
    let found = s.host.inspect(name);
    (found["Id"].clone(), found["State"]["StartedAt"].clone())
}

/// A neighbour in the pod.
#[track_caller]
fn side<'a>(s: &'a Scratch, pod: &QuadletPod) -> Quadlet<'a> {
    s.push("side", "nohealth:v1");
    Quadlet::start(s, "side", &format!("{}\nEntrypoint=sleep\nExec=100000", pod.line()), "Restart=always")
}

#[test]
fn a_member_of_a_quadlet_pod_is_rotated_by_its_own_unit_and_goes_back_and_the_pod_goes_on() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("qpod");
    s.push("web", "ok:v1");
    let pod = QuadletPod::write(&s, "pod", "PublishPort=80");
    let web = Quadlet::start(&s, "web", &pod.line(), "Restart=always");
    let side = side(&s, &pod);
    let infra = format!("{}-infra", pod.name);
    let others = || (start_of(&s, &infra), start_of(&s, &side.name), web.systemctl(&["show", &pod.unit(), "-p", "InvocationID"]));
    let port = s.host.docker(&["port", &infra, "80"]);
    let port = port.rsplit(':').next().and_then(|port| port.parse().ok()).expect("the pod publishes a port");
    let (old, before) = (web.image(), others());
    s.push("web", "sick:v2");
    let outcome = now(&s, &web.name).exits(1);
    assert_eq!(entry(&outcome)["reason"], "gate_failed", "{outcome}");
    web.is_up_with(&old);
    assert_eq!((web.tagged(), others()), (old.clone(), before.clone()));
    assert_eq!(entry(&now(&s, &web.name).exits(0))["reason"], "refused");
    s.push("web", "ok:v3");
    let outcome = now(&s, &web.name).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    assert_eq!((s.served(port).as_deref(), others()), (Some("v3"), before.clone()));
    assert!(web.image() != old && web.is_untouched());
    s.agent().config(FAST).run(&["rollback", &web.name]).exits(0);
    web.is_up_with(&old);
    assert_eq!((s.served(port).as_deref(), others()), (Some("v1"), before));
    // The pod's unit stops and starts all of it, as before.
    let sides = side.image();
    web.systemctl(&["stop", &pod.unit()]);
    wait_for("all of the pod is gone", LONG, || {
        let names = [&infra, &web.name, &side.name];
        names.iter().all(|name| s.host.try_inspect(name).is_none()).then_some(())
    });
    web.systemctl(&["start", &pod.unit()]);
    web.is_up_with(&old);
    side.is_up_with(&sides);
}

#[test]
fn the_only_member_of_a_quadlet_pod_is_rotated_and_goes_back_with_its_pod_which_stops_each_time() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("qpod-one");
    // It has to be killed: what systemd says of its end is not to be taken for the new image's.
    s.push("web", "stubborn:v1");
    // Each start of the container is one of its pod.
    let pod = QuadletPod::write(&s, "pod", "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=600");
    let web = Quadlet::start(&s, "web", &format!("{}\nPodmanArgs=--stop-timeout=1", pod.line()), "Restart=always");
    let infra = format!("{}-infra", pod.name);
    let (old, before) = (web.image(), start_of(&s, &infra));
    s.push("web", "ok:v2");
    let outcome = now(&s, &web.name).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    let new = web.image();
    web.is_up_with(&new);
    assert_ne!((&new, start_of(&s, &infra).0), (&old, before.0));
    for variant in ["sick:v3", "crash"] {
        s.push("web", variant);
        let outcome = now(&s, &web.name).exits(1);
        assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{variant}: {outcome}");
        assert_eq!(entry(&outcome)["reason"], "gate_failed", "{variant}: {outcome}");
        web.is_up_with(&new);
        assert_eq!(web.systemctl(&["is-active", &pod.unit()]), "active");
    }
}

#[test]
fn the_last_member_that_runs_of_a_quadlet_pod_is_held_as_its_pod_would_bring_up_what_somebody_stopped() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("qpod-last");
    s.push("web", "nohealth:v1");
    let pod = QuadletPod::write(&s, "pod", "");
    let web = Quadlet::start(&s, "web", &pod.line(), "Restart=always");
    let side = side(&s, &pod);
    let before = start_of(&s, &web.name);
    web.systemctl(&["stop", &side.unit()]);
    s.push("web", "nohealth:v2");
    let skipped = held(&s, &web.name);
    assert_eq!(skipped["reason"], "in_pod", "{skipped}");
    assert!(skipped["message"].as_str().is_some_and(|message| message.contains(&pod.unit())), "{skipped}");
    now(&s, &web.name);
    assert_eq!(start_of(&s, &web.name), before);
    web.systemctl(&["start", &side.unit()]);
    assert_eq!(entry(&now(&s, &web.name).exits(0))["verdict"], "rotated");
}

/// What has a pod go on without members: a key of its file from Podman 5.6 on.
fn goes_on(s: &Scratch) -> &'static str {
    if s.host.engine().starts_with("podman-5.4") { "PodmanArgs=--exit-policy=continue" } else { "ExitPolicy=continue" }
}

#[test]
fn the_last_member_that_runs_of_a_quadlet_pod_that_goes_on_without_any_is_rotated_and_goes_back_in_it() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("qpod-goes-on");
    s.push("web", "ok:v1");
    let pod = QuadletPod::write(&s, "pod", goes_on(&s));
    let web = Quadlet::start(&s, "web", &pod.line(), "Restart=always");
    let side = side(&s, &pod);
    assert_eq!(s.host.docker(&["pod", "inspect", &pod.name, "--format", "{{.ExitPolicy}}"]), "continue");
    web.systemctl(&["stop", &side.unit()]);
    let infra = format!("{}-infra", pod.name);
    let around = || {
        let is_side_down = s.host.try_inspect(&side.name).is_none() && side.property("ActiveState") != "active";
        (start_of(&s, &infra), web.systemctl(&["show", &pod.unit(), "-p", "InvocationID"]), is_side_down)
    };
    let (old, before) = (web.image(), around());
    assert!(before.2, "somebody stopped it");
    for (variant, code, verdict) in [("sick:v2", 1, "rolled_back"), ("ok:v3", 0, "rotated")] {
        s.push("web", variant);
        let outcome = now(&s, &web.name).exits(code);
        assert_eq!(entry(&outcome)["verdict"], verdict, "{outcome}");
        web.is_up_with(&web.image());
        assert_eq!((web.image() == old, around()), (code == 1, before.clone()), "{outcome}");
    }
    assert!(web.is_untouched());
}
