//! Units that start from one tag: what is done to one of them, or to another container of that tag, is in the next start of the others.

use std::path::Path;

use serde_json::Value;

use super::quadlet::Quadlet;
use super::wants::{QUADLET, UNITS, lacks};
use super::{FAST, scratch};
use crate::lab::{Outcome, Scratch};

/// A second unit of the image of `a`, which takes only what says `v1`.
fn of_the_same_tag<'a>(s: &'a Scratch, container: &str) -> Quadlet<'a> {
    let image = s.image("a");
    let health = "HealthCmd=/bin/busybox grep -q v1 /www/index.html\nHealthInterval=1s\nHealthRetries=2";
    Quadlet::start(s, "b", &format!("Image={image}\n{health}\n{container}"), "")
}

fn of(outcome: &Outcome, list: &str, name: &str) -> Value {
    let document = outcome.json();
    let all = document[list].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|row| row["name"] == name).unwrap_or_default()
}

#[test]
fn what_one_unit_has_proved_stays_its_own_where_it_is_sick_in_another_of_the_same_tag() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("shared");
    s.push("a", "nohealth:v1");
    let (a, b) = (Quadlet::start(&s, "a", "", ""), of_the_same_tag(&s, ""));
    let old = b.image();
    s.push("a", "nohealth:v2");
    let agent = || s.agent().on_host().config(FAST);
    let outcome = agent().run(&["now", &a.name, &b.name, "--json"]).exits(1);
    assert_eq!(of(&outcome, "containers", &a.name)["verdict"], "rotated", "{outcome}");
    assert_eq!(of(&outcome, "containers", &b.name)["verdict"], "rolled_back", "{outcome}");
    let new = a.image();
    assert_ne!(new, old);
    b.is_up_with(&old);
    assert_eq!(a.tagged(), new);
    // By whomever they are started, and whatever was tidied up: as at a boot.
    s.host.docker(&["image", "prune", "-f"]);
    for (unit, image) in [(&a, &new), (&b, &old)] {
        unit.systemctl(&["restart", &unit.unit()]);
        unit.is_up_with(image);
        assert!(unit.is_untouched());
    }
    let plan = agent().run(&["plan", &b.name, "--json"]).exits(0);
    let told = of(&plan, "skipped", &b.name);
    assert_eq!((&told["reason"], &told["image"]), (&Value::from("refused"), &Value::from(s.image("a"))), "{plan}");
    // What is newer, and well in both.
    s.push("a", "nohealth:v1-again");
    let outcome = agent().run(&["now", &a.name, &b.name, "--json"]).exits(0);
    assert_eq!(of(&outcome, "containers", &b.name)["verdict"], "rotated", "{outcome}");
    assert!(b.drop_in().is_none() && b.is_untouched(), "{outcome}");
    b.systemctl(&["restart", &b.unit()]);
    b.is_up_with(&a.tagged());
}

#[test]
fn a_unit_that_is_kept_on_an_image_follows_what_its_own_file_asks_for_where_the_records_are_lost() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("sharedlost");
    s.push("a", "nohealth:v1");
    let (a, b) = (Quadlet::start(&s, "a", "", ""), of_the_same_tag(&s, ""));
    s.push("a", "nohealth:v2");
    let agent = || s.agent().on_host().config(FAST);
    let outcome = agent().run(&["now", &a.name, &b.name]).exits(1);
    assert!(b.drop_in().is_some_and(|text| text.contains("Image=localhost/rotate/unit:")), "{outcome}");
    s.push("a", "nohealth:v1-again");
    let elsewhere = format!("{}/another-state", s.host_dir());
    let outcome = agent().state_dir(Path::new(&elsewhere)).run(&["now", &a.name, &b.name, "--json"]).exits(0);
    assert_eq!(of(&outcome, "containers", &b.name)["verdict"], "rotated", "{outcome}");
    assert!(b.drop_in().is_none() && b.is_untouched(), "{outcome}");
    b.is_up_with(&a.tagged());
}

#[test]
fn an_image_that_is_sick_in_one_unit_is_not_tried_in_the_next_of_its_tag_though_the_run_goes_on() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("sicktwice");
    s.push("a", "ok:v1");
    let a = Quadlet::start(&s, "a", "", "");
    let b = Quadlet::start(&s, "b", &format!("Image={}", s.image("a")), "");
    let (old, id) = (b.image(), b.id());
    s.push("a", "sick:v2");
    let agent = s.agent().on_host().config(&format!("{FAST}on_failure = \"continue\"\n"));
    let outcome = agent.run(&["now", &a.name, &b.name, "--json"]).exits(1);
    assert_eq!(of(&outcome, "containers", &a.name)["verdict"], "rolled_back", "{outcome}");
    assert_eq!(of(&outcome, "containers", &b.name)["verdict"], "withdrawn", "{outcome}");
    assert_eq!((b.id(), a.tagged()), (id, old.clone()), "{outcome}");
    a.is_up_with(&old);
    // As a boot would.
    b.systemctl(&["restart", &b.unit()]);
    b.is_up_with(&old);
}

#[test]
fn a_tag_is_not_moved_under_a_unit_on_hold_and_whom_it_moves_as_well_is_told() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("holdshared");
    s.push("a", "nohealth:v1");
    let (a, b) = (Quadlet::start(&s, "a", "", ""), of_the_same_tag(&s, ""));
    s.push("a", "nohealth:v2");
    let agent = || s.agent().on_host().config(FAST);
    agent().run(&["hold", &b.name]).exits(0);
    let plan = agent().run(&["plan", &a.name, "--json"]).exits(0);
    assert_eq!(of(&plan, "skipped", &a.name)["reason"], "shares_tag", "{plan}");
    let id = a.id();
    agent().run(&["now", &a.name]).exits(0);
    assert_eq!(a.id(), id);
    agent().run(&["release", &b.name]).exits(0);
    let plan = agent().run(&["plan", &a.name, "--json"]).exits(0);
    assert_eq!(of(&plan, "rotations", &a.name)["also_moves"], Value::from(vec![b.name.clone()]), "{plan}");
    assert_eq!(of(&plan, "rotations", &a.name)["service"], a.unit(), "{plan}");
    agent().run(&["now", &a.name]).exits(0);
    let note = of(&agent().run(&["status", "--json"]).exits(0), "containers", &b.name)["note"].clone();
    assert!(note.as_str().is_some_and(|note| note.contains("next start")), "{note}");
}

#[test]
fn a_tag_is_not_moved_under_a_unit_on_hold_for_a_container_that_no_unit_makes_either() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("plainshared");
    s.push("a", "nohealth:v1");
    let a = s.name("a");
    let first = s.run("a", &[]);
    let b = of_the_same_tag(&s, "");
    let old = b.image();
    s.push("a", "nohealth:v2");
    let agent = || s.agent().on_host().config(FAST);
    agent().run(&["hold", &b.name]).exits(0);
    let plan = agent().run(&["plan", &a, "--json"]).exits(0);
    assert_eq!(of(&plan, "skipped", &a)["reason"], "shares_tag", "{plan}");
    agent().run(&["now", &a]).exits(0);
    assert_eq!(s.host.inspect(&a)["Id"], first.as_str());
    // As at a boot.
    b.systemctl(&["restart", &b.unit()]);
    b.is_up_with(&old);
    agent().run(&["release", &b.name]).exits(0);
    let plan = agent().run(&["plan", &a, "--json"]).exits(0);
    assert_eq!(of(&plan, "rotations", &a)["also_moves"], Value::from(vec![b.name.clone()]), "{plan}");
    let outcome = agent().run(&["now", &a, "--json"]).exits(0);
    assert_eq!(of(&outcome, "containers", &a)["verdict"], "rotated", "{outcome}");
}

#[test]
fn what_is_refused_and_runs_all_the_same_is_not_called_up_to_date() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("runsrefused");
    s.push("a", "ok:v1");
    let a = Quadlet::start(&s, "a", "", "");
    s.push("a", "sick:v2");
    let agent = || s.agent().on_host().config(FAST);
    agent().run(&["now", &a.name]).exits(1);
    // A person does it.
    s.host.docker(&["pull", "-q", &s.image("a")]);
    a.systemctl(&["restart", &a.unit()]);
    let plan = agent().run(&["plan", &a.name, "--json"]).exits(0);
    assert_eq!(of(&plan, "skipped", &a.name)["reason"], "runs_refused", "{plan}");
    let note = of(&agent().run(&["status", "--json"]).exits(0), "containers", &a.name)["note"].clone();
    assert!(note.as_str().is_some_and(|note| note.contains("refused here")), "{note}");
}

#[test]
fn help_for_a_unit_names_the_commands_that_reach_it() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("unithelp");
    s.push("a", "ok:v1");
    let a = Quadlet::start(&s, "a", "Label=rotate.on_failure=stay", "");
    s.push("a", "sick:v2");
    let outcome = s.agent().on_host().config(FAST).run(&["now", &a.name, "--json"]).exits(1);
    let told = of(&outcome, "containers", &a.name);
    assert_eq!(told["verdict"], "stayed", "{outcome}");
    let help = told["help"].as_str().unwrap_or_default();
    let log = if s.host.is_rootless() { "_UID=1000 _SYSTEMD_USER_UNIT=" } else { "-u " };
    assert!(help.contains(&format!("`journalctl {log}{}`", a.unit())) && !help.contains("docker"), "{outcome}");
    assert!(told["state"].as_str().is_some_and(|state| state.contains("its unit runs the new image")), "{outcome}");
}
