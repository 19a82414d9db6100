//! What is particular about images on Podman.

use serde_json::Value;

use super::{FAST, described, scratch};
use crate::lab::{Host, Scratch};

/// The host's policy with one repository rejected, until it is dropped.
struct Rejected(&'static Host);

impl Rejected {
    fn new(host: &'static Host, repository: &str) -> Self {
        let policy = format!(
            r#"{{"default":[{{"type":"insecureAcceptAnything"}}],"transports":{{"docker":{{"{repository}":[{{"type":"reject"}}]}}}}}}"#
        );
        let script = "cp /etc/containers/policy.json /etc/containers/policy.bak && printf %s \"$1\" >/etc/containers/policy.json";
        assert!(host.exec(&["sh", "-c", script, "_", &policy]).status.success());
        Self(host)
    }
}

impl Drop for Rejected {
    fn drop(&mut self) {
        self.0.exec(&["mv", "/etc/containers/policy.bak", "/etc/containers/policy.json"]);
    }
}

#[test]
fn an_image_that_policy_json_rejects_is_refused_in_podman_s_words_and_nothing_is_touched() {
    let s = Scratch::alone(Host::shared(), "policy");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let before = described(&s, "web");
    s.push("web", "ok:v2");
    let rejected = Rejected::new(s.host, s.image("web").trim_end_matches(":latest"));
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    drop(rejected);
    let entry = &outcome.json()["containers"][0];
    assert!(entry["message"].as_str().is_some_and(|message| message.contains("is rejected by policy")), "{entry}");
    assert_eq!(entry["down_time_seconds"], Value::Null, "{entry}");
    let after = described(&s, "web");
    assert_eq!((&after["Id"], &after["State"]["StartedAt"]), (&before["Id"], &before["State"]["StartedAt"]));
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
}

/// Podman forgets with an image's last name by which digest it was pulled; not its digest, and not its names.
#[test]
fn a_container_is_rotated_and_taken_back_although_another_hand_pulled_its_tag_before() {
    let s = scratch("pulled-by-hand");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let old = described(&s, "web");
    s.push("web", "ok:v2");
    s.host.docker(&["pull", &s.image("web")]);
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
    assert_ne!(described(&s, "web")["Image"], old["Image"]);
    let outcome = s.agent().config(FAST).run(&["rollback", &s.name("web")]).exits(0);
    assert_eq!(described(&s, "web")["Id"], old["Id"], "{outcome}");
}

/// From a base that is there, under the name of what a registry has: as people patch what they run.
#[test]
fn an_image_that_was_built_here_over_a_registrys_name_is_left_alone_until_the_registry_has_it() {
    let s = scratch("built-over");
    s.push("web", "ok:v1");
    s.host.docker(&["pull", "-q", &s.image("web")]);
    let build = "dir=$(mktemp -d) && chmod 755 \"$dir\" && printf 'FROM %s\\nLABEL mine=1\\n' \"$1\" >\"$dir/Dockerfile\" && podman build -q -t \"$1\" \"$dir\"";
    assert!(s.host.exec(&["sh", "-ec", build, "sh", &s.image("web")]).status.success());
    s.host.docker(&["run", "-d", "--name", &s.name("web"), &s.image("web")]);
    let own = described(&s, "web");
    s.push("web", "ok:v2");
    let now = || s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    let held = now();
    assert_eq!(held.json()["containers"][0]["reason"], "no_digest", "{held}");
    assert_eq!((&described(&s, "web")["Id"], s.name("web")), (&own["Id"], s.name("web")), "{held}");

    // Another one that stands on a base which is there, and was pulled.
    s.host.docker(&["rm", "-f", &s.name("web")]);
    s.host.docker(&["push", "-q", own["Image"].as_str().unwrap_or_default(), &s.image("web")]);
    s.host.docker(&["rmi", "-f", &s.image("web")]);
    s.run("web", &[]);
    s.push("web", "ok:v3");
    let outcome = now();
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
}

#[test]
fn a_health_check_of_an_image_without_an_interval_is_waited_for_and_follows_the_new_image() {
    let s = scratch("interval");
    let without = r#"{"Healthcheck": {"Interval": null, "Timeout": null, "Retries": null}}"#;
    s.push_with("web", "ok:v1", without);
    s.run("web", &[]);
    assert_eq!(described(&s, "web")["Config"]["Healthcheck"]["Interval"], 30_000_000_000_u64, "Podman's own");
    s.push("web", "ok:v2");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!(described(&s, "web")["Config"]["Healthcheck"]["Interval"], 500_000_000, "the new image's");
    let id = described(&s, "web")["Id"].clone();
    s.push_with("web", "sick:v3", without);
    let gate = "min_healthy = \"1s\"\ndeadline = \"20s\"\n";
    s.agent().config(gate).run(&["now", &s.name("web")]).exits(1);
    assert_eq!(described(&s, "web")["Id"], id, "never healthy, though it ran");
}
