//! Containers that no command made: Docker's client on Podman's socket, and libpod's own API.

use serde_json::{Value, json};

use super::fidelity::is_the_same_after_two_rotations;
use super::wants::{API_NOTES, lacks};
use super::{FAST, described, docker, scratch};
use crate::lab::Scratch;

/// `docker run` of the test's image against Podman's socket.
#[track_caller]
fn run(s: &Scratch, name: &str, options: &[&str], command: &[&str]) {
    let (full, image) = (s.name(name), s.image(name));
    docker(s, &["pull", "-q", &image]);
    docker(s, &[&["run", "-d", "--name", &full], options, &[&image], command].concat());
    assert!(described(s, name)["Config"]["CreateCommand"].is_null(), "made by a command");
}

/// The same through libpod's API, with these fields of its document.
#[track_caller]
fn create(s: &Scratch, name: &str, mut spec: Value) {
    let (full, image) = (s.name(name), s.image(name));
    s.host.docker(&["pull", "-q", &image]);
    spec["name"] = full.clone().into();
    spec["image"] = image.into();
    let document = s.host_file("spec.json", &spec.to_string());
    let socket = if s.host.is_rootless() { "/run/user/1000/podman/podman.sock" } else { "/run/podman/podman.sock" };
    let curl = ["curl", "-sf", "--unix-socket", socket, "-H", "Content-Type: application/json", "-d", &format!("@{document}")];
    let output = s.host.exec(&[&curl[..], &["http://d/v5.0.0/libpod/containers/create"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    s.host.docker(&["start", &full]);
}

/// A user may give none.
fn device_rule(s: &Scratch) -> &'static [&'static str] {
    if s.host.is_rootless() { &[] } else { &["--device-cgroup-rule", "c 42:* rmw"] }
}

#[test]
fn a_container_of_docker_s_client_is_the_same_after_two_rotations() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("api-docker");
    let (net, second, volume) = (s.name("net"), s.name("second"), format!("{}:/named:ro", s.name("data")));
    let bound = format!("{}:/bound:ro,z", s.host_dir());
    s.push("web", "volume:v1");
    s.host.docker(&["network", "create", "--subnet", "10.91.8.0/24", &net]);
    s.host.docker(&["network", "create", "--subnet", "10.91.6.0/24", &second]);
    #[rustfmt::skip]
    let options = [
        "-e", "A=b c", "--network", &net, "--ip", "10.91.8.9", "--network-alias", "other", "-v", &volume, "-v", "/anon", "-v", &bound,
        "--mount", "type=volume,dst=/long", "--tmpfs", "/scratch:size=1m,exec", "-p", "80", "-p", "127.0.0.1::81/udp", "--expose", "900/udp",
        "--ulimit", "nofile=100:200", "--ulimit", "core=-1", "--sysctl", "net.ipv4.ip_forward=1", "--cap-add", "NET_ADMIN",
        "--cap-drop", "CHOWN", "--stop-signal", "USR1", "--stop-timeout", "3", "--health-cmd", "true", "--health-interval", "3s",
        "--add-host", "other.lan:1.2.3.4", "--dns", "9.9.9.9", "--dns-option", "ndots:3", "--dns-search", "example.org",
        "--hostname", "web.lan", "--restart", "on-failure:3", "--log-driver", "k8s-file", "--log-opt", "max-size=1m", "--shm-size", "2m",
        "--security-opt", "no-new-privileges", "--security-opt", "seccomp=unconfined", "--group-add", "7",
        "--device", "/dev/full:/dev/mine:r", "--init", "--label", "mine=too", "--user", "0:0",
        "-w", "/anon", "--oom-score-adj", "5", "--ipc", "shareable", "--read-only", "-t", "-i",
    ];
    run(&s, "web", &[&options[..], device_rule(&s)].concat(), &[]);
    docker(&s, &["network", "connect", "--ip", "10.91.6.9", "--alias", "side", &second, &s.name("web")]);
    is_the_same_after_two_rotations(&s, &["/anon/mark", "/long/mark", "/data/mark"]);
}

#[test]
fn namespaces_of_the_host_and_an_entrypoint_that_was_taken_away_are_kept() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("api-host");
    s.push("web", "volume:v1");
    let options = [
        "--network",
        "host",
        "--pid",
        "host",
        "--ipc",
        "host",
        "--cgroupns",
        "host",
        "--userns",
        "host",
        "--privileged",
        "--entrypoint",
        "",
    ];
    run(&s, "web", &options, &["/bin/busybox", "sh", "-c", "while :; do sleep 0.2; done"]);
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
    assert_eq!(described(&s, "web")["Path"], "/bin/busybox");
}

#[test]
fn what_docker_s_api_cannot_say_is_kept_where_libpod_s_own_said_it() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("api-libpod");
    let secret = s.name("secret");
    s.push("web", "volume:v1");
    s.host.exec(&["sh", "-c", &format!("echo s3cret | podman secret create {secret} -")]);
    let check = json!({ "Test": ["CMD-SHELL", "true"], "Interval": 2_000_000_000_u64, "Timeout": 3_000_000_000_u64, "Successes": 1 });
    let spec = json!({
        "secrets": [{ "Source": secret, "Target": "/etc/mine", "UID": 3, "GID": 4, "Mode": 256 }],
        "startupHealthConfig": check, "health_check_on_failure_action": 2, "timezone": "Europe/Berlin", "umask": "0027",
        "mask": ["/proc/cpuinfo"], "procfs_opts": ["hidepid=2"], "image_volume_mode": "tmpfs", "sdnotifyMode": "ignore",
        "personality": { "domain": "LINUX32" }, "stop_timeout": 4, "systemd": "always", "env": { "PATH": "/bin:/mine" }, "unsetenv": ["APP_VERSION"],
    });
    create(&s, "web", spec);
    is_the_same_after_two_rotations(&s, &[]);
    assert_eq!(s.host.docker(&["exec", &s.name("web"), "cat", "/etc/mine"]), "s3cret");
    s.host.docker(&["secret", "rm", &secret]);
}

#[test]
fn a_container_of_the_api_is_taken_back_when_the_new_image_is_sick() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("api-sick");
    s.push("web", "ok:v1");
    run(&s, "web", &["-p", "80", "--restart", "always"], &[]);
    let (id, port) = (described(&s, "web")["Id"].clone(), s.port("web"));
    s.push("web", "sick:v2");
    s.agent().on_host_as_owner().config(FAST).run(&["now", &s.name("web")]).exits(1);
    let back = described(&s, "web");
    assert_eq!((&back["Id"], &back["HostConfig"]["RestartPolicy"]["Name"]), (&id, &json!("always")));
    assert_eq!(s.served(port).as_deref(), Some("v1"));
}

#[test]
fn what_the_api_cannot_be_asked_for_again_is_named_and_not_touched() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("api-held");
    s.push("web", "ok:v1");
    let overlay = format!("{}:/over:O", s.host_dir());
    run(&s, "web", &["-v", &overlay], &[]);
    let id = described(&s, "web")["Id"].clone();
    s.push("web", "ok:v2");
    // A person is needed for the first; the second is a matter of where rotate runs.
    let agents = [("/over", 3, s.agent().on_host_as_owner()), ("Podman's API", 1, s.agent())];
    for (word, code, agent) in agents {
        let outcome = agent.config(FAST).run(&["now", &s.name("web"), "--json"]).exits(code);
        let entry = &outcome.json()["containers"][0];
        assert!(entry["message"].as_str().is_some_and(|message| message.contains(word)), "{entry}");
        assert_eq!(entry["down_time_seconds"], Value::Null, "{entry}");
        assert_eq!(described(&s, "web")["Id"], id);
    }
}

#[test]
fn a_rotation_whose_record_was_lost_can_be_taken_back_even_if_its_old_container_is_gone() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("api-lost");
    s.push("web", "ok:v1");
    let options = ["-e", "MINE=1", "--sysctl", "net.ipv4.ip_forward=1", "--restart", "always"];
    run(&s, "web", &[&options[..], device_rule(&s)].concat(), &[]);
    let (old, image) = (described(&s, "web")["Id"].clone(), described(&s, "web")["Image"].clone());
    s.push("web", "ok:v2");
    let agent = || s.agent().on_host_as_owner().config(FAST);
    agent().run(&["now", &s.name("web")]).exits(0);
    let user = if s.host.is_rootless() { "op" } else { "root" };
    assert!(s.host.exec(&["rm", "-r", &format!("{}/state-{user}", s.host_dir())]).status.success());
    let again = agent().run(&["now", &s.name("web")]).exits(0);
    assert!(again.stderr.contains("taken over by the names of its containers"), "{again}");
    s.host.docker(&["rm", old.as_str().unwrap_or_default()]);
    agent().run(&["rollback", &s.name("web")]).exits(0);
    let back = described(&s, "web");
    assert_eq!((&back["Image"], back["Id"] == old), (&image, false));
    assert_eq!((&back["HostConfig"]["RestartPolicy"]["Name"], &back["State"]["Running"]), (&"always".into(), &true.into()));
    assert_eq!(s.host.docker(&["exec", &s.name("web"), "sh", "-c", "cat /proc/sys/net/ipv4/ip_forward; echo $MINE"]), "1\n1");
}
