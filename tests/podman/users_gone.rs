//! A user's engine that goes in the middle of a rotation: migrated, reset, or deleted with its user.

use super::FAST;
use super::clients::{Client, ENABLED, LONG, alone, works};
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::{Outcome, Running, Scratch, wait_for};

/// Long enough for another hand to come in between.
const SLOW: &str = "min_healthy = \"30s\"\ndeadline = \"60s\"\n";

fn begin<'a>(s: &'a Scratch, engine: &str, id: impl Fn() -> String) -> Running<'a> {
    let old = id();
    s.push("web", "ok:v2");
    let config = format!("engines = [\"{engine}\"]\n{SLOW}");
    let running = s.agent().on_host().config(&config).spawn(&["now"]);
    wait_for("the new one runs", LONG, || {
        let now = id();
        (!now.is_empty() && now != old).then_some(())
    });
    running
}

/// In the middle of a rotation of the user's container.
fn in_the_middle(s: &Scratch, user: &Client<'_>, command: &[&str]) -> Outcome {
    s.push("web", "ok:v1");
    user.run("web", ENABLED);
    let running = begin(s, "podman:op", || user.id("web"));
    user.ask(command);
    running.wait(LONG)
}

fn next(s: &Scratch) -> Outcome {
    s.agent().on_host().config(&format!("engines = [\"podman:op\"]\n{FAST}")).run(&["now"])
}

#[test]
fn what_podman_system_migrate_stops_in_the_middle_runs_again() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("migrate");
    let user = lingering(&s);
    let outcome = in_the_middle(&s, &user, &["system", "migrate"]).exits(1);
    assert!(!user.id("web").is_empty(), "{outcome}");
    let serves = user.id("web");
    next(&s).exits(0);
    assert_eq!(user.id("web"), serves);
}

#[test]
fn what_an_engine_that_is_reset_in_the_middle_has_lost_is_made_again_once_it_is_there() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("reset");
    let user = lingering(&s);
    // It takes its own socket along.
    let outcome = in_the_middle(&s, &user, &["system", "reset", "-f"]).exits(69);
    assert!(outcome.stderr.contains("its rotation is recorded and not finished"), "{outcome}");
    next(&s).exits(69);
    works(&s, "systemctl --user --machine=op@ restart podman.socket");
    let outcome = next(&s);
    assert!(!user.id("web").is_empty(), "{outcome}");
}

/// A user of the host's for a while, with a Podman of one's own.
struct Leaver<'a>(&'a Scratch);

const AS_LEAVER: &str =
    "runuser -u leaver -- env --chdir=/home/leaver -u DOCKER_HOST HOME=/home/leaver XDG_RUNTIME_DIR=/run/user/1500 podman";

impl<'a> Leaver<'a> {
    fn come(s: &'a Scratch) -> Self {
        works(s, "useradd -m -u 1500 leaver && loginctl enable-linger leaver");
        wait_for("a session", LONG, || s.host.path("/run/user/1500/bus").exists().then_some(()));
        works(s, "systemctl --user --machine=leaver@ enable --now podman.socket");
        Self(s)
    }

    fn leave(&self) {
        self.0.host.exec(&["sh", "-c", "loginctl disable-linger leaver; systemctl stop user@1500.service; userdel -rf leaver"]);
    }

    fn podman(&self, args: &str) -> String {
        let output = self.0.host.exec(&["sh", "-c", &format!("{AS_LEAVER} {args}")]);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Leaver<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[test]
fn a_user_who_is_deleted_while_that_users_container_rotates_is_told_and_others_are_served() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("deleted");
    s.push("web", "ok:v1");
    let (name, image) = (s.name("web"), s.image("web"));
    let hosts = s.run("web", ENABLED);
    let leaver = Leaver::come(&s);
    leaver.podman(&format!("run -d -q --pull always --name {name} {} {image}", ENABLED.join(" ")));
    let running = begin(&s, "podman:leaver", || leaver.podman(&format!("ps -q --filter name=^{name}$")));
    leaver.leave();
    let outcome = running.wait(LONG);
    assert!(outcome.status.is_some_and(|code| code != 0) && outcome.stderr.contains("leaver"), "{outcome}");

    let config = format!("engines = [\"podman:leaver\", \"podman\"]\n{FAST}");
    let outcome = s.agent().on_host().config(&config).run(&["now"]).exits(69);
    assert!(outcome.stderr.contains("podman:leaver: there is no user `leaver`"), "{outcome}");
    assert_ne!(s.host.inspect(&name)["Id"], hosts.as_str(), "{outcome}");
}
