//! Containers that somebody else makes anew, or that hang together with others, are held, each with its reason.

use super::{FAST, scratch};

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
