//! Containers that somebody else makes anew, or that hang together with others, are held, each with its reason.

use super::{FAST, scratch};

#[test]
fn what_belongs_to_a_unit_a_pod_or_another_container_is_held_with_the_reason() {
    let s = scratch("owners");
    for name in ["base", "member", "unit", "needs", "rm"] {
        s.push(name, "nohealth:v1");
    }
    let (pod, base) = (s.name("pod"), s.name("base"));
    s.host.docker(&["pod", "create", "--name", &pod]);
    s.run("base", &[]);
    s.run("member", &["--pod", &pod]);
    s.run("unit", &["--label", "PODMAN_SYSTEMD_UNIT=web.service"]);
    s.run("needs", &["--requires", &base]);
    s.run("rm", &["--rm"]);
    for (name, reason) in
        [("base", "required_by"), ("member", "in_pod"), ("unit", "owned_by_unit"), ("needs", "requires"), ("rm", "removed_on_exit")]
    {
        let plan = s.rotate(&["plan", &s.name(name), "--json"]).exits(0).json();
        assert_eq!(plan["skipped"][0]["reason"], reason, "{name}: {plan}");
    }
    s.host.docker(&["pod", "rm", "-f", "-t", "0", &pod]);
}

#[test]
fn what_was_made_through_the_api_or_by_an_option_that_cannot_be_said_again_is_not_touched() {
    let s = scratch("api");
    s.push("api", "nohealth:v1");
    s.push("env", "nohealth:v1");
    s.host.docker(&["pull", "-q", &s.image("api")]);
    let request = format!(r#"{{"Image": "{}"}}"#, s.image("api"));
    let command = format!(
        "curl -sf --unix-socket /run/podman/podman.sock -H 'Content-Type: application/json' -d '{request}' 'http://d/containers/create?name={}'",
        s.name("api")
    );
    assert!(s.host.exec(&["sh", "-c", &command]).status.success());
    s.host.docker(&["start", &s.name("api")]);
    s.run("env", &["--env-host"]);
    s.push("api", "nohealth:v2");
    s.push("env", "nohealth:v2");
    for (name, word) in [("api", "Podman's API"), ("env", "--env-host")] {
        let outcome = s.agent().config(FAST).run(&["now", &s.name(name), "--json"]).exits(1);
        let entry = &outcome.json()["containers"][0];
        assert!(entry["message"].as_str().is_some_and(|message| message.contains(word)), "{entry}");
        assert_eq!(entry["down_time_seconds"], serde_json::Value::Null, "{entry}");
    }
}
