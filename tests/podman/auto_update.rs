//! `podman auto-update` by its timer, beside rotate.

use super::FAST;
use super::clients::{json, unit, works};
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::{Host, Outcome, Scratch, Unit};

const TIMER: &str = "podman-auto-update.timer";

/// The timer of the manager to which the host's engine belongs, on until it is dropped.
struct Timer<'a>(&'a Scratch);

impl<'a> Timer<'a> {
    #[track_caller]
    fn on(s: &'a Scratch) -> Self {
        let timer = Self(s);
        timer.systemctl("enable");
        timer
    }

    fn systemctl(&self, what: &str) {
        self.0.host.systemctl(&[what, "--now", TIMER]);
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.systemctl("disable");
    }
}

/// How often it is told with the command that turns it off.
fn count(text: &str) -> usize {
    let manager = if Host::shared().is_rootless() { "systemctl --user" } else { "systemctl" };
    text.matches(&format!("turn it off: `{manager} disable --now {TIMER}`")).count()
}

#[test]
fn an_updater_of_podman_s_own_is_told_once_with_the_command_that_turns_it_off() {
    let s = Scratch::alone(Host::shared(), "timer");
    for name in ["one", "two"] {
        s.push(name, "nohealth:v1");
        s.run(name, &["--label", "io.containers.autoupdate=registry"]);
    }
    let ask = |args: &[&str]| -> Outcome { s.agent().on_host_as_owner().config(FAST).run(args).exits(0) };
    let warnings = |what: &str| ask(&[what, "--json"]).json()["warnings"].clone();
    assert_eq!(warnings("status"), serde_json::json!([]));
    let timer = Timer::on(&s);
    for what in ["status", "plan"] {
        let said = ask(&[what]);
        assert_eq!(count(&said.stdout), 1, "{said}");
        let warnings = warnings(what);
        assert_eq!((&warnings[0]["code"], &warnings[1]), (&"podman_auto_update".into(), &serde_json::Value::Null), "{warnings}");
    }
    // As Debian 12 has it: the service by itself updates once at each boot.
    let service = "podman-auto-update.service";
    s.host.systemctl(&["enable", service]);
    let both = ask(&["status"]);
    s.host.systemctl(&["disable", service]);
    assert!(both.stdout.contains(&format!("disable --now {TIMER} {service}`")), "{both}");
    drop(timer);
    assert_eq!(warnings("plan"), serde_json::json!([]));
}

#[test]
fn a_daemon_says_in_its_log_that_podman_updates_by_itself_and_says_it_once() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "timerlog");
    let unit = Unit::install(&s, &format!("engines = [\"podman\"]\n{FAST}schedule = \"0 0 1 1 *\"\n"));
    unit.drop_in(include_str!("../../systemd/drop-ins/podman-engines.conf"));
    let _timer = Timer::on(&s);
    let before = count(&unit.journal());
    unit.start();
    unit.ask(&["now"]);
    let journal = crate::lab::wait_for("the daemon has made a pass", super::quadlet::LONG, || {
        let journal = unit.journal();
        (count(&journal) > before).then_some(journal)
    });
    assert_eq!(count(&journal), before + 1, "{journal}");
    assert!(unit.ask(&["status"]).contains(TIMER));
}

/// The timer of the user, on until it is dropped.
struct UsersTimer<'a>(&'a Scratch);

const OF_THE_USER: &str = "systemctl --user --machine=op@";

impl<'a> UsersTimer<'a> {
    #[track_caller]
    fn on(s: &'a Scratch) -> Self {
        works(s, &format!("{OF_THE_USER} enable --now {TIMER}"));
        Self(s)
    }
}

impl Drop for UsersTimer<'_> {
    fn drop(&mut self) {
        self.0.host.exec(&["sh", "-c", &format!("{OF_THE_USER} disable --now {TIMER}")]);
    }
}

#[test]
fn a_users_timer_is_told_by_the_hosts_daemon_with_the_user_and_the_systems_own_is_not() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "timeruser");
    let _user = lingering(&s);
    let unit = unit(&s, "[\"podman\", \"podman:op\"]");
    let _timer = UsersTimer::on(&s);
    unit.start();
    let told = format!("{TIMER} of user op is on");
    let journal = crate::lab::wait_for("the daemon has looked at it", super::quadlet::LONG, || {
        let journal = unit.journal();
        journal.contains(&told).then_some(journal)
    });
    assert_eq!(journal.matches(&told).count(), 1, "{journal}");
    assert!(journal.contains(&format!("`{OF_THE_USER} disable --now {TIMER}`")), "{journal}");
    let status = json(&unit, &["status"]);
    let warnings = status["warnings"].as_array().cloned().unwrap_or_default();
    let engines: Vec<_> = warnings.iter().map(|warning| warning["engine"].as_str().unwrap_or_default()).collect();
    assert_eq!(engines, ["podman:op"], "{status}");
}
