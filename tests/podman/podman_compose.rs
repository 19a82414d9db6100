//! The real podman-compose, as Debian has it beside each Podman (1.0.3 beside 4.3, 1.3.0 beside 5.4, 1.6.0 beside 5.8): what it made is rotated, and it goes
//! on with that as if it were its own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fidelity::is_the_same_after_two_rotations;
use super::quadlet::LONG;
use super::wants::{NEWER_COMPOSE, lacks, policy};
use super::{FAST, described, scratch};
use crate::lab::{Scratch, wait_for};

/// A project that is named after the test.
struct Project<'a> {
    s: &'a Scratch,
    file: String,
}

impl Project<'_> {
    #[track_caller]
    fn compose(&self, args: &[&str]) {
        let output = self.s.host.exec(&[&["podman-compose", "-f", &self.file, "-p", &self.s.name("p")], args].concat());
        assert!(output.status.success(), "podman-compose {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }

    /// All containers that have its label, whatever their name and state: name, id, and whether it runs.
    #[track_caller]
    fn all(&self) -> Vec<String> {
        let filter = format!("label=io.podman.compose.project={}", self.s.name("p"));
        let listed = self.s.host.docker(&["ps", "-aq", "--no-trunc", "--filter", &filter]);
        let ids: Vec<&str> = listed.lines().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let line = "{{.Name}} {{.Id}} {{.State.Running}}";
        let mut all: Vec<String> =
            self.s.host.docker(&[&["inspect", "--format", line], &ids[..]].concat()).lines().map(str::to_owned).collect();
        all.sort();
        all
    }

    /// Of a service's first container.
    fn name(&self, service: &str) -> String {
        self.s.name(&short(service))
    }
}

/// The name of a service's first container, without the test's prefix.
fn short(service: &str) -> String {
    format!("p_{service}_1")
}

/// A database with a named volume, and `web` with a port and a check of its own.
#[track_caller]
fn up<'a>(s: &'a Scratch, more_of_web: &str) -> Project<'a> {
    s.push("db", "volume:v1");
    s.push("web", "ok:v1");
    let project = Project { s, file: write(s, more_of_web) };
    project.compose(&["up", "-d"]);
    let all = project.all();
    assert!(all.len() == 2 && all.iter().all(|line| line.ends_with("true")), "{all:?}");
    s.host.docker(&["exec", &project.name("db"), "touch", "/named/mark"]);
    project
}

#[track_caller]
fn write(s: &Scratch, more_of_web: &str) -> String {
    let (db, web, restart) = (s.image("db"), s.image("web"), policy("unless-stopped"));
    let text = format!(
        r#"
services:
  db:
    image: "{db}"
    restart: "{restart}"
    volumes: ["data:/named"]
  web:
    image: "{web}"
    restart: "{restart}"
    ports: ["80"]
    labels: {{mine: kept}}
    healthcheck: {{test: "! /bin/busybox grep -q sick /www/index.html", interval: 1s}}
    {more_of_web}
volumes: {{data: {{}}}}
"#
    );
    s.host_file("compose.yaml", &text)
}

/// Without what the image says of itself.
#[track_caller]
fn labels(s: &Scratch, service: &str) -> BTreeMap<String, Value> {
    let labels = described(s, &short(service))["Config"]["Labels"].as_object().cloned().unwrap_or_default();
    labels.into_iter().filter(|(name, _)| name != "org.opencontainers.image.version").collect()
}

#[track_caller]
fn version(s: &Scratch, service: &str) -> Value {
    described(s, &short(service))["Config"]["Labels"]["org.opencontainers.image.version"].clone()
}

/// Nothing of the project is left, neither its pod nor what a rotation might have put aside.
#[track_caller]
fn down_leaves_nothing(project: &Project<'_>) {
    project.compose(&["down"]);
    assert_eq!(project.all(), Vec::<String>::new());
    let pods = project.s.host.docker(&["pod", "ls", "--format", "{{.Name}}"]);
    assert!(!pods.contains(&project.s.name("p")), "{pods}");
}

#[test]
fn services_are_updated_one_at_a_time_and_podman_compose_recreates_nothing() {
    let s = scratch("pcompose");
    let project = up(&s, "");
    let (db, web) = (project.name("db"), project.name("web"));
    let before = ["db", "web"].map(|service| labels(&s, service));
    assert!(before[1].contains_key("io.podman.compose.project") && before[1]["mine"] == "kept", "{before:?}");
    s.push("db", "volume:v2");
    s.push("web", "ok:v2");
    for name in [&db, &web] {
        let plan = s.rotate(&["plan", name, "--json"]).exits(0).json();
        assert_eq!(plan["rotations"][0]["made_by"], "command", "no unit's, whatever its label PODMAN_SYSTEMD_UNIT says: {plan}");
    }
    s.agent().config(FAST).run(&["now", &db, &web]).exits(0);
    assert_eq!(["db", "web"].map(|service| version(&s, service)), ["v2", "v2"]);
    assert_eq!(["db", "web"].map(|service| labels(&s, service)), before);
    let started: Vec<Timestamp> = ["db", "web"]
        .iter()
        .map(|service| described(&s, &short(service))["State"]["StartedAt"].as_str().and_then(|at| at.parse().ok()).expect("a time"))
        .collect();
    assert!(started[0].duration_since(started[1]).as_secs_f64().abs() > 1.0, "the second one began before the first had proved itself");
    let after = project.all();
    assert_eq!(after.len(), 2, "nothing is kept beside them: {after:?}");
    for command in [&["up", "-d"][..], &["restart"], &["stop"], &["start"], &["up", "-d"]] {
        project.compose(command);
        if command != ["stop"] {
            assert_eq!(project.all(), after, "{command:?}");
        }
    }
    s.host.docker(&["exec", &db, "ls", "/named/mark"]);
    assert_eq!(s.served(s.port(&short("web"))).as_deref(), Some("v2"));
    down_leaves_nothing(&project);
}

#[test]
fn a_changed_file_is_made_anew_from_the_image_that_was_rotated_to() {
    if lacks(&NEWER_COMPOSE) {
        return;
    }
    let s = scratch("pcompose-changed");
    let project = up(&s, "");
    s.push("web", "ok:v2");
    s.agent().config(FAST).run(&["now", &project.name("web")]).exits(0);
    let rotated = described(&s, &short("web"))["Id"].clone();
    write(&s, "environment: {A: b}");
    project.compose(&["up", "-d"]);
    assert!(described(&s, &short("web"))["Id"] != rotated && project.all().len() == 2, "{:?}", project.all());
    assert_eq!((version(&s, "web"), version(&s, "db")), ("v2".into(), "v1".into()));
    s.host.docker(&["exec", &project.name("db"), "ls", "/named/mark"]);
    s.push("web", "ok:v3");
    s.agent().config(FAST).run(&["now", &project.name("web")]).exits(0);
    assert_eq!(version(&s, "web"), "v3");
    down_leaves_nothing(&project);
}

#[test]
fn a_service_that_depends_on_another_is_updated_together_with_it_and_back_if_it_is_sick() {
    let s = scratch("pcompose-depends");
    let project = up(&s, "depends_on: [db]");
    let (db, web) = (project.name("db"), project.name("web"));
    s.push("db", "volume:v2");
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &db, &web, "--json"]).exits(0);
    assert_eq!((version(&s, "web"), version(&s, "db")), ("v2".into(), "v2".into()), "{outcome}");
    if NEWER_COMPOSE.is_there() {
        assert_eq!(described(&s, &short("web"))["Dependencies"], json!([described(&s, &short("db"))["Id"]]), "{outcome}");
    }
    s.host.docker(&["exec", &db, "ls", "/named/mark"]);
    let before = project.all();
    s.push("web", "ok:sick");
    s.agent().config(FAST).run(&["now", &web]).exits(1);
    assert_eq!(project.all(), before, "the old one again, and nothing beside it");
    project.compose(&["up", "-d"]);
    assert_eq!(project.all(), before);
    down_leaves_nothing(&project);
}

/// It knows its containers by their names: it stops the new one, which looks like an exit, and removes what has the name by then. What the run tells
/// depends on the moment; that one is left under its name, and that the next run updates it, does not.
#[test]
fn a_down_in_the_gate_is_healed_by_the_next_up() {
    let s = scratch("pcompose-gate");
    let project = up(&s, "");
    let (web, old) = (project.name("web"), described(&s, &short("web"))["Id"].clone());
    s.push("web", "ok:v2");
    let agent = s.agent().config("min_healthy = \"60s\"\ndeadline = \"90s\"\n").spawn(&["now", &web]);
    wait_for("the new one runs", LONG, || s.host.try_inspect(&web).filter(|found| found["Id"] != old && found["State"]["Running"] == true));
    project.compose(&["down"]);
    let outcome = agent.wait(2 * LONG);
    project.compose(&["up", "-d"]);
    let next = s.agent().config(FAST).run(&["now", "--retry", &web]);
    let all = project.all();
    assert!(all.len() == 2 && all.iter().all(|line| line.ends_with("true")), "{all:?} {outcome} {next}");
    assert_eq!(version(&s, "web"), "v2", "{outcome} {next}");
    s.host.docker(&["exec", &project.name("db"), "ls", "/named/mark"]);
    down_leaves_nothing(&project);
}

#[test]
fn a_service_of_podman_compose_is_the_same_after_two_rotations() {
    let s = scratch("pcompose-same");
    s.push("web", "volume:v1");
    let (image, name, dir, restart) = (s.image("web"), s.name("web"), s.host_dir(), policy("unless-stopped"));
    s.host_file("web.env", "FROM_FILE=yes\n");
    // 1.3.0 hands on what is in it, 1.0.3 its path on the host, where the agent of this test is not.
    let env_file = if NEWER_COMPOSE.is_there() { "env_file: web.env" } else { "" };
    let text = format!(
        r#"
services:
  web:
    image: "{image}"
    container_name: "{name}"
    restart: "{restart}"
    environment: {{A: b c}}
    {env_file}
    ports: ["80", "127.0.0.1::81/udp"]
    volumes: ["data:/named", "{dir}:/in:ro", "./web.env:/one:ro"]
    tmpfs: ["/scratch:size=1m"]
    sysctls: ["net.ipv4.ip_forward=1"]
    cap_add: [NET_ADMIN]
    extra_hosts: ["there:10.9.8.7"]
    ulimits: {{nofile: {{soft: 100, hard: 200}}, nproc: 20000}}
    stop_signal: USR1
    init: true
    hostname: web.lan
    working_dir: /www
    user: "0:0"
    labels: {{mine: too}}
    networks: [inner]
    healthcheck: {{test: "test -d /named", interval: 1s, timeout: 7s, retries: 4, start_period: 2s}}
    logging: {{driver: k8s-file}}
networks: {{inner: {{}}}}
volumes: {{data: {{}}}}
"#
    );
    let project = Project { s: &s, file: s.host_file("compose.yaml", &text) };
    project.compose(&["up", "-d"]);
    is_the_same_after_two_rotations(&s, &["/data/mark", "/named/mark"]);
    down_leaves_nothing(&project);
}
