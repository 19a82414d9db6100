//! What a version cannot do is held with the reason, and the rest of it is done.

use super::super::{described, scratch};
use super::{entry, now, told};

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
