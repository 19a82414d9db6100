//! Several engines of one host under one daemon: the unit as it is shipped with its drop-in, the host's Podman, a user's, and Docker beside them.

use std::time::Duration;

use serde_json::Value;

use super::FAST;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::{Host, Scratch, Unit, wait_for};

/// The user of the lab's hosts who could have a Podman, and here gets one.
pub const LINGER: &str = "loginctl enable-linger op";
pub const TURN_ON: &str = "systemctl --user --machine=op@ enable --now podman.socket";
const TURN_ON_HOSTS: &str = "systemctl enable --now podman.socket";
pub const ENABLED: &[&str] = &["--label", "rotate.enable=true", "--stop-timeout", "1"];
/// The daemon looks after an engine that was away once a minute, on a host that has much to do.
pub const LONG: Duration = Duration::from_secs(300);

pub fn alone(test: &str) -> Scratch {
    Scratch::alone(Host::shared(), test)
}

/// The unit with its drop-in, not running yet.
pub fn unit<'a>(s: &'a Scratch, engines: &str) -> Unit<'a> {
    let unit = Unit::install(s, &config(engines));
    unit.drop_in(include_str!("../../systemd/drop-ins/podman-engines.conf"));
    unit
}

pub fn config(engines: &str) -> String {
    format!("engines = {engines}\n{FAST}schedule = \"0 0 1 1 *\"\n")
}

/// A command as a person types it, on the host as root; exit code and all that it said.
fn typed(s: &Scratch, command: &str) -> (Option<i32>, String) {
    let output = s.host.exec(&["sh", "-c", command]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
pub fn works(s: &Scratch, command: &str) {
    let (code, said) = typed(s, command);
    assert_eq!(code, Some(0), "{command}: {said}");
}

pub fn rotate(s: &Scratch, unit: &Unit<'_>, args: &[&str]) -> (Option<i32>, String) {
    typed(s, &format!("{} {}", unit.program, args.join(" ")))
}

#[track_caller]
pub fn json(unit: &Unit<'_>, args: &[&str]) -> Value {
    let said = unit.ask(&[args, &["--json"]].concat());
    serde_json::from_str(&said).unwrap_or_else(|why| panic!("{args:?}: {why}: {said}"))
}

/// Another engine's client on the host, and what it made there, which goes with it.
pub struct Client<'a> {
    s: &'a Scratch,
    client: &'static [&'static str],
    /// What turns the engine off.
    end: &'static str,
}

impl<'a> Client<'a> {
    /// The user's Podman, off and without a session.
    pub fn of_user(s: &'a Scratch) -> Self {
        let client: &[&str] =
            &["runuser", "-u", "op", "--", "env", "--chdir=/home/op", "HOME=/home/op", "XDG_RUNTIME_DIR=/run/user/1000", "podman"];
        let end =
            "systemctl --user --machine=op@ disable --now podman.socket; loginctl disable-linger op; systemctl stop user@1000.service";
        s.host.exec(&["sh", "-c", end]);
        wait_for("the user is gone", LONG, || (!s.host.path("/run/user/1000").exists()).then_some(()));
        Self { s, client, end }
    }

    /// Docker, which sleeps on the lab's hosts with Podman.
    pub fn of_docker(s: &'a Scratch) -> Self {
        let end = "systemctl stop docker docker.socket containerd; cd /etc/systemd/system && \
                   for unit in containerd.service docker.service docker.socket; do ln -sf /dev/null $unit; done; systemctl daemon-reload";
        // `lab exec` names the host's first engine in the environment.
        let docker = Self { s, client: &["env", "-u", "DOCKER_HOST", "docker"], end };
        let settings = format!("{{\"insecure-registries\": [\"{}\"], \"data-root\": \"/var/lib/containers/docker\"}}", s.host.registry());
        std::fs::create_dir_all(s.host.path("/etc/docker")).expect("a folder can be made on the host");
        std::fs::write(s.host.path("/etc/docker/daemon.json"), settings).expect("the host's disk takes a file");
        works(s, "cd /etc/systemd/system && rm -f containerd.service docker.service docker.socket && systemctl daemon-reload");
        works(s, "systemctl start docker");
        docker
    }

    #[track_caller]
    pub fn ask(&self, args: &[&str]) -> String {
        let output = self.s.host.exec(&[self.client, args].concat());
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        assert!(output.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// As [`Scratch::run`].
    #[track_caller]
    pub fn run(&self, name: &str, options: &[&str]) -> String {
        let (full, image) = (self.s.name(name), self.s.image(name));
        self.ask(&[&["run", "-d", "-q", "--pull", "always", "--name", &full][..], options, &[image.as_str()]].concat())
    }

    /// The id of what runs under a name.
    #[track_caller]
    pub fn id(&self, name: &str) -> String {
        self.ask(&["ps", "-q", "--no-trunc", "--filter", &format!("name=^/?{}$", self.s.name(name))])
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        let all = self.s.host.exec(&[self.client, &["ps", "-aq"]].concat());
        for id in String::from_utf8_lossy(&all.stdout).lines() {
            self.s.host.exec(&[self.client, &["rm", "-fv", id]].concat());
        }
        self.s.host.exec(&["sh", "-c", self.end]);
    }
}

/// The entries of this test's container, by engine.
pub fn entries<'a>(document: &'a Value, list: &str, name: &str) -> Vec<(&'a str, &'a Value)> {
    let all = document[list].as_array().into_iter().flatten().filter(|entry| entry["name"] == name);
    all.map(|entry| (entry["engine"].as_str().unwrap_or_default(), entry)).collect()
}

fn engines<'a>(entries: &[(&'a str, &Value)]) -> Vec<&'a str> {
    entries.iter().map(|(engine, _)| *engine).collect()
}

#[test]
fn one_daemon_serves_the_hosts_podman_and_a_users_one_after_the_other_and_names_each() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("engines");
    let user = Client::of_user(&s);
    works(&s, LINGER);
    works(&s, TURN_ON);
    let unit = unit(&s, "[\"podman\", \"podman:op\"]");
    s.push("web", "nohealth:v1");
    let (old, users_old) = (s.run("web", ENABLED), user.run("web", ENABLED));
    s.push("web", "nohealth:v2");
    unit.start();
    let web = s.name("web");

    let (code, said) = rotate(&s, &unit, &["hold", &web]);
    assert!(code == Some(2) && said.contains(&format!("`podman/{web}` or `podman:op/{web}`")), "{code:?} {said}");

    let now = json(&unit, &["now"]);
    let rotated = entries(&now, "containers", &web);
    assert_eq!(engines(&rotated), ["podman", "podman:op"], "{now}{}", unit.journal());
    assert!(rotated.iter().all(|(_, entry)| entry["verdict"] == "rotated"), "{now}");
    let (new, users_new) = (s.host.inspect(&web)["Id"].as_str().unwrap_or_default().to_owned(), user.id("web"));
    assert!(new != old && users_new != users_old && !users_new.is_empty(), "{new} {users_new}");

    let history = json(&unit, &["history", &web]);
    let past = entries(&history, "rotations", &web);
    assert_eq!(engines(&past), ["podman:op", "podman"], "the newest first: {history}");
    // Times of one form, so that their texts compare as they do.
    assert!(past[1].1["ended_at"].as_str() <= past[0].1["began_at"].as_str(), "one after the other: {history}");

    let status = unit.ask(&["status"]);
    for engine in ["podman", "podman:op"] {
        assert!(status.lines().any(|line| line.starts_with(&format!("{engine}  {web}  "))), "{status}");
    }
    let journal = unit.journal();
    assert!(journal.contains("ROTATE_ENGINE=podman:op") && journal.contains(&format!("MESSAGE=podman:op: {web}: stop the old container")));

    unit.ask(&["rollback", &format!("podman:op/{web}")]);
    assert_eq!((user.id("web"), s.host.inspect(&web)["Id"].as_str()), (users_old, Some(new.as_str())), "{}", unit.journal());
    let refused = json(&unit, &["refused"]);
    let all = refused["refused"].as_array().into_iter().flatten().filter(|entry| entry["unit"] == web.as_str());
    assert_eq!(all.map(|entry| entry["engine"].as_str()).collect::<Vec<_>>(), [Some("podman:op")], "{refused}");

    // The same user, found by lingering.
    unit.configure(&config("[\"podman\", \"podman:*\"]"));
    unit.systemctl(&["reload", "rotate"]);
    let only = json(&unit, &["status", "--on", "podman:op"]);
    assert_eq!(engines(&entries(&only, "containers", &web)), ["podman:op"], "{only}");
}

#[test]
fn an_engine_that_is_off_is_said_with_the_command_that_turns_it_on_and_served_once_it_is() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("off");
    let user = Client::of_user(&s);
    let unit = unit(&s, "[\"podman:nobody-here\", \"podman:op\", \"podman\"]");
    s.push("web", "nohealth:v1");
    let old = s.run("web", ENABLED);
    s.push("web", "nohealth:v2");
    unit.start();
    let web = s.name("web");

    // Two are away, and the third is served.
    let (code, said) = rotate(&s, &unit, &["now"]);
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("podman:nobody-here: there is no user `nobody-here`"), "{said}");
    assert!(said.contains("podman:op: `op` is not logged in and does not linger") && said.contains(&format!("`{LINGER}`")), "{said}");
    assert_ne!(s.host.inspect(&web)["Id"], old.as_str(), "{said}");

    works(&s, LINGER);
    let said = wait_for("the user's engine is off", LONG, || {
        let (_, said) = rotate(&s, &unit, &["status"]);
        said.contains(TURN_ON).then_some(said)
    });
    assert!(!said.contains(LINGER), "{said}");
    works(&s, TURN_ON);
    let users_old = user.run("web", ENABLED);
    let problem = |engine: &str| {
        let status = json(&unit, &["status"]);
        let all = status["daemon"]["engines"].as_array().expect("a list").clone();
        all.into_iter().find(|one| one["name"] == engine).map(|one| one["problem"].clone()).expect("it is served")
    };
    wait_for("the daemon sees the user's engine", LONG, || problem("podman:op").is_null().then_some(()));
    assert!(problem("podman:nobody-here").is_string());

    // The host's own goes away, as an administrator turns it off.
    works(&s, "systemctl disable --now podman.socket; systemctl stop podman.service");
    s.push("web", "nohealth:v3");
    let (code, said) = rotate(&s, &unit, &["now"]);
    works(&s, TURN_ON_HOSTS);
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("podman: nobody listens at its socket /run/podman/podman.sock") && said.contains(TURN_ON_HOSTS), "{said}");
    assert!(!user.id("web").is_empty() && user.id("web") != users_old, "{said}");
    let (code, said) = rotate(&s, &unit, &["now", &format!("podman/{web}")]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn docker_and_podman_side_by_side_on_one_host_are_both_served() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("beside");
    let docker = Client::of_docker(&s);
    let unit = unit(&s, "[\"docker\", \"podman\"]");
    s.push("web", "nohealth:v1");
    let (old, dockers_old) = (s.run("web", ENABLED), docker.run("web", ENABLED));
    s.push("web", "nohealth:v2");
    unit.start();
    let web = s.name("web");
    let now = json(&unit, &["now"]);
    let rotated = entries(&now, "containers", &web);
    assert_eq!(engines(&rotated), ["docker", "podman"], "{now}{}", unit.journal());
    assert!(rotated.iter().all(|(_, entry)| entry["verdict"] == "rotated"), "{now}");
    assert!(s.host.inspect(&web)["Id"] != old.as_str() && !docker.id("web").is_empty() && docker.id("web") != dockers_old, "{now}");
}

#[test]
fn an_engine_that_is_away_and_named_is_told_though_others_were_asked_for_as_well() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = super::scratch("away");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let (web, gone) = (s.name("web"), "podman:nobody-here/app");
    let config = format!("engines = [\"podman\", \"podman:nobody-here\"]\n{FAST}");
    for (n, names) in [[web.as_str(), gone], [gone, web.as_str()]].into_iter().enumerate() {
        let old = s.host.inspect(&web)["Id"].clone();
        s.push("web", &format!("nohealth:v{}", n + 2));
        let outcome = s.agent().on_host().config(&config).run(&[&["now"][..], &names].concat()).exits(69);
        assert!(outcome.to_string().contains("podman:nobody-here: there is no user `nobody-here`"), "{outcome}");
        assert_ne!(s.host.inspect(&web)["Id"], old, "the other engine is asked all the same: {outcome}");
    }
}

#[test]
fn what_was_begun_at_one_engine_is_not_forgotten_at_another_that_does_not_know_its_containers() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = super::scratch("other");
    s.push("web", "nohealth:v1");
    let (web, old) = (s.name("web"), s.run("web", &[]));
    s.push("web", "nohealth:v2");
    // Past its time at the next look.
    let config = format!("{FAST}keep_old = \"1s\"\n");
    let at = |engine: &str, args: &[&str]| s.agent().on_host().config(&config).run(&[&["--engine", engine], args].concat());
    let podman = "unix:///run/podman/podman.sock";
    let kept = || {
        let status = at(podman, &["status", "--json"]).exits(0).json();
        let ours = status["containers"].as_array().into_iter().flatten().find(|entry| entry["name"] == web.as_str()).cloned();
        ours.map(|entry| entry["kept"].clone()).unwrap_or_default()
    };
    at(podman, &["now", &web]).exits(0);
    assert_ne!(s.host.inspect(&web)["Id"], old.as_str());
    let before = kept();
    assert!(before.is_object(), "{before}");

    // One at a place of its own, with a store of its own, and the same state directory.
    let folder = s.host_dir();
    let other = format!("{folder}/other.sock");
    let store = format!("--root {folder}/root --runroot {folder}/run --storage-driver vfs");
    works(&s, &format!("systemd-run -q --collect --unit {web}-other podman {store} system service -t 300 unix://{other}"));
    wait_for("the other engine listens", LONG, || s.host.path(&other).exists().then_some(()));
    let outcome = at(&format!("unix://{other}"), &["now"]);
    works(&s, &format!("systemctl stop {web}-other"));
    outcome.exits(0);
    assert_eq!(kept(), before);

    at(podman, &["rollback", &web]).exits(0);
    assert_eq!(s.host.inspect(&web)["Id"], old.as_str());
}
