//! Units of systemd that are left alone, each with its reason; and labels that no unit stands behind.

use super::quadlet::{LONG, Quadlet};
use super::wants::{QUADLET, lacks};
use super::{FAST, described, scratch};
use crate::lab::{Host, Scratch, wait_for};

#[test]
fn a_unit_that_is_edited_or_masked_is_held_until_a_person_has_decided() {
    if lacks(&QUADLET) {
        return;
    }
    // Any other test's `daemon-reload` would make the edit known.
    let s = Scratch::alone(Host::shared(), "edited");
    s.push("web", "nohealth:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    s.push("web", "nohealth:v2");
    let reason = || s.rotate(&["plan", &web.name, "--json"]).exits(0).json()["skipped"][0]["reason"].clone();
    web.write("[Container]\nImage=localhost/other\n");
    assert_eq!(reason(), "unit_edited");
    s.agent().config(FAST).run(&["now", &web.name]).exits(0);
    web.systemctl(&["daemon-reload"]);
    assert_eq!(reason(), "owned_by_unit", "it makes another container now");
    web.systemctl(&["mask", "--runtime", &web.unit()]);
    assert_eq!(reason(), "unit_masked");
}

#[test]
fn a_unit_that_is_on_its_way_up_for_ever_is_held() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("activating");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Notify=healthy", "TimeoutStartSec=infinity");
    s.push("web", "sick:v2");
    s.host.docker(&["pull", "-q", &s.image("web")]);
    web.systemctl(&["restart", "--no-block", &web.unit()]);
    wait_for("it waits for its container", LONG, || {
        let is_running = s.host.try_inspect(&web.name).is_some_and(|found| found["State"]["Running"] == true);
        (is_running && web.property("ActiveState") == "activating").then_some(())
    });
    let id = web.id();
    s.push("web", "ok:v3");
    let plan = s.rotate(&["plan", &web.name, "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "unit_busy", "{plan}");
    s.agent().config(FAST).run(&["now", &web.name]).exits(0);
    assert_eq!(web.id(), id);
}

#[test]
fn a_unit_that_has_failed_is_told_by_the_name_of_its_container_which_is_gone_with_it() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("failed");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=no");
    let now = || s.agent().config(&format!("{FAST}keep_old = \"0s\"\n")).run(&["now", &web.name, "--json"]).exits(0);
    let old = web.image();
    s.push("web", "ok:v2");
    now();
    assert_ne!(web.image(), old);
    // What was kept goes, and with it the open rotation.
    now();
    s.push("web", "crash");
    s.host.docker(&["pull", "-q", &s.image("web")]);
    // Whether the job itself fails depends on the moment.
    drop(s.host.try_systemctl(&["restart", &web.unit()]));
    wait_for("it has failed", LONG, || (web.property("ActiveState") == "failed").then_some(()));
    assert!(s.host.try_inspect(&web.name).is_none(), "a unit's container goes with it");
    s.push("web", "ok:v3");
    let told = now();
    assert_eq!(told.json()["containers"][0]["reason"], "unit_failed", "{told}");
    assert_eq!(web.property("ActiveState"), "failed", "{told}");
}

#[test]
fn a_label_without_a_unit_is_no_owner() {
    let s = scratch("stale");
    s.push("web", "nohealth:v1");
    s.run("web", &["--label", "PODMAN_SYSTEMD_UNIT=podman-compose@nobodys.service"]);
    let id = described(&s, "web")["Id"].clone();
    s.push("web", "nohealth:v2");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_ne!(described(&s, "web")["Id"], id);
    assert_eq!(described(&s, "web")["Config"]["Labels"]["PODMAN_SYSTEMD_UNIT"], "podman-compose@nobodys.service");
}

#[test]
fn without_a_systemd_to_ask_what_may_be_owned_by_it_is_held() {
    let s = scratch("unknown");
    s.push("web", "nohealth:v1");
    s.run("web", &["--label", "PODMAN_SYSTEMD_UNIT=web.service"]);
    let folder = s.host.client_for_the_machine(s.dir());
    std::fs::write(folder.join("systemctl"), "#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n").expect("a file can be written");
    let plan = s.rotate(&["plan", &s.name("web"), "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "owned_by_unit", "{plan}");
}

#[test]
fn a_unit_that_pulls_by_an_option_that_no_drop_in_overrides_is_held() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("podmanargs");
    for (name, option) in [("one", "--pull=always"), ("two", "--pull always"), ("newer", "--pull newer")] {
        s.push(name, "ok:v1");
        let web = Quadlet::start(&s, name, &format!("PodmanArgs={option}"), "Restart=always");
        let id = web.id();
        s.push(name, "ok:v2");
        let plan = s.rotate(&["plan", &web.name, "--json"]).exits(0).json();
        assert_eq!(plan["skipped"][0]["reason"], "unit_pulls", "{option}: {plan}");
        s.agent().config(FAST).run(&["now", &web.name]).exits(0);
        assert!(web.id() == id && web.drop_in().is_none(), "{option}");
    }
}
