//! Units that hang together with others: with the one that fetches their image, with one that runs the same tag, with one whose network they share, with one
//! that comes up before them.

use std::fs;

use super::quadlet::{LONG, Quadlet};
use super::wants::{QUADLET, UNITS, lacks};
use super::{FAST, scratch};
use crate::lab::{Outcome, Scratch, wait_for};
use serde_json::Value;

fn entry(outcome: &Outcome) -> Value {
    outcome.json()["containers"][0].clone()
}

#[test]
fn what_was_refused_does_not_come_back_by_the_unit_that_fetches_the_image() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("image");
    s.push("web", "ok:v1");
    let (name, image) = (s.name("web"), s.image("web"));
    let file = s.host.write_unit(&format!("{}/{name}.image", s.host.quadlets()), &format!("[Image]\nImage={image}\n"));
    let web = Quadlet::start(&s, "web", &format!("Image={name}.image"), "Restart=always");
    let old = web.image();
    let agent = || s.agent().on_host().config(FAST);
    s.push("web", "sick:v2");
    let outcome = agent().run(&["now", &name, "--json"]).exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    let drop_in = s.host.path(&format!("{}/{name}-image.service.d/50-rotate.conf", s.host.units()));
    assert!(drop_in.exists(), "{outcome}");
    // As a boot would.
    web.systemctl(&["stop", &web.unit(), &format!("{name}-image.service")]);
    web.systemctl(&["start", &web.unit()]);
    web.is_up_with(&old);
    s.push("web", "ok:v3");
    assert_eq!(entry(&agent().run(&["now", &name, "--json"]).exits(0))["verdict"], "rotated");
    assert!(!drop_in.exists() && web.drop_in().is_none() && web.is_untouched());
    fs::remove_file(&file).expect("it was there");
}

#[test]
fn what_a_unit_starts_by_its_name_is_held_and_the_unit_named() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("byname");
    s.push("web", "nohealth:v1");
    let name = s.name("web");
    s.host.docker(&["create", "--name", &name, &s.image("web")]);
    let text = s.host.docker(&["generate", "systemd", "--name", &name]);
    let unit = format!("{name}.service");
    let file = s.host.write_unit(&format!("{}/{unit}", s.host.units()), &text);
    let systemctl = |args: &[&str]| s.host.systemctl(args);
    systemctl(&["daemon-reload"]);
    systemctl(&["start", &unit]);
    let before = s.host.inspect(&name);
    assert_eq!(before["State"]["Running"], true, "{text}");
    s.push("web", "nohealth:v2");
    let held = s.agent().config(FAST).run(&["now", &name, "--json"]).exits(0);
    assert_eq!(entry(&held)["reason"], "owned_by_unit", "{held}");
    assert!(entry(&held)["message"].as_str().is_some_and(|message| message.contains(&unit)), "{held}");
    assert_eq!(s.host.inspect(&name)["Id"], before["Id"]);
    systemctl(&["stop", &unit]);
    fs::remove_file(&file).expect("it was there");
    systemctl(&["daemon-reload"]);
    // Nobody's now.
    s.host.docker(&["start", &name]);
    assert_eq!(entry(&s.agent().config(FAST).run(&["now", &name, "--json"]).exits(0))["verdict"], "rotated");
}

#[test]
fn what_an_enabled_unit_will_start_by_its_name_at_the_next_boot_is_held_though_it_is_down_now() {
    let s = scratch("byname-down");
    s.push("web", "nohealth:v1");
    let id = s.run("web", &[]);
    let name = s.name("web");
    let text = s.host.docker(&["generate", "systemd", "--name", &name]);
    // The lab boots its hosts to another target than the default one, which others boot to.
    let text = if s.host.is_rootless() { text } else { text.replace("WantedBy=default.target", "WantedBy=multi-user.target") };
    let unit = format!("{name}.service");
    let file = s.host.write_unit(&format!("{}/{unit}", s.host.units()), &text);
    let systemctl = |args: &[&str]| s.host.systemctl(args);
    systemctl(&["daemon-reload"]);
    systemctl(&["enable", &unit]);
    assert_eq!(systemctl(&["show", &unit, "-p", "ActiveState", "--value"]), "inactive", "{text}");
    s.push("web", "nohealth:v2");
    let held = s.agent().on_host().config(FAST).run(&["now", &name, "--json"]).exits(0);
    systemctl(&["disable", &unit]);
    fs::remove_file(&file).expect("it was there");
    systemctl(&["daemon-reload"]);
    assert_eq!(entry(&held)["reason"], "owned_by_unit", "{held}");
    assert!(entry(&held)["message"].as_str().is_some_and(|message| message.contains(&unit)), "{held}");
    assert_eq!(s.host.inspect(&name)["Id"], id.as_str());
}

#[test]
fn what_a_unit_makes_and_removes_by_its_name_without_a_label_is_held_and_untouched() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("byhand");
    s.push("web", "nohealth:v1");
    let (name, image) = (s.name("web"), s.image("web"));
    s.host.docker(&["pull", "-q", &image]);
    let unit = format!("{name}.service");
    let text = format!(
        "[Service]\nRestart=always\nExecStartPre=-/usr/bin/podman rm -f {name}\nExecStart=/usr/bin/podman run --name {name} {image}\n\
         ExecStop=/usr/bin/podman stop -t 1 {name}\n"
    );
    let file = s.host.write_unit(&format!("{}/{unit}", s.host.units()), &text);
    let systemctl = |args: &[&str]| s.host.systemctl(args);
    systemctl(&["daemon-reload"]);
    systemctl(&["start", &unit]);
    let runs = || s.host.try_inspect(&name).filter(|found| found["State"]["Running"] == true);
    let before = wait_for("it runs", LONG, runs);
    s.push("web", "nohealth:v2");
    let held = s.agent().on_host().config(FAST).run(&["now", &name, "--json"]);
    let (after, restarts) = (s.host.try_inspect(&name), systemctl(&["show", &unit, "-p", "NRestarts", "--value"]));
    systemctl(&["stop", &unit]);
    fs::remove_file(&file).expect("it was there");
    systemctl(&["daemon-reload"]);
    let held = held.exits(0);
    assert!(before["Config"]["Labels"]["PODMAN_SYSTEMD_UNIT"].is_null(), "{before}");
    assert_eq!(entry(&held)["reason"], "owned_by_unit", "{held}");
    let message = entry(&held)["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(&unit) && message.contains("makes another container of this name"), "{held}");
    let after = after.expect("it is still there");
    assert_eq!((&after["Id"], &after["State"]["Running"]), (&before["Id"], &Value::from(true)), "{held}");
    assert_eq!(restarts, "0", "{held}");
}

#[test]
fn a_unit_of_generate_systemd_is_rotated_and_goes_back() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("generated");
    s.push("web", "ok:v1");
    let (name, image) = (s.name("web"), s.image("web"));
    s.host.docker(&["create", "--name", &name, &image]);
    let text = s.host.docker(&["generate", "systemd", "--new", "--name", &name]);
    s.host.docker(&["rm", &name]);
    let unit = format!("{name}.service");
    let file = s.host.write_unit(&format!("{}/{unit}", s.host.units()), &text);
    let systemctl = |args: &[&str]| s.host.systemctl(args);
    systemctl(&["daemon-reload"]);
    systemctl(&["start", &unit]);
    let runs = || wait_for("it runs", LONG, || s.host.try_inspect(&name))["Image"].clone();
    let old = runs();
    s.push("web", "sick:v2");
    let outcome = s.agent().config(FAST).run(&["now", &name, "--json"]).exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    assert_eq!(runs(), old);
    s.push("web", "ok:v3");
    assert_eq!(entry(&s.agent().config(FAST).run(&["now", &name, "--json"]).exits(0))["verdict"], "rotated");
    assert_ne!(runs(), old);
    systemctl(&["stop", &unit]);
    fs::remove_file(&file).expect("it was there");
    systemctl(&["daemon-reload"]);
}

#[test]
fn a_tag_does_not_move_for_one_unit_to_what_failed_in_another() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("shared");
    s.push("a", "ok:v1");
    let a = Quadlet::start(&s, "a", "", "Restart=always");
    let b = Quadlet::start(&s, "b", &format!("Image={}", s.image("a")), "Restart=always");
    s.push("a", "sick:v2");
    let outcome = s.agent().config(FAST).run(&["now", &a.name, "--json"]).exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    let plan = s.rotate(&["plan", &b.name, "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "refused", "{plan}");
    assert!(plan["skipped"][0]["message"].as_str().is_some_and(|message| message.contains(&a.name)), "{plan}");
}

#[test]
fn a_unit_whose_network_others_share_is_rotated_and_they_are_made_anew_with_it() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("network");
    s.push("base", "ok:v1");
    s.push("side", "nohealth:v1");
    let base = Quadlet::start(&s, "base", "", "Restart=always");
    let side = Quadlet::start(&s, "side", &format!("Network={}.container\nEntrypoint=sleep\nExec=100000", base.name), "Restart=always");
    side.is_up_with(&side.image());
    let (old, id) = (base.image(), side.id());
    s.push("base", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &base.name, "--json"]).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    assert_ne!(base.image(), old);
    side.is_up_with(&side.image());
    assert_ne!(side.id(), id, "it was in the old one's network");
}

/// A unit that another one waits for, as a user's units do for the network: it is done at once while its file is empty, and never before so many seconds.
struct Before<'a> {
    web: &'a str,
    s: &'a Scratch,
}

impl<'a> Before<'a> {
    fn write(s: &'a Scratch, web: &'a str) -> Self {
        let before = Self { web, s };
        before.takes(0);
        let text = format!("[Service]\nType=oneshot\nTimeoutStartSec=90\nExecStart=/bin/sh -c 'sleep $(cat {})'\n", before.file("seconds"));
        s.host.write_unit(&before.file("service"), &text);
        before
    }

    fn file(&self, kind: &str) -> String {
        format!("{}/{}-before.{kind}", self.s.host.units(), self.web)
    }

    fn takes(&self, seconds: u64) {
        self.s.host.write_unit(&self.file("seconds"), &format!("{seconds}\n"));
    }
}

impl Drop for Before<'_> {
    fn drop(&mut self) {
        for kind in ["service", "seconds"] {
            let _ = fs::remove_file(self.s.host.path(&self.file(kind)));
        }
        let _ = self.s.host.try_systemctl(&["daemon-reload"]);
    }
}

/// The old image would have to wait for the same: seen for 90 s where a user's systemd never hears of the network.
#[test]
fn a_unit_that_waits_for_another_one_longer_than_its_own_time_is_no_failed_image() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("before");
    s.push("web", "ok:v1");
    let name = s.name("web");
    let before = Before::write(&s, &name);
    let web = Quadlet::start(&s, "web", "", &format!("Restart=always\n[Unit]\nWants={name}-before.service\nAfter={name}-before.service"));
    before.takes(50);
    s.push("web", "ok:v2");
    // With the twenty seconds that it may take to stop, thirty in all.
    let outcome = s.agent().config("min_healthy = \"1s\"\ndeadline = \"10s\"\n").run(&["now", &name, "--json"]).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    assert!(entry(&outcome)["down_time_seconds"].as_f64().is_some_and(|seconds| seconds > 40.0), "it did wait: {outcome}");
    before.takes(0);
    web.is_up_with(&web.image());
}

/// As where another `podman` holds the store for so long.
#[test]
fn an_image_of_which_nothing_ran_before_systemd_gave_its_start_up_is_tried_again() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("gaveup");
    s.push("web", "ok:v1");
    let hold = format!("{}/{}.hold", s.host.units(), s.name("web"));
    let one_that_hangs = format!("ExecStartPre=/bin/sh -c 'if rm {hold}; then exec sleep 60; fi'");
    let web = Quadlet::start(&s, "web", "", &format!("Restart=no\nTimeoutStartSec=5\n{one_that_hangs}"));
    let old = web.image();
    s.push("web", "ok:v2");
    s.host.write_unit(&hold, "");
    let agent = || s.agent().config(FAST);
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(1);
    assert_eq!(entry(&outcome)["reason"], "engine_refused", "{outcome}");
    web.is_up_with(&old);
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    assert_ne!(web.image(), old);
}
