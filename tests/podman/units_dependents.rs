//! Units that a restart stops, because they depend on the one that is rotated.

use std::fs;

use super::quadlet::{LONG, Quadlet};
use super::wants::{UNITS, lacks};
use super::{FAST, scratch};
use crate::lab::{Host, Scratch, wait_for};

/// A unit that needs another one. Dropped, it is gone.
struct Dependent<'a> {
    on: &'a Quadlet<'a>,
    unit: String,
}

impl<'a> Dependent<'a> {
    /// With more lines below `[Service]`; it runs.
    fn start(on: &'a Quadlet<'a>, name: &str, service: &str) -> Self {
        Self::tied(on, name, &format!("Requires={0}\nAfter={0}", on.unit()), service)
    }

    /// With these lines below `[Unit]`.
    fn tied(on: &'a Quadlet<'a>, name: &str, ties: &str, service: &str) -> Self {
        let dependent = Self { on, unit: format!("{}.service", on.s.name(name)) };
        let text = format!("[Unit]\n{ties}\n[Service]\nExecStart=/bin/sleep infinity\n{service}\n");
        on.s.host.write_unit(&dependent.file(), &text);
        on.systemctl(&["daemon-reload"]);
        on.systemctl(&["start", &dependent.unit]);
        dependent
    }

    fn file(&self) -> String {
        format!("{}/{}", self.on.s.host.units(), self.unit)
    }

    fn does(&self) -> String {
        self.on.systemctl(&["show", &self.unit, "-p", "ActiveState", "--value"])
    }

    #[track_caller]
    fn is_up(&self) {
        wait_for("the dependent runs", LONG, || (self.does() == "active").then_some(()));
    }
}

impl Drop for Dependent<'_> {
    fn drop(&mut self) {
        let host = self.on.s.host;
        let _ = host.try_systemctl(&["stop", &self.unit]);
        let _ = fs::remove_file(host.path(&self.file()));
        let _ = host.try_systemctl(&["daemon-reload"]);
        let _ = host.try_systemctl(&["reset-failed", &self.unit]);
    }
}

#[test]
fn units_that_depend_on_it_run_again_after_a_rotation_and_after_one_that_went_back() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("dependents");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "");
    let dependent = Dependent::start(&web, "dep", "");
    // systemd stops it when the other one fails, and starts it never.
    let stopped_along = Dependent::tied(&web, "along", &format!("StopPropagatedFrom={0}\nAfter={0}", web.unit()), "");
    let now = || s.agent().config(FAST).run(&["now", &web.name, "--json"]);
    s.push("web", "crash");
    let outcome = now().exits(1);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rolled_back", "{outcome}");
    dependent.is_up();
    stopped_along.is_up();
    s.push("web", "ok:v3");
    assert_eq!(now().exits(0).json()["containers"][0]["verdict"], "rotated");
    dependent.is_up();
    stopped_along.is_up();
}

#[test]
fn a_dependent_unit_whose_start_limit_is_used_up_by_restarts_of_what_it_needs_runs_again() {
    if lacks(&UNITS) {
        return;
    }
    // Any other test's `daemon-reload` could make the limit count anew.
    let s = Scratch::alone(Host::shared(), "deplimit");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "");
    // This start is all that it may have: systemd refuses the one that comes with the restart of the other.
    let dependent = Dependent::start(&web, "dep", "[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h");
    s.push("web", "crash");
    let outcome = s.agent().config(FAST).run(&["now", &web.name, "--json"]).exits(1);
    let told = outcome.json()["containers"][0].clone();
    assert_eq!(told["verdict"], "rolled_back", "{outcome}");
    assert_ne!(told["reason"], "dependent_down", "{outcome}");
    dependent.is_up();
}

#[test]
fn a_dependent_unit_that_does_not_come_up_again_is_told_and_one_that_a_person_stopped_stays_down() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("depdown");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "");
    // It can be started once.
    let once = format!("/run/{}-once", web.name);
    let fragile = Dependent::start(&web, "fragile", &format!("ExecStartPre=/bin/mkdir {once}"));
    let (stopped, other) = (Dependent::start(&web, "stopped", ""), Dependent::start(&web, "other", ""));
    stopped.on.systemctl(&["stop", &stopped.unit]);
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &web.name, "--json"]).exits(1);
    let told = outcome.json()["containers"][0].clone();
    assert_eq!((told["verdict"].as_str(), told["reason"].as_str()), (Some("rotated"), Some("dependent_down")), "{outcome}");
    assert!(told["message"].as_str().is_some_and(|text| text.contains(&fragile.unit) && !text.contains(&other.unit)), "{outcome}");
    assert!(told["help"].as_str().is_some_and(|text| text.contains(&format!("systemctl status {}", fragile.unit))), "{outcome}");
    other.is_up();
    assert_eq!(stopped.does(), "inactive");
    // Long after the proof.
    web.systemctl(&["stop", &other.unit]);
    web.systemctl(&["start", &stopped.unit]);
    s.agent().config(FAST).run(&["rollback", &web.name]).exits(0);
    stopped.is_up();
    assert_eq!(other.does(), "inactive", "a person had stopped it");
    s.host.exec(&["rmdir", &once]);
}
