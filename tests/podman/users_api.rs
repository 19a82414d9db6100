//! Containers that were made through the API of another user's engine.

use serde_json::Value;

use super::clients::{Client, alone, entries, json, unit};
use super::users_quadlet::lingering;
use super::wants::{API_NOTES, ROOTS_ENGINE, lacks};
use crate::lab::Scratch;

/// Docker's client against the user's socket.
#[track_caller]
fn docker(s: &Scratch, args: &[&str]) {
    let output = s.host.exec(&[&["env", "DOCKER_HOST=unix:///run/user/1000/podman/podman.sock", "docker"], args].concat());
    assert!(output.status.success(), "docker {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
}

fn described(user: &Client<'_>, name: &str) -> Value {
    let all: Value = serde_json::from_str(&user.ask(&["container", "inspect", name])).expect("JSON");
    all[0].clone()
}

#[test]
fn the_daemon_rotates_a_container_of_a_users_api_with_all_that_it_was_asked_for() {
    if lacks(&ROOTS_ENGINE) || lacks(&API_NOTES) {
        return;
    }
    let s = alone("uapi");
    let user = lingering(&s);
    let unit = unit(&s, "[\"podman:op\"]");
    s.push("web", "ok:v1");
    let (web, image, volume) = (s.name("web"), s.image("web"), format!("{}:/named:ro", s.name("data")));
    docker(&s, &["pull", "-q", &image]);
    #[rustfmt::skip]
    let options = [
        "--label", "rotate.enable=true", "-e", "A=b c", "-v", &volume, "--tmpfs", "/scratch:size=1m", "-p", "80", "--sysctl", "net.ipv4.ip_forward=1",
        "--stop-timeout", "1", "--restart", "always",
    ];
    docker(&s, &[&["run", "-d", "--name", &web], &options[..], &[&image]].concat());
    let old = described(&user, &web);
    assert!(old["Config"]["CreateCommand"].is_null(), "made by a command");
    unit.start();

    s.push("web", "ok:v2");
    let now = json(&unit, &["now", &web]);
    let verdict = |now: &Value| entries(now, "containers", &web)[0].1["verdict"].clone();
    assert_eq!(verdict(&now), "rotated", "{now}{}", unit.journal());
    let new = described(&user, &web);
    assert!(new["Image"] != old["Image"] && new["Id"] != old["Id"], "{now}");
    for place in ["/HostConfig/Binds", "/HostConfig/Tmpfs", "/HostConfig/PortBindings", "/HostConfig/RestartPolicy/Name"] {
        assert_eq!(new.pointer(place), old.pointer(place), "{place}");
    }
    assert_eq!(user.ask(&["exec", &web, "cat", "/proc/sys/net/ipv4/ip_forward"]), "1");

    s.push("web", "sick:v3");
    let now = json(&unit, &["now", &web]);
    assert_eq!(verdict(&now), "rolled_back", "{now}");
    assert_eq!((&described(&user, &web)["Id"], &described(&user, &web)["State"]["Running"]), (&new["Id"], &Value::Bool(true)), "{now}");
    user.ask(&["rm", "-fv", &web]);
}
