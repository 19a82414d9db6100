//! The images of the lab do what their variant says.

use std::{time::Duration, time::Instant};

use serde_json::Value;

use super::lab::{Host, Scratch, wait_for};

const SOON: Duration = Duration::from_secs(20);

/// Runs a variant and waits until the engine shows it as it should be.
fn check(variant: &str, options: &[&str], expected: impl Fn(&Value) -> bool) {
    let scratch = Scratch::new(Host::shared(), variant);
    scratch.push("web", variant);
    scratch.run("web", options);
    wait_for(&format!("{variant} behaves"), SOON, || expected(&scratch.host.inspect(&scratch.name("web"))).then_some(()));
}

fn health(container: &Value) -> &str {
    match container["State"]["Health"]["Status"].as_str() {
        None | Some("") => "none", // an empty one: Podman 4.3
        Some(status) => status,
    }
}

fn exited(container: &Value) -> bool {
    container["State"]["Status"] == "exited" && container["State"]["ExitCode"] == 1
}

#[test]
fn ok_becomes_healthy() {
    check("ok:one", &[], |container| health(container) == "healthy");
}

#[test]
fn slow_is_starting_and_becomes_healthy() {
    check("slow:2:one", &[], |container| health(container) == "starting");
    check("slow:1:one", &[], |container| health(container) == "healthy");
}

#[test]
fn sick_becomes_unhealthy_and_runs() {
    check("sick:one", &[], |container| health(container) == "unhealthy" && container["State"]["Status"] == "running");
}

#[test]
fn nohealth_runs_without_healthcheck() {
    check("nohealth:one", &[], |container| health(container) == "none" && container["State"]["Status"] == "running");
}

#[test]
fn crash_and_late_exit() {
    check("crash", &[], exited);
    check("late:5", &[], |container| container["State"]["Status"] == "running");
    check("late:1", &[], exited);
}

#[test]
fn flap_restarts_in_a_loop() {
    check("flap", &["--restart", "always"], |container| container["RestartCount"].as_u64() >= Some(2));
}

#[test]
fn volume_gets_an_anonymous_volume() {
    check("volume:one", &[], |container| container["Mounts"][0]["Destination"] == "/data" && container["Mounts"][0]["Type"] == "volume");
}

#[test]
fn noentry_cannot_be_executed() {
    let scratch = Scratch::new(Host::shared(), "noentry_cannot_be_executed");
    scratch.push("web", "noentry");
    let (name, image) = (scratch.name("web"), scratch.image("web"));
    let why = scratch.host.try_docker(&["run", "-d", "--name", &name, &image]).unwrap_err();
    assert!(why.contains("/bin/does-not-exist"), "{why}");
}

#[test]
fn stubborn_stops_only_when_killed_and_others_at_once() {
    let scratch = Scratch::new(Host::shared(), "stubborn_stops_only_when_killed_and_others_at_once");
    for (name, variant, exit_code) in [("stubborn", "stubborn:one", 137), ("ok", "ok:one", 0)] {
        scratch.push(name, variant);
        scratch.run(name, &["-P"]);
        wait_for(variant, SOON, || scratch.served(scratch.port(name)).filter(|page| page == "one"));
        let begin = Instant::now();
        scratch.host.docker(&["stop", "-t", "3", &scratch.name(name)]);
        assert_eq!(begin.elapsed() >= Duration::from_secs(3), exit_code == 137, "{variant} took {:?}", begin.elapsed());
        assert_eq!(scratch.host.inspect(&scratch.name(name))["State"]["ExitCode"], exit_code);
    }
}

#[test]
fn same_arguments_give_the_same_digest_and_others_another() {
    let scratch = Scratch::new(Host::shared(), "same_arguments_give_the_same_digest_and_others_another");
    let one = scratch.push("web", "ok:one");
    assert_eq!(scratch.push("web", "ok:one"), one);
    assert_ne!(scratch.push("web", "ok:two"), one);
    assert_ne!(scratch.push_with("web", "ok:one", r#"{"StopSignal": "SIGUSR1"}"#), one);
}

#[test]
fn index_leads_to_its_manifest() {
    let scratch = Scratch::new(Host::shared(), "index_leads_to_its_manifest");
    let manifest = scratch.push("web", "ok:one");
    let repo_tag = format!("{}:latest", scratch.name("web"));
    let index = scratch.host.push_index(&repo_tag, &manifest, "first");
    assert_ne!(scratch.host.push_index(&repo_tag, &manifest, "second"), index);
    assert_eq!(scratch.host.push_index(&repo_tag, &manifest, "first"), index);
    scratch.run("web", &["-P"]);
    wait_for("the index's image serves", SOON, || scratch.served(scratch.port("web")).filter(|page| page == "one"));
    let digests = scratch.host.docker(&["image", "inspect", "-f", "{{.RepoDigests}}", &scratch.image("web")]);
    assert!(digests.contains(&index), "{digests}");
}
