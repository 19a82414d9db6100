//! Containers that somebody else makes anew, or that hang together with others, are held, each with its reason.

use super::quadlet::Quadlet;
use super::wants::{API_NOTES, UNITS};
use super::{FAST, docker, scratch};

#[test]
fn what_hangs_together_with_another_container_or_goes_by_itself_is_held_with_the_reason() {
    let s = scratch("owners");
    for name in ["base", "needs", "rm"] {
        s.push(name, "nohealth:v1");
    }
    let base = s.name("base");
    s.run("base", &[]);
    s.run("needs", &["--requires", &base]);
    s.run("rm", &["--rm"]);
    for (name, reason) in [("base", "required_by"), ("needs", "requires"), ("rm", "removed_on_exit")] {
        let plan = s.rotate(&["plan", &s.name(name), "--json"]).exits(0).json();
        assert_eq!(plan["skipped"][0]["reason"], reason, "{name}: {plan}");
    }
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
