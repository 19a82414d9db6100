//! Images that do not prove themselves, each in its own way: the predecessor serves again, as it was.

use serde_json::Value;

use super::{FAST, Host, entry, leftovers, look, now, scratch};
use crate::lab::policy;

/// Rotates from a good image to `variant`; the entry of the report after the predecessor was found as before.
#[track_caller]
fn rolled_back(test: &str, variant: &str, options: &[&str], config: &str) -> Value {
    let s = scratch(test);
    s.push("web", "nohealth:v1");
    s.run("web", options);
    let old = look(&s, &s.name("web"));
    s.push("web", variant);
    let outcome = s.agent().config(config).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(look(&s, &s.name("web")), old, "{outcome}");
    assert_eq!(leftovers(&s), Vec::<String>::new());
    entry(&outcome, &s.name("web"))
}

#[track_caller]
fn says(entry: &Value, words: &str) {
    assert!(entry["message"].as_str().is_some_and(|message| message.contains(words)), "expected «{words}»: {entry}");
}

#[test]
fn an_image_that_crashes_at_once_is_rolled_back_with_its_exit_code_and_last_words() {
    let entry = rolled_back("crash", "crash", &[], FAST);
    says(&entry, "exited with code 1");
    assert_eq!(entry["log"], serde_json::json!(["boom"]));
}

#[test]
fn an_image_that_exits_after_four_seconds_is_seen_within_a_second() {
    let entry = rolled_back("late", "late:4", &[], "");
    says(&entry, "exited with code 1");
    let down = entry["down_time_seconds"].as_f64().unwrap_or_default();
    assert!((4.0..10.0).contains(&down), "4 s until it exits, at most 1 s to see it, the way back on a busy host: {entry}");
}

#[test]
fn a_restart_loop_under_always_is_no_running_container() {
    let entry = rolled_back("flap", "flap", &["--restart", policy("always")], "min_healthy = \"5s\"\n");
    // Podman shows one that waits to be restarted as ended, unless it has just begun to run again.
    if !(Host::shared().has_podman() && entry["message"].to_string().contains("exited with code 1")) {
        says(&entry, "was restarted");
    }
}

/// What it needs came down with it, perhaps: it serves at its engine's second try.
#[test]
fn an_old_container_that_exits_once_on_its_way_back_serves_again() {
    if policy("always") == "no" {
        return; // its engine tries once
    }
    let s = scratch("way-back-exit");
    let fails_at_its_second_start =
        "n=$(cat /tmp/starts); echo $((n + 1)) >/tmp/starts; [ \"$n\" != 1 ] || exit 7; exec /bin/busybox httpd -f -p 80 -h /www";
    s.push_with("web", "nohealth:v1", &serde_json::json!({ "Cmd": [fails_at_its_second_start] }).to_string());
    s.run("web", &["--restart", "always"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "crash");
    let outcome = s.agent().config("min_healthy = \"2s\"\n").run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rolled_back", "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old, "{outcome}");
    assert_eq!(s.host.docker(&["exec", &s.name("web"), "cat", "/tmp/starts"]), "3", "{outcome}");
}

#[test]
fn an_entrypoint_that_does_not_exist_refuses_the_digest() {
    let entry = rolled_back("noentry", "noentry", &[], FAST);
    says(&entry, "o such file or directory");
    assert_eq!(entry["reason"], "start_refused");
    assert!(entry["help"].as_str().is_some_and(|help| help.contains("not tried again")), "{entry}");
}

#[test]
fn an_image_that_never_turns_healthy_fails_at_the_deadline() {
    let entry = rolled_back("deadline", "slow:600:v2", &[], "deadline = \"3s\"\n");
    says(&entry, "was not healthy within 3 s");
}

#[test]
fn a_slow_image_has_the_time_that_its_healthcheck_gives_it() {
    let s = scratch("slow");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let old = look(&s, &s.name("web"));
    s.push("web", "slow:3:v2");
    now(&s, &["web"], &[]).exits(0);
    assert_ne!(look(&s, &s.name("web")).id, old.id);
}

#[test]
fn exit_code_0_passes_only_a_oneshot() {
    let done = r#"{"Cmd": ["exit 0"]}"#;
    let s = scratch("oneshot");
    for (name, options) in [("job", ["--label", "rotate.oneshot=true"]), ("web", ["--label", "rotate.oneshot=false"])] {
        s.push(name, "nohealth:v1");
        s.run(name, &options);
        s.push_with(name, "nohealth:v2", done);
    }
    now(&s, &["job"], &[]).exits(0);
    now(&s, &["web"], &[]).exits(1);
}
