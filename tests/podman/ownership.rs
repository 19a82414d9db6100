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
fn what_was_made_by_an_option_that_cannot_be_said_again_is_not_touched() {
    let s = scratch("env-host");
    s.push("env", "nohealth:v1");
    s.run("env", &["--env-host"]);
    s.push("env", "nohealth:v2");
    let outcome = s.agent().config(FAST).run(&["now", &s.name("env"), "--json"]).exits(1);
    let entry = &outcome.json()["containers"][0];
    assert!(entry["message"].as_str().is_some_and(|message| message.contains("--env-host")), "{entry}");
    assert_eq!(entry["down_time_seconds"], serde_json::Value::Null, "{entry}");
}
