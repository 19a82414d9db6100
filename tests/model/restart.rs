//! Restart policies.

use rotate::model::RestartPolicy::{self, Always, No, OnFailure, UnlessStopped};

#[test]
fn a_policy_reads_back_from_a_kept_containers_name() {
    for (policy, text) in [
        (No, "no"),
        (Always, "always"),
        (UnlessStopped, "unless-stopped"),
        (OnFailure(0), "on-failure"),
        (OnFailure(3), "on-failure-3"),
        (OnFailure(u32::MAX), "on-failure-4294967295"),
    ] {
        assert_eq!(policy.to_string(), text);
        assert_eq!(text.parse(), Ok(policy));
    }
}

#[test]
fn a_policy_is_the_engines_two_fields() {
    for policy in [No, Always, UnlessStopped, OnFailure(0), OnFailure(7)] {
        let (name, most) = policy.parts();
        assert_eq!(RestartPolicy::from_parts(name, most), Ok(policy));
    }
    // Docker writes a container's policy as an empty name when none was given.
    assert_eq!(RestartPolicy::from_parts("", 0), Ok(No));
}

#[test]
fn what_is_no_policy_is_refused() {
    for text in
        ["Always", "never", "on-failure-", "on-failure-x", "on-failure--1", "on-failure-+3", "on-failure-4294967296", "on-failure:3", "no "]
    {
        assert!(text.parse::<RestartPolicy>().is_err(), "{text}");
    }
}
