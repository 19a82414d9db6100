//! Other engines of a host: their clients, and the daemon as its unit that serves several.

use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use super::FAST;
use crate::lab::{Host, Scratch, Unit, wait_for};

/// The user of the lab's hosts who could have a Podman, and here gets one.
pub const LINGER: &str = "loginctl enable-linger op";
pub const TURN_ON: &str = "systemctl --user --machine=op@ enable --now podman.socket";
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
        // Without the last one, logind of Debian 12 remembers the user for ten seconds, and does not start who begins to linger within them.
        let end = "systemctl --user --machine=op@ disable --now podman.socket; loginctl disable-linger op; systemctl stop user@1000.service; \
                   loginctl terminate-user op";
        s.host.exec(&["sh", "-c", end]);
        wait_for("the user is gone", LONG, || (!s.host.path("/run/user/1000").exists()).then_some(()));
        Self { s, client, end }
    }

    /// Docker, which sleeps on the lab's hosts with Podman.
    pub fn of_docker(s: &'a Scratch) -> Self {
        let end = "systemctl stop docker docker.socket containerd; cd /etc/systemd/system && \
                   for unit in containerd.service docker.service docker.socket; do ln -sf /dev/null $unit; done; systemctl daemon-reload; rm -f /run/docker.sock";
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
        self.answer(&[self.client, args].concat())
    }

    /// The same where it may fail: what it printed, or else all that it said.
    pub fn try_ask(&self, args: &[&str]) -> Result<String, String> {
        self.tried(&[self.client, args].concat())
    }

    /// The same with a variable (`NAME=value`) in the client's environment.
    #[track_caller]
    pub fn ask_with(&self, variable: &str, args: &[&str]) -> String {
        let (program, before) = self.client.split_last().expect("a client has a program");
        self.answer(&[before, &[variable, *program], args].concat())
    }

    #[track_caller]
    fn answer(&self, command: &[&str]) -> String {
        match self.tried(command) {
            Ok(said) => said,
            Err(said) => panic!("{command:?}: {said}"),
        }
    }

    /// What it printed, or all that it said where it failed.
    fn tried(&self, command: &[&str]) -> Result<String, String> {
        let output = self.s.host.exec(command);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&[output.stdout, output.stderr].concat())) }
    }

    /// As [`Scratch::run`].
    #[track_caller]
    pub fn run(&self, name: &str, options: &[&str]) -> String {
        let (full, image) = (self.s.name(name), self.s.image(name));
        self.ask(&[&["run", "-d", "--pull", "always", "--name", &full][..], options, &[image.as_str()]].concat())
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

/// A second user of the host's for a while, with a Podman of one's own. Dropped, all of it is gone.
pub struct Leaver<'a>(&'a Scratch);

impl<'a> Leaver<'a> {
    pub fn come(s: &'a Scratch) -> Self {
        works(s, "useradd -m -u 1500 leaver && loginctl enable-linger leaver");
        wait_for("a session", LONG, || s.host.path("/run/user/1500/bus").exists().then_some(()));
        works(s, "systemctl --user --machine=leaver@ enable --now podman.socket");
        Self(s)
    }

    pub fn leave(&self) {
        self.0.host.exec(&["sh", "-c", "loginctl disable-linger leaver; systemctl stop user@1500.service; userdel -rf leaver"]);
    }

    /// As [`Client::run`], with what selects it.
    #[track_caller]
    pub fn run(&self, name: &str) -> String {
        let run = ["run", "-d", "-q", "--pull", "always", "--name", &self.0.name(name)];
        let output = self.podman(&[&run[..], ENABLED, &[&self.0.image(name)]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The id of what runs under a name; none also where nobody is there to be asked.
    pub fn id(&self, name: &str) -> String {
        let output = self.podman(&["ps", "-q", "--no-trunc", "--filter", &format!("name=^{}$", self.0.name(name))]);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn podman(&self, args: &[&str]) -> Output {
        let client = ["runuser", "-u", "leaver", "--", "env", "--chdir=/home/leaver", "-u", "DOCKER_HOST", "HOME=/home/leaver"];
        self.0.host.exec(&[&client[..], &["XDG_RUNTIME_DIR=/run/user/1500", "podman"], args].concat())
    }
}

impl Drop for Leaver<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The entries of this test's container, by engine.
pub fn entries<'a>(document: &'a Value, list: &str, name: &str) -> Vec<(&'a str, &'a Value)> {
    let all = document[list].as_array().into_iter().flatten().filter(|entry| entry["name"] == name);
    all.map(|entry| (entry["engine"].as_str().unwrap_or_default(), entry)).collect()
}
