//! What a unit calls ready and what `rotate` calls proved: `Notify=`, and images that are ready and die all the same.

use std::thread;
use std::time::Duration;

use super::super::quadlet::{LONG, Quadlet};
use super::super::wants::{QUADLET, UNITS, lacks};
use super::super::{described, scratch};
use super::{PATIENT, asked, entry, now, told};
use crate::lab::{FakeRegistry, wait_for};

/// An image's config with a command that says to systemd that it is ready: the program that writes to `/dev/log` finds systemd's socket there.
fn says_ready() -> String {
    let say = r#"busybox ln -sf "$NOTIFY_SOCKET" /dev/log; busybox logger "$(busybox printf 'up\nREADY=1')""#;
    let command = format!("{say}; trap 'exit 0' TERM; busybox httpd -f -p 80 -h /www & wait");
    serde_json::json!({ "Cmd": [command] }).to_string()
}

#[test]
fn a_unit_whose_container_says_itself_when_it_is_ready_goes_back_if_the_new_one_exits_or_never_says_it() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("says");
    s.push_with("web", "ok:v1", &says_ready());
    let web = Quadlet::start(&s, "web", "Notify=true", "Restart=on-failure\nTimeoutStartSec=90");
    let old = web.image();
    for (image, config) in [("crash", "{}"), ("ok:v2", "{}")] {
        s.push_with("web", image, config);
        let outcome = now(&s, &["web"]).exits(1);
        assert_eq!(entry(&s, &outcome.json(), "web")["verdict"], "rolled_back", "{image}: {outcome}");
        web.is_up_with(&old);
        assert_eq!(web.tagged(), old);
    }
    s.push_with("web", "ok:v3", &says_ready());
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
    assert_ne!(web.image(), old);
    web.is_up_with(&web.image());
}

#[test]
fn an_image_that_dies_a_second_after_its_unit_was_ready_goes_back_and_is_not_tried_again() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("dies");
    for (name, variant, restart) in [("flap", "flap", "Restart=always"), ("late", "late:2", "Restart=no")] {
        s.push(name, "nohealth:v1");
        let web = Quadlet::start(&s, name, "", restart);
        let old = web.image();
        s.push(name, variant);
        let run = || asked(&s, PATIENT, &["now", &web.name, "--json"]);
        let outcome = run().exits(1);
        assert_eq!(entry(&s, &outcome.json(), name)["verdict"], "rolled_back", "{outcome}");
        web.is_up_with(&old);
        let id = web.id();
        assert_eq!(told(&s, &run().exits(0).json(), name), "refused");
        assert_eq!(web.id(), id);
    }
}

#[test]
fn a_good_image_is_never_told_to_have_been_rolled_back() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("good");
    s.push_with("web", "ok:v0", &says_ready());
    let web = Quadlet::start(&s, "web", "Notify=true", "Restart=always");
    s.push("other", "ok:v0");
    let other = Quadlet::start(&s, "other", "Notify=healthy", "Restart=always");
    for version in 1..=3 {
        s.push_with("web", &format!("ok:v{version}"), &says_ready());
        s.push("other", &format!("ok:v{version}"));
        let outcome = now(&s, &["web", "other"]).exits(0);
        for name in ["web", "other"] {
            assert_eq!(told(&s, &outcome.json(), name), "rotated", "{outcome}");
        }
        assert_eq!((web.image(), other.image()), (web.tagged(), other.tagged()));
    }
}

#[test]
fn a_container_that_its_health_action_kills_after_the_gate_comes_back_by_its_unit_with_the_proved_image() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("action");
    s.push("web", "ok:v1");
    let check = "HealthCmd=test ! -e /sick\nHealthInterval=2s\nHealthRetries=1\nHealthOnFailure=kill";
    let web = Quadlet::start(&s, "web", check, "Restart=always");
    s.push("web", "ok:v2");
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
    let (new, id) = (web.image(), web.id());
    s.host.docker(&["exec", &web.name, "touch", "/sick"]);
    wait_for("its unit made another", LONG, || {
        s.host.try_inspect(&web.name).filter(|found| found["Id"] != id.as_str() && found["State"]["Running"] == true)
    });
    web.is_up_with(&new);
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "up_to_date");
}

#[test]
fn a_unit_that_requires_the_updated_one_gets_a_new_container_and_ends_running() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("requires");
    s.push("web", "ok:v1");
    s.push("dep", "nohealth:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    let dep = Quadlet::start(&s, "dep", "", &format!("Restart=always\n[Unit]\nRequires={0}\nAfter={0}", web.unit()));
    for (version, code) in [("ok:v2", 0), ("sick:v3", 1)] {
        let (id, old) = (dep.id(), web.image());
        s.push("web", version);
        let outcome = now(&s, &["web"]).exits(code);
        assert_eq!(web.image() == old, code == 1, "{outcome}");
        let is_another = || s.host.try_inspect(&dep.name).filter(|found| found["Id"] != id.as_str());
        wait_for("the dependent has another container", LONG, is_another);
        dep.is_up_with(&dep.image());
    }
}

#[test]
fn what_a_container_without_a_unit_tells_systemd_stays_as_it_was_said() {
    let s = scratch("modes");
    // The last one is there as long as Quadlet, or longer.
    let modes = ["ignore", "conmon", "container", "healthy"];
    for mode in &modes[..if QUADLET.is_there() { 4 } else { 3 }] {
        s.push(mode, "ok:v1");
        s.run(mode, &["--sdnotify", mode]);
        s.push(mode, "ok:v2");
        let outcome = now(&s, &[mode]).exits(0);
        assert_eq!(told(&s, &outcome.json(), mode), "rotated", "{outcome}");
        assert_eq!(described(&s, mode)["Config"]["sdNotifyMode"], *mode);
    }
}

/// systemd would give up a start that waited for a pull.
#[test]
fn a_pull_that_takes_longer_than_a_unit_may_take_to_start_is_over_before_its_restart() {
    const TO_START: f64 = 20.0;
    const ONE_BLOB: Duration = Duration::from_secs(25);
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("slowpull");
    let registry = FakeRegistry::in_front_of(s.host);
    let image = format!("{}/{}:latest", registry.address(), s.name("web"));
    s.push("web", "ok:v1");
    s.host.docker(&["pull", "-q", &image]);
    let web = Quadlet::start(&s, "web", &format!("Image={image}"), &format!("Restart=always\nTimeoutStartSec={TO_START}"));
    let old = web.image();
    s.push("web", "ok:v2");
    registry.script(|head| {
        if head.target.contains("/blobs/") {
            thread::sleep(ONE_BLOB);
        }
        None
    });
    let outcome = now(&s, &["web"]).exits(0);
    let said = entry(&s, &outcome.json(), "web");
    assert_eq!(said["verdict"], "rotated", "{outcome}");
    assert!(said["took_seconds"].as_f64().is_some_and(|seconds| seconds > ONE_BLOB.as_secs_f64()), "the pull was slow: {outcome}");
    assert!(said["down_time_seconds"].as_f64().is_some_and(|seconds| seconds < TO_START), "{outcome}");
    assert_ne!(web.image(), old);
    web.is_up_with(&web.image());
}
