//! What the command that made a container does not say: what it took from its shell, and what was done to the container since.

use serde_json::Value;

use super::fidelity::is_the_same_after_two_rotations;
use super::wants::{A_USERS_ENGINE, LIMITS, UPDATES, lacks};
use super::{FAST, described, scratch};
use crate::lab::{Outcome, Scratch};

/// Makes the container, as a shell with these variables does.
#[track_caller]
fn run_by_a_shell(s: &Scratch, variables: &[&str], words: &[&str]) {
    let (web, image) = (s.name("web"), s.image("web"));
    // Before: a proxy of the shell would be asked for it.
    s.host.docker(&["pull", "-q", &image]);
    let run = ["podman", "run", "-d", "--pull=never", "--name", &web, &image];
    let output = s.host.exec(&[&["env"], variables, &run, words].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Of a run that touches nothing: why.
#[track_caller]
fn why_untouched(s: &Scratch, code: i32) -> (String, String, Outcome) {
    let of = |document: &Value| [document["Id"].clone(), document["State"]["StartedAt"].clone()];
    let before = of(&described(s, "web"));
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(code);
    assert_eq!(of(&described(s, "web")), before, "{outcome}");
    let document = outcome.json();
    let lists = ["containers", "skipped"].iter().filter_map(|list| document[list].as_array());
    let entry = lists.flatten().find(|entry| entry["name"] == s.name("web").as_str()).cloned().unwrap_or_default();
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    (text("reason"), text("message"), outcome)
}

#[test]
fn a_proxy_of_the_shell_stays_and_its_password_is_in_no_command() {
    let s = scratch("proxy");
    s.push("web", "volume:v1");
    run_by_a_shell(&s, &["https_proxy=http://me:s3cret@proxy.lan:3128", "NO_PROXY=.lan"], &[]);
    let has_both = |document: &Value| {
        let env = document["Config"]["Env"].to_string();
        env.contains(r#""https_proxy=http://me:s3cret@proxy.lan:3128""#) && env.contains(r#""NO_PROXY=.lan""#)
    };
    assert!(has_both(&described(&s, "web")), "Podman took them from its shell");
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
    let document = described(&s, "web");
    assert!(has_both(&document), "{document}");
    assert!(!document["Config"]["CreateCommand"].to_string().contains("s3cret"), "{document}");
}

#[test]
fn a_limit_that_was_changed_by_podman_update_stays() {
    if lacks(&LIMITS) || lacks(&UPDATES) {
        return;
    }
    let s = scratch("updated");
    s.push("web", "volume:v1");
    s.run("web", &["--memory", "64m", "--cpus", "0.5"]);
    s.host.docker(&["update", "--memory", "128m", "--cpu-shares", "300", &s.name("web")]);
    let limits = || ["Memory", "NanoCpus", "CpuShares"].map(|limit| described(&s, "web")["HostConfig"][limit].as_u64());
    let updated = [128 << 20, 500_000_000, 300].map(Some);
    assert_eq!(limits(), updated);
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
    assert_eq!(limits(), updated);
}

#[test]
fn what_was_connected_to_a_network_later_is_held_with_what_to_do_and_is_rotated_when_that_is_undone() {
    let s = scratch("connected");
    let [first, second] = ["first", "second"].map(|network| s.name(network));
    for network in [&first, &second] {
        s.host.docker(&["network", "create", network]);
    }
    s.push("web", "volume:v1");
    s.run("web", &["--network", &first]);
    s.host.docker(&["network", "connect", &second, &s.name("web")]);
    s.push("web", "volume:v2");
    let (reason, message, outcome) = why_untouched(&s, 0);
    assert_eq!(reason, "not_repeatable", "{outcome}");
    assert!(message.contains("`podman network connect`") && message.contains("make it anew with a `--network` for each"), "{message}");
    s.host.docker(&["network", "disconnect", &second, &s.name("web")]);
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
}

/// Which one it was no document tells: one of `containers.conf` looks the same, and a successor has that, too.
#[test]
fn a_user_namespace_that_the_shell_asked_for_is_compared_and_nothing_is_touched() {
    if lacks(&A_USERS_ENGINE) {
        return;
    }
    let s = scratch("userns");
    s.push("web", "nohealth:v1");
    // Who is not root in there cannot serve port 80.
    run_by_a_shell(&s, &["PODMAN_USERNS=keep-id"], &["sleep 100000"]);
    s.push("web", "nohealth:v2");
    let (reason, message, outcome) = why_untouched(&s, 3);
    assert_eq!(reason, "unexplained_difference", "{outcome}");
    assert!(message.contains("HostConfig.IDMappings") || message.contains("HostConfig.UsernsMode"), "{message}");
}
