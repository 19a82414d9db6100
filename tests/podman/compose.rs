//! The real compose on Podman's socket, before and after a rotation: it finds what it made and recreates nothing.

use serde_json::Value;

use super::fidelity::is_the_same_after_two_rotations;
use super::wants::{API_NOTES, lacks};
use super::{FAST, described, docker, scratch};
use crate::lab::Scratch;

/// A project of one service under the name that the test's other helpers know, and a command of compose on it.
struct Project<'a> {
    s: &'a Scratch,
    file: String,
}

impl Project<'_> {
    #[track_caller]
    fn compose(&self, args: &[&str]) -> String {
        docker(self.s, &[&["compose", "--progress", "quiet", "-f", &self.file, "-p", &self.s.name("p")], args].concat())
    }
}

#[track_caller]
fn up<'a>(s: &'a Scratch, network: &str) -> Project<'a> {
    s.push("web", "volume:v1");
    let file = s.host_file(
        "compose.yaml",
        &format!(
            r#"
services:
  web:
    image: "{}"
    container_name: "{}"
    restart: unless-stopped
    ports: ["80", "127.0.0.1::81/udp"]
    volumes: ["data:/named", "{}:/in:ro,z"]
    tmpfs: ["/scratch:size=1m"]
    sysctls: {{net.core.somaxconn: "1024"}}
    cap_add: [NET_ADMIN]
    extra_hosts: ["there:10.9.8.7"]
    ulimits: {{nofile: {{soft: 100, hard: 200}}}}
    stop_grace_period: 3s
    init: true
    networks: {{default: {{aliases: [store]}}, fixed: {{ipv4_address: {network}.7}}}}
    healthcheck: {{test: "test -d /named", interval: 1s}}
volumes: {{data: {{}}}}
networks: {{fixed: {{ipam: {{config: [{{subnet: {network}.0/24}}]}}}}}}
"#,
            s.image("web"),
            s.name("web"),
            s.host_dir()
        ),
    );
    let project = Project { s, file };
    project.compose(&["up", "-d", "--pull", "always", "--wait"]);
    project
}

/// The containers of the project.
#[track_caller]
fn all(project: &Project<'_>) -> String {
    project.compose(&["ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Name}} {{.State}}"])
}

#[test]
fn a_service_of_compose_is_the_same_after_two_rotations_and_compose_recreates_nothing() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("compose");
    let project = up(&s, "10.91.5");
    is_the_same_after_two_rotations(&s, &["/data/mark", "/named/mark"]);
    let after = all(&project);
    assert_eq!(after.lines().count(), 1, "nothing is kept beside it: {after}");
    let document = described(&s, "web");
    let image = format!("sha256:{}", document["Image"].as_str().unwrap_or_default());
    assert_eq!(document["Config"]["Labels"]["com.docker.compose.image"], Value::from(image), "compose's note of the image");
    for command in [&["up", "-d"][..], &["restart"], &["stop"], &["start"], &["up", "-d", "--wait"]] {
        project.compose(command);
        let ids = |all: &str| all.split(' ').next().map(str::to_owned);
        assert_eq!(ids(&all(&project)), ids(&after), "{command:?}");
    }
    project.compose(&["down"]);
    assert_eq!(all(&project), "");
}

#[test]
fn a_service_that_was_rolled_back_is_compose_s_own_again() {
    if lacks(&API_NOTES) {
        return;
    }
    let s = scratch("compose-back");
    let project = up(&s, "10.91.4");
    let (web, old) = (s.name("web"), described(&s, "web")["Image"].clone());
    s.push("web", "volume:v2");
    s.agent().on_host_as_owner().config(FAST).run(&["now", &web]).exits(0);
    s.agent().on_host_as_owner().config(FAST).run(&["rollback", &web]).exits(0);
    assert_eq!(described(&s, "web")["Image"], old);
    let back = all(&project);
    assert_eq!(back.lines().count(), 1, "{back}");
    project.compose(&["up", "-d", "--wait"]);
    assert_eq!(all(&project), back);
    project.compose(&["down"]);
}
