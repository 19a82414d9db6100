//! Drop-ins that keep a unit from an image: how long they stay, and where they are told.

use std::path::Path;

use serde_json::Value;

use super::quadlet::{LONG, Quadlet};
use super::wants::{QUADLET, lacks};
use super::{FAST, scratch};
use crate::lab::{Outcome, Scratch, wait_for};

fn entry(outcome: &Outcome) -> Value {
    outcome.json()["containers"][0].clone()
}

/// What `rotate status` notes of a container.
fn note(s: &Scratch, name: &str) -> String {
    let status = s.agent().on_host().config(FAST).run(&["status", "--json"]).json();
    let all = status["containers"].as_array().cloned().unwrap_or_default();
    let row = all.into_iter().find(|row| row["name"] == name).unwrap_or_default();
    row["note"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_unit_that_is_kept_on_an_image_follows_the_engines_own_tag_where_the_records_are_lost() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("lostlocal");
    let agent = || s.agent().on_host().config(FAST);
    s.push("web", "nohealth:v1");
    let web = Quadlet::start(&s, "web", "Label=io.containers.autoupdate=local", "Restart=always");
    let old = web.image();
    let pull = |variant: &str| {
        s.push("web", variant);
        s.host.docker(&["pull", "-q", &s.image("web")]);
    };
    pull("crash");
    let outcome = agent().run(&["now", &web.name]).exits(1);
    assert!(web.drop_in().is_some_and(|text| text.contains("Image=localhost/rotate/unit:")), "{outcome}");
    web.is_up_with(&old);

    pull("nohealth:v2");
    let elsewhere = format!("{}/another-state", s.host_dir());
    let outcome = agent().state_dir(Path::new(&elsewhere)).run(&["now", &web.name, "--json"]).exits(0);
    assert_eq!(entry(&outcome)["verdict"], "rotated", "{outcome}");
    assert!(web.drop_in().is_none() && web.is_untouched(), "{outcome}");
    web.is_up_with(&web.tagged());
    assert_ne!(web.image(), old);
}

#[test]
fn a_drop_in_outlives_the_forgetting_until_a_run_has_proved_what_it_keeps_away() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("forgotten");
    s.push("db", "ok:v1");
    s.run("db", &[]);
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=always");
    let old = web.image();
    s.push("web", "sick:v2");
    let agent = || s.agent().on_host().config(FAST);
    agent().run(&["now", &web.name]).exits(1);
    agent().run(&["refused", "--forget", &web.name]).exits(0);
    // Neither does a run of others look at it, nor one that finds it on hold.
    let outcome = agent().run(&["now", &s.name("db")]).exits(0);
    assert!(web.drop_in().is_some(), "{outcome}");
    agent().run(&["hold", &web.name]).exits(0);
    let outcome = agent().run(&["now", &web.name]).exits(0);
    assert!(web.drop_in().is_some(), "{outcome}");
    agent().run(&["release", &web.name]).exits(0);
    // As a boot would.
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&old);
    // It is tried again, and kept away again.
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(1);
    assert_eq!(entry(&outcome)["verdict"], "rolled_back", "{outcome}");
    assert!(web.drop_in().is_some() && web.is_untouched(), "{outcome}");
    web.is_up_with(&old);
}

#[test]
fn a_drop_in_is_told_also_of_a_unit_that_is_down_and_has_no_container() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("downtold");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=always");
    s.push("web", "sick:v2");
    let agent = || s.agent().on_host().config(FAST);
    agent().run(&["now", &web.name]).exits(1);
    web.systemctl(&["stop", &web.unit()]);
    wait_for("its container is gone", LONG, || s.host.try_inspect(&web.name).is_none().then_some(()));
    let told = note(&s, &web.name);
    assert!(told.contains("50-rotate.conf keeps its unit from pulling what is refused"), "{told}");
    // Forgotten or not, it is what its next start meets.
    agent().run(&["refused", "--forget", &web.name]).exits(0);
    let told = note(&s, &web.name);
    assert!(told.contains("50-rotate.conf") && told.contains("nothing is refused"), "{told}");
}
