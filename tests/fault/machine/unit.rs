//! A container that systemd owns: its file of Quadlet's, its unit, and what of both has to be as it was.

use std::{fs, path::PathBuf, time::Duration};

use super::scenario::{End, Scenario, Service, Shape};
use super::world::LOCKS;
use crate::lab::{Host, Scratch, within};

/// No boot starts one later.
const PATIENCE: Duration = Duration::from_secs(120);

/// Dropped, it is stopped and its files are gone.
pub struct Unit {
    host: &'static Host,
    /// The container's name, and the file's.
    name: String,
    text: String,
    pulls: bool,
}

impl Unit {
    /// Writes the file and starts the unit, as each boot does. The container has no restart policy: the unit has.
    pub fn start(s: &Scratch, scenario: &Scenario, service: &Service) -> Unit {
        let (name, image, pulls) = (s.name(service.name), s.image(service.name), scenario.shape == Shape::UnitPulls);
        let restart = match scenario.policy.split(':').next() {
            Some("unless-stopped") => "always",
            Some(policy) => policy,
            None => "no",
        };
        let pull = if pulls { "Pull=newer\n" } else { "" };
        // An anonymous volume goes with its container at each start.
        let text = format!(
            "[Container]\nContainerName={name}\nImage={image}\nVolume={name}-data:/data\nVolume={LOCKS}\n{pull}\
             [Service]\nTimeoutStopSec=20\nRestart={restart}\n[Install]\nWantedBy=multi-user.target default.target\n"
        );
        let unit = Unit { host: s.host, name, text, pulls };
        unit.host.write_unit(&unit.file(), &unit.text);
        unit.host.systemctl(&["daemon-reload"]);
        unit.host.systemctl(&["start", &unit.service()]);
        unit
    }

    /// What is wrong once its rotation is over, one of the two serving.
    pub fn problems(&self, end: End) -> Vec<String> {
        let mut problems = Vec::new();
        let mut expect = |what: &str, is_so: bool| {
            if !is_so {
                problems.push(format!("{}: {what}", self.service()));
            }
        };
        expect("it is not active", self.is_active());
        expect("the user's own file is another one", fs::read_to_string(self.path()).is_ok_and(|text| text == self.text));
        // What was refused would come back by a pull.
        let is_kept_away = self.pulls && end == End::Old;
        let drop_ins = self.path().with_extension("container.d");
        expect("there are drop-ins, or there is none", drop_ins.exists() == is_kept_away);
        // As systemd has it: the file alone does nothing.
        let pulls = self.property("ExecStart").contains("--pull newer");
        expect("it does not pull as it should", pulls == (self.pulls && !is_kept_away));
        problems
    }

    /// Whoever starts it, a boot or a restart that was asked for.
    pub fn comes_up(&self) -> bool {
        within(PATIENCE, || self.is_active().then_some(())).is_some()
    }

    fn is_active(&self) -> bool {
        self.property("ActiveState") == "active"
    }

    fn property(&self, property: &str) -> String {
        self.host.systemctl(&["show", &self.service(), "-p", property, "--value"])
    }

    fn service(&self) -> String {
        format!("{}.service", self.name)
    }

    fn file(&self) -> String {
        format!("{}/{}.container", self.host.quadlets(), self.name)
    }

    /// As the machine sees it, since the last boot.
    fn path(&self) -> PathBuf {
        self.host.path(&self.file())
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        let run = |args: &[&str]| drop(self.host.try_systemctl(args));
        run(&["stop", &self.service()]);
        let _ = fs::remove_file(self.path());
        let _ = fs::remove_dir_all(self.path().with_extension("container.d"));
        run(&["daemon-reload"]);
        run(&["reset-failed", &self.service()]);
    }
}
