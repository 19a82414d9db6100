//! The hosts of the lab, and what a test leaves on them.

use std::time::Duration;

use super::lab::{Host, Scratch, wait_for};

#[test]
fn host_has_the_engine_that_its_name_says() {
    let host = Host::shared();
    let _shared = Scratch::new(host, "host_has_the_engine_that_its_name_says");
    if host.has_podman() { is_the_podman_of_its_name(host) } else { is_the_docker_of_its_name(host) }
}

fn is_the_docker_of_its_name(host: &Host) {
    let (version, api, lowest_api) = match host.engine().split('-').nth(1) {
        Some("20.10") => ("20.10.", "1.41", "1.12"),
        Some("26.1") => ("26.1.", "1.45", "1.24"),
        Some("28.5") => ("28.5.", "1.51", "1.44"),
        _ => panic!("an engine that this test does not know: {}", host.engine()),
    };
    let (says, info) = (host.api("GET", "/version").1, host.api("GET", "/info").1);
    assert!(says["Version"].as_str().is_some_and(|v| v.starts_with(version)), "{says}");
    assert_eq!((&says["ApiVersion"], &says["MinAPIVersion"]), (&api.into(), &lowest_api.into()));
    assert_eq!(info["SecurityOptions"].to_string().contains("rootless"), host.engine().ends_with("-rootless"));
    let stores_in_containerd = info["DriverStatus"].to_string().contains("io.containerd.snapshotter.v1");
    assert_eq!(stores_in_containerd, host.engine().ends_with("-containerd"));
    assert_eq!(host.docker(&["version", "--format", "{{.Server.APIVersion}}"]), api, "its own client talks to it, too");
}

fn is_the_podman_of_its_name(host: &Host) {
    let version = host.engine().split('-').nth(1).map(|version| format!("{version}.")).expect("a name has a version");
    let (status, info) = host.api("GET", "/v4.0.0/libpod/info");
    let says = info["version"]["Version"].as_str().unwrap_or_default();
    assert!(status == 200 && says.starts_with(&version), "{status}: {info}");
    let is_rootless = host.engine().ends_with("-rootless");
    assert_eq!(info["host"]["security"]["rootless"], is_rootless);
    let own = |what: &str| host.docker(&["info", "--format", what]);
    assert_eq!(own("{{.Version.Version}}"), says, "its own client is of the same version");
    assert_eq!(own("{{.Store.GraphRoot}}"), info["store"]["graphRoot"].as_str().unwrap_or_default(), "and has the same containers");
    assert_eq!(info["store"]["graphDriverName"], "overlay");
}

#[test]
fn podman_serves_when_it_is_called_and_is_gone_when_nobody_does() {
    let host = Host::shared();
    if !host.has_podman() {
        return; // Docker's daemon is always there.
    }
    let _alone = Scratch::alone(host, "podman_serves_when_it_is_called_and_is_gone_when_nobody_does");
    let manager: &[&str] = if host.engine().ends_with("-rootless") { &["--user", "--machine", "op@"] } else { &[] };
    let state = |unit| {
        let output = host.exec(&[&["systemctl"], manager, &["is-active", unit]].concat());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    for _ in 0..2 {
        wait_for("nobody is served", Duration::from_secs(60), || (state("podman.service") == "inactive").then_some(()));
        assert_eq!(state("podman.socket"), "active");
        assert_eq!(host.api("GET", "/_ping").0, 200);
        assert_eq!(state("podman.service"), "active");
    }
}

#[test]
fn agent_is_started_with_the_flags_of_its_test() {
    let scratch = Scratch::new(Host::shared(), "agent_is_started_with_the_flags_of_its_test");
    scratch.rotate(&["--help"]).exits(0);
}

#[test]
fn scratch_removes_what_its_test_made_and_nothing_else() {
    let host = Host::shared();
    let scratch = Scratch::new(host, "scratch_removes_what_its_test_made_and_nothing_else");
    scratch.push("web", "volume:one");
    let (volume, network, web) = (scratch.name("data"), scratch.name("net"), scratch.name("web"));
    host.docker(&["network", "create", &network]);
    scratch.run("web", &["-v", &format!("{volume}:/named"), "--network", &network]);
    let stranger = format!("x{web}");
    host.docker(&["volume", "create", &stranger]);
    let shown = || {
        let lists: [&[&str]; 4] = [
            &["ps", "-a", "--format", "{{.Names}}"],
            &["volume", "ls", "-q"],
            &["network", "ls", "--format", "{{.Name}}"],
            &["images", "--format", "{{.Repository}}"],
        ];
        lists.map(|list| host.docker(list)).join("\n")
    };
    let before = shown();
    assert!([&web, &volume, &network].iter().all(|name| before.contains(*name)), "{before}");
    drop(scratch);
    let after = shown();
    host.docker(&["volume", "rm", &stranger]);
    let left: Vec<&str> = after.lines().filter(|line| line.contains(&web) || line.contains(&volume) || line.contains(&network)).collect();
    assert_eq!(left, [stranger.as_str()]);
}

#[test]
fn container_comes_back_after_a_power_cut() {
    let host = Host::shared();
    let scratch = Scratch::alone(host, "container_comes_back_after_a_power_cut");
    scratch.push("web", "ok:one");
    let id = scratch.run("web", &["-P", "--restart", "always"]);
    host.cut_power();
    host.boot();
    if host.has_podman() {
        host.docker(&["start", &scratch.name("web")]); // Debian has `podman-restart.service` turned off
    }
    wait_for("the container runs again", Duration::from_secs(20), || scratch.served(scratch.port("web")).filter(|page| page == "one"));
    assert_eq!(host.inspect(&scratch.name("web"))["Id"], id);
}
