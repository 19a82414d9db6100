//! The daemon as a unit of systemd, one for each cell: the shipped unit under a name, a state directory and a socket of its own.

use std::{fs, path::Path, process::Child, time::Duration};

use serde_json::Value;

use super::world::World;
use crate::lab::{Host, Outcome, wait_for};

/// For what takes a moment on a busy host.
const SOON: Duration = Duration::from_secs(180);

pub struct Daemon {
    host: &'static Host,
    /// Unit, state directory, runtime directory and configuration have this name.
    name: String,
    program: String,
}

impl Daemon {
    /// Installs and enables it; it does not run yet.
    pub fn install(world: &World) -> Daemon {
        let (host, name) = (world.s.host, format!("rotate-{}", world.s.name("d")));
        let daemon = Daemon { host, program: host.install(Path::new(env!("CARGO_BIN_EXE_rotate"))), name };
        let run = format!(
            "{} daemon --config /etc/{n}/rotate.toml --state-dir /var/lib/{n} --socket {}",
            daemon.program,
            daemon.control(),
            n = daemon.name
        );
        let shipped = include_str!("../../../systemd/rotate.service")
            .replace("/usr/bin/rotate daemon", &run)
            .replace("Directory=rotate\n", &format!("Directory={}\n", daemon.name));
        daemon.file(&format!("/etc/systemd/system/{}.service", daemon.name), &shipped);
        daemon.file("/etc/sysusers.d/rotate.conf", include_str!("../../../systemd/sysusers.conf"));
        daemon.on_host(&["systemd-sysusers"]);
        daemon.on_host(&["systemctl", "daemon-reload"]);
        daemon.on_host(&["systemctl", "enable", "-q", &daemon.name]);
        daemon
    }

    fn control(&self) -> String {
        format!("/run/{}/rotate.sock", self.name)
    }

    /// Where its proxy listens; in a folder of its own, which is there again after a boot.
    pub fn proxy(&self) -> String {
        format!("/var/lib/{}.sock", self.name)
    }

    /// In force from the next start on.
    pub fn configure(&self, text: &str) {
        self.file(&format!("/etc/{}/rotate.toml", self.name), text);
    }

    pub fn start(&self) {
        self.on_host(&["systemctl", "restart", &self.name]);
    }

    /// Asks it, as root on the host.
    pub fn ask(&self, args: &[String]) -> Child {
        let mut command = vec![self.program.clone(), "--socket".to_owned(), self.control()];
        command.extend_from_slice(args);
        let mut command = self.host.command(&command.iter().map(String::as_str).collect::<Vec<_>>());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("a client can be started")
    }

    /// Asks it and waits.
    pub fn answer(&self, args: &[&str]) -> Outcome {
        let args: Vec<String> = args.iter().map(|&word| word.to_owned()).collect();
        let output = self.ask(&args).wait_with_output().expect("a client ends");
        Outcome::of(format!("rotate {}", args.join(" ")), &output)
    }

    /// Waits until it runs and has nothing under way.
    pub fn at_rest(&self) {
        wait_for("the daemon is at rest", SOON, || {
            let status: Value = serde_json::from_str(&self.answer(&["status", "--json"]).stdout).ok()?;
            let is_open = status["containers"].as_array().is_none_or(|all| all.iter().any(|c| c["is_open"] == true));
            (status["daemon"]["is_busy"] == false && !is_open).then_some(())
        });
    }

    pub fn journal(&self) -> String {
        self.on_host(&["journalctl", "-u", &self.name, "-o", "cat", "--no-pager"])
    }

    fn on_host(&self, command: &[&str]) -> String {
        String::from_utf8_lossy(&self.host.exec(command).stdout).trim_end().to_owned()
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.host.path(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let name = &self.name;
        self.on_host(&["systemctl", "disable", "-q", "--now", name]);
        let paths = [format!("/etc/systemd/system/{name}.service"), format!("/etc/{name}"), format!("/var/lib/{name}"), self.proxy()];
        self.on_host(&[&["rm", "-rf"], &paths.each_ref().map(String::as_str)[..]].concat());
    }
}
