//! Containers that somebody else makes anew, or that hang together with others, are held, each with its reason.

use std::collections::BTreeSet;

use super::fidelity::is_the_same_after_two_rotations;
use super::quadlet::Quadlet;
use super::wants::{API_NOTES, UNITS};
use super::{FAST, described, docker, scratch};

#[test]
fn what_hangs_together_with_another_container_or_goes_by_itself_is_held_with_the_reason() {
    let s = scratch("owners");
    for name in ["base", "needs", "rm", "ends", "after"] {
        s.push(name, "nohealth:v1");
    }
    let base = s.name("base");
    s.run("base", &[]);
    s.run("needs", &["--requires", &base]);
    s.run("rm", &["--rm"]);
    // Its successor would have it started again.
    s.run("ends", &[]);
    s.run("after", &["--requires", &s.name("ends")]);
    s.host.docker(&["stop", "-t", "0", &s.name("ends")]);
    for (name, reason) in [("base", "required_by"), ("after", "requires"), ("rm", "removed_on_exit")] {
        let plan = s.rotate(&["plan", &s.name(name), "--json"]).exits(0).json();
        assert_eq!(plan["skipped"][0]["reason"], reason, "{name}: {plan}");
    }
}

#[test]
fn what_requires_another_is_rotated_alone_and_nothing_that_requires_the_other_stays() {
    let s = scratch("needs");
    for name in ["one", "two", "web"] {
        s.push(name, "volume:v1");
    }
    let both = ["one", "two"].map(|name| s.run(name, &[]));
    s.run("web", &["--requires", &format!("{},{}", s.name("one"), &both[1])]);
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
    let document = described(&s, "web");
    let required: BTreeSet<&str> = document["Dependencies"].as_array().into_iter().flatten().filter_map(|id| id.as_str()).collect();
    assert_eq!(required, both.iter().map(String::as_str).collect(), "by their ids, in whatever order");
    // Podman removes nothing that another requires, be that one stopped or not.
    s.host.docker(&["rm", "-f", "-t", "0", &s.name("web")]);
    s.host.docker(&["rm", "-f", "-t", "0", &s.name("one"), &s.name("two")]);
}

#[test]
fn what_was_made_by_an_option_that_cannot_be_said_again_is_held_and_the_option_named() {
    let s = scratch("env-host");
    s.push("env", "nohealth:v1");
    let id = s.run("env", &["--env-host"]);
    s.push("env", "nohealth:v2");
    let plan = s.rotate(&["plan", &s.name("env"), "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "not_repeatable", "{plan}");
    assert!(plan["skipped"][0]["message"].as_str().is_some_and(|message| message.contains("--env-host")), "{plan}");
    let outcome = s.agent().config(FAST).run(&["now", &s.name("env"), "--json"]).exits(0);
    assert_eq!(outcome.json()["containers"][0]["reason"], "not_repeatable", "{outcome}");
    assert_eq!(s.host.inspect(&s.name("env"))["Id"], id.as_str(), "{outcome}");
}

#[test]
fn the_plan_says_of_each_container_by_whom_its_successor_is_made() {
    let s = scratch("madeby");
    for name in ["command", "api", "unit"] {
        s.push(name, "nohealth:v1");
    }
    s.run("command", &[]);
    let mut made = vec!["command"];
    // What cannot be made again is held: `cases::versions`.
    if API_NOTES.is_there() {
        let (name, image) = (s.name("api"), s.image("api"));
        docker(&s, &["pull", "-q", &image]);
        docker(&s, &["run", "-d", "--name", &name, &image]);
        made.push("api");
    }
    let unit = UNITS.is_there().then(|| Quadlet::start(&s, "unit", "", ""));
    made.extend(unit.as_ref().map(|_| "unit"));
    for name in made {
        s.push(name, "nohealth:v2");
        let plan = s.agent().on_host_as_owner().run(&["plan", &s.name(name), "--json"]).exits(0).json();
        let rotation = &plan["rotations"][0];
        assert_eq!(rotation["made_by"], name, "{plan}");
        let by = unit.as_ref().filter(|_| name == "unit").map(Quadlet::unit);
        assert_eq!(rotation["service"].as_str(), by.as_deref(), "{plan}");
    }
}
