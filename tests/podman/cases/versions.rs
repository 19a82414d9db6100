//! What a version cannot do is held with the reason, and the rest of it is done.

use super::super::wants::API_NOTES;
use super::super::{described, docker, scratch};
use super::{entry, now, told};

/// A user's engine cannot give less than its own service has, which inspect shows once it runs.
#[test]
fn a_score_that_a_user_s_engine_cannot_give_is_no_reason_to_hold() {
    let s = scratch("score");
    s.push("web", "nohealth:v1");
    s.run("web", &["--oom-score-adj", "5"]);
    for version in ["v2", "v3"] {
        s.push("web", &format!("nohealth:{version}"));
        assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
    }
    let score = described(&s, "web")["HostConfig"]["OomScoreAdj"].as_i64();
    assert!(if s.host.is_rootless() { score >= Some(5) } else { score == Some(5) }, "{score:?}");
}

/// Podman before 5.1 has no way to change the restart policy of a container that exists. A kept one with `always` would be started at the next boot.
#[test]
fn where_a_restart_policy_cannot_be_changed_what_has_one_is_held_and_what_has_none_is_rotated() {
    let s = scratch("policies");
    let is_fixed = s.host.engine().starts_with("podman-4.");
    let policies = ["no", "always", "on-failure:3"];
    let names = ["no", "always", "sometimes"];
    for (name, policy) in names.iter().zip(policies) {
        s.push(name, "nohealth:v1");
        s.run(name, &["--restart", policy]);
        s.push(name, "nohealth:v2");
    }
    let before = names.map(|name| described(&s, name));
    let said = now(&s, &names).exits(0).json();
    for ((name, policy), before) in names.iter().zip(policies).zip(&before) {
        let is_held = is_fixed && policy != "no";
        let after = described(&s, name);
        assert_eq!(after["Id"] == before["Id"], is_held, "{name}: {said}");
        // 4.3 writes none in two ways.
        let [is, was] = [&after, before].map(|document| document["HostConfig"]["RestartPolicy"].to_string().replace(r#""""#, r#""no""#));
        assert_eq!(is, was, "{name}");
        assert_eq!(told(&s, &said, name), if is_held { "fixed_restart_policy" } else { "rotated" }, "{said}");
        if is_held {
            assert_eq!(after["State"]["StartedAt"], before["State"]["StartedAt"], "{name}");
            let help = entry(&s, &said, name)["help"].to_string();
            assert!(help.contains("upgrade Podman"), "{help}");
        }
    }
}

#[test]
fn what_was_made_through_the_api_of_a_podman_that_keeps_nothing_of_it_is_held() {
    if API_NOTES.is_there() {
        return; // `api` asks what becomes of it there
    }
    let s = scratch("service");
    s.push("web", "nohealth:v1");
    docker(&s, &["run", "-d", "--name", &s.name("web"), &s.image("web")]);
    let before = described(&s, "web");
    s.push("web", "nohealth:v2");
    let said = now(&s, &["web"]).exits(0).json();
    assert_eq!(told(&s, &said, "web"), "not_repeatable", "{said}");
    let message = entry(&s, &said, "web")["message"].to_string();
    assert!(message.contains("made through Podman's API") && message.contains("upgrade Podman"), "{message}");
    let after = described(&s, "web");
    assert_eq!((&after["Id"], &after["State"]["StartedAt"]), (&before["Id"], &before["State"]["StartedAt"]));
}
