//! Successors that fail after their proof, while the predecessor is kept.

use std::time::Duration;

use serde_json::Value;

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{FaultProxy, KNOWS_WHO, Scratch, Want, lacks, policy, wait_for};

const FORGETS: Want = Want {
    what: "an engine that may forget who ended a container: Podman keeps that with the container",
    is_on: |host| !host.has_podman(),
};

/// A program that ends with a code of its own when it is asked to.
const ENDS_WITH_1: &str = r#"{"Cmd": ["trap 'exit 1' TERM; /bin/busybox httpd -f -p 80 -h /www & wait"]}"#;

/// Rotated from a good image to one that serves for a while, exits with 1 after it, and says «boom»; and it has.
fn dead(s: &Scratch, options: &[&str]) -> String {
    s.push("web", "nohealth:v1");
    let old = s.run("web", options);
    s.push("web", "late:15");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    wait_for("it exits", Duration::from_secs(60), || (!look(s, &s.name("web")).is_running).then_some(()));
    old
}

#[test]
fn a_late_death_is_reported_by_every_run_with_reason_and_log_until_it_is_over() {
    let s = scratch("late-report");
    let old = dead(&s, &[]);
    for _ in 0..2 {
        let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
        let entry = entry(&outcome, &s.name("web"));
        assert_eq!((&entry["verdict"], &entry["log"]), (&Value::from("failed_late"), &serde_json::json!(["boom"])), "{outcome}");
        assert!(entry["message"].to_string().contains("exited with code 1, after it had proved itself"), "{outcome}");
    }
    let status = s.rotate(&["status"]).exits(1);
    assert!(status.stdout.contains("UNWELL: the new container exited with code 1"), "{status}");
    let kept = leftovers(&s);
    assert_eq!(look(&s, &kept[0]).id, old);

    // A person's hand: restarted, it is well for the moment.
    s.host.docker(&["start", &s.name("web")]);
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(0);
    assert!(!outcome.stdout.contains("failed_late"), "{outcome}");
    s.rotate(&["rollback", &s.name("web")]).exits(0);
    assert_eq!(look(&s, &s.name("web")).id, old);
}

#[test]
fn a_predecessor_whose_time_is_over_stays_while_its_successor_is_dead() {
    let s = scratch("late-kept");
    s.push("web", "nohealth:v1");
    let old = s.run("web", &[]);
    s.push("web", "late:15");
    let config = format!("{FAST}keep_old = \"3s\"\n");
    s.agent().config(&config).run(&["now", &s.name("web")]).exits(0);
    wait_for("it exits", Duration::from_secs(60), || (!look(&s, &s.name("web")).is_running).then_some(()));
    s.agent().config(&config).run(&["now", &s.name("web")]).exits(1);
    assert_eq!(look(&s, &leftovers(&s)[0]).id, old);
}

#[test]
fn a_late_death_goes_back_where_that_is_wanted_and_its_digest_is_refused() {
    if lacks(&KNOWS_WHO) {
        return;
    }
    let s = scratch("late-back");
    let old = dead(&s, &["--label", "rotate.on_late_failure=rollback"]);
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    let entry = entry(&outcome, &s.name("web"));
    assert_eq!((&entry["verdict"], &entry["reason"]), (&Value::from("rolled_back"), &Value::from("failed_late")), "{outcome}");
    assert_eq!(entry["log"], serde_json::json!(["boom"]), "{outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id == old, "{outcome}");
    assert_eq!(tagged(&s, "web"), web.image, "the tag went back");
    assert_eq!(leftovers(&s), Vec::<String>::new());
    let plan = s.rotate(&["plan", &s.name("web"), "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "refused", "{plan}");
}

#[test]
fn a_container_that_a_person_stopped_is_no_late_failure() {
    if lacks(&KNOWS_WHO) {
        return;
    }
    let s = scratch("late-hand");
    for (name, restart, config) in [("no", "no", "{}"), ("always", "always", "{}"), ("one", "no", ENDS_WITH_1)] {
        s.push_with(name, "nohealth:v1", config);
        s.run(name, &["--restart", policy(restart), "--label", "rotate.on_late_failure=rollback"]);
        s.push_with(name, "nohealth:v2", config);
        s.agent().config(FAST).run(&["now", &s.name(name)]).exits(0);
        let new = look(&s, &s.name(name)).id;
        s.host.docker(&["stop", &s.name(name)]);
        s.agent().config(FAST).run(&["now", &s.name(name)]).exits(0);
        let web = look(&s, &s.name(name));
        assert!(!web.is_running && web.id == new, "{name}: nobody started it");
        let status = s.rotate(&["status", "--json"]).exits(0);
        assert!(!status.stdout.contains("exited with code"), "{status}");
    }
}

#[test]
fn a_death_that_the_engine_does_not_remember_is_reported_and_nothing_is_started() {
    if lacks(&FORGETS) {
        return;
    }
    let s = scratch("late-forgotten");
    dead(&s, &["--label", "rotate.on_late_failure=rollback"]);
    let new = look(&s, &s.name("web")).id;
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.refuse("GET /events?since", 500, "it is forgotten");
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "failed_late", "{outcome}");
    let web = look(&s, &s.name("web"));
    assert!(!web.is_running && web.id == new, "{outcome}");
}

#[test]
fn a_probe_that_fails_later_is_a_late_failure() {
    let s = scratch("late-probe");
    s.push("web", "nohealth:v1");
    s.run("web", &["--label", "rotate.health.exec=test ! -e /sick || exit 9", "--label", "rotate.deadline=15s"]);
    s.push("web", "nohealth:v2");
    let config = format!("{FAST}[health]\ninterval = \"200ms\"\n");
    s.agent().config(&config).run(&["now", &s.name("web")]).exits(0);
    s.agent().config(&config).run(&["now", &s.name("web")]).exits(0);
    s.host.docker(&["exec", &s.name("web"), "touch", "/sick"]);
    let seen = || {
        let outcome = s.agent().config(&config).run(&["now", &s.name("web"), "--json"]);
        (outcome.status == Some(1)).then_some(outcome)
    };
    let outcome = wait_for("it is older than its deadline", Duration::from_secs(120), seen);
    let message = entry(&outcome, &s.name("web"))["message"].to_string();
    assert!(message.contains("failed its probe 3 times in a row (last probe: exit code 9)"), "{message}");
}

#[test]
fn a_healthcheck_that_fails_later_goes_back_where_that_is_wanted() {
    let s = scratch("late-check");
    s.push("web", "ok:v1");
    let old = s.run("web", &["--label", "rotate.on_late_failure=rollback", "--label", "rotate.deadline=15s"]);
    s.push("web", "ok:v2");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_ne!(look(&s, &s.name("web")).id, old);
    s.host.docker(&["exec", &s.name("web"), "/bin/busybox", "rm", "/www/index.html"]); // what its HEALTHCHECK looks for
    let seen = || {
        let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]);
        (outcome.status == Some(1)).then_some(outcome)
    };
    let outcome = wait_for("the engine calls it unhealthy", Duration::from_secs(120), seen);
    let entry = entry(&outcome, &s.name("web"));
    assert_eq!((&entry["verdict"], &entry["reason"]), (&Value::from("rolled_back"), &Value::from("failed_late")), "{outcome}");
    assert!(entry["message"].to_string().contains("unhealthy"), "{outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id == old, "{outcome}");
}
