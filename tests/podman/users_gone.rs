//! A user's engine that goes in the middle of a rotation: migrated, reset, or deleted with its user.

use super::FAST;
use super::clients::{Client, ENABLED, LONG, Leaver, alone, works};
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

/// In the middle of a rotation of the user's container; what the command said as well, if it failed.
fn in_the_middle(s: &Scratch, user: &Client<'_>, command: &[&str]) -> (Outcome, Result<String, String>) {
    s.push("web", "ok:v1");
    user.run("web", ENABLED);
    let running = begin(s, "podman:op", || user.id("web"));
    let said = user.try_ask(command);
    (running.wait(LONG), said)
}

fn next(s: &Scratch) -> Outcome {
    s.agent().on_host().config(&format!("engines = [\"podman:op\"]\n{FAST}")).run(&["now"])
}

/// The page that it serves.
#[track_caller]
fn serves(s: &Scratch, user: &Client<'_>) -> String {
    user.ask(&["exec", &s.name("web"), "wget", "-qO-", "http://127.0.0.1/"])
}

#[test]
fn what_podman_system_migrate_stops_in_the_middle_runs_again() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("migrate");
    let user = lingering(&s);
    let (outcome, said) = in_the_middle(&s, &user, &["system", "migrate"]);
    said.expect("it is migrated");
    let outcome = outcome.exits(1);
    assert_eq!(serves(&s, &user), "v1", "{outcome}");
    let id = user.id("web");
    next(&s).exits(0);
    assert_eq!(user.id("web"), id);
}

#[test]
fn what_an_engine_that_is_reset_in_the_middle_has_lost_is_made_again_once_it_is_there() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("reset");
    let user = lingering(&s);
    let (outcome, said) = in_the_middle(&s, &user, &["system", "reset", "-f"]);
    // It takes its own socket along; not on 4.3 and 5.8, where its service goes on, and the same run may make again what was lost, unless the service has its
    // database no more: then a person is called. On 4.3 it begins to before the reset has ended, which then meets what is new and says so, or the service
    // answers nothing any more until it is restarted.
    let is_4_3 = s.host.engine().starts_with("podman-4.3");
    assert!(said.is_ok() || is_4_3, "{said:?}");
    let goes_on = is_4_3 || s.host.engine().starts_with("podman-5.8");
    let is_made_again = goes_on && outcome.status == Some(1);
    if is_made_again {
        assert_eq!(serves(&s, &user), "v1", "{outcome}");
    } else if goes_on && outcome.status == Some(3) {
        let told = [
            "IS DOWN, a person is needed: neither the old nor the new container is on the engine any more, and it cannot ",
            "state: no container of it is on the engine now, its configuration is kept in rotate's record",
            "a restart of the engine's service may do",
        ];
        for words in told {
            assert!(outcome.stderr.contains(words), "«{words}»: {outcome}");
        }
    } else {
        let outcome = outcome.exits(69);
        assert!(outcome.stderr.contains("its rotation is recorded and not finished"), "{outcome}");
    }
    if !goes_on {
        next(&s).exits(69);
    }
    works(&s, "systemctl --user --machine=op@ restart podman.socket");
    // Nothing was wrong with the new image, and the same run would go on to it: now there is nothing newer than what was lost.
    s.push("web", "ok:v1");
    let outcome = next(&s).exits(if is_made_again { 0 } else { 1 });
    assert_eq!(serves(&s, &user), "v1", "{outcome}");
    let id = user.id("web");
    next(&s).exits(0);
    assert_eq!(user.id("web"), id);
}

#[test]
fn a_user_who_is_deleted_while_that_users_container_rotates_is_told_and_others_are_served() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("deleted");
    s.push("web", "ok:v1");
    let hosts = s.run("web", ENABLED);
    let leaver = Leaver::come(&s);
    leaver.run("web");
    let running = begin(&s, "podman:leaver", || leaver.id("web"));
    leaver.leave();
    let outcome = running.wait(LONG).exits(69);
    for words in ["podman:leaver", "its rotation is recorded and not finished"] {
        assert!(outcome.stderr.contains(words), "«{words}»: {outcome}");
    }

    let config = format!("engines = [\"podman:leaver\", \"podman\"]\n{FAST}");
    let outcome = s.agent().on_host().config(&config).run(&["now"]).exits(69);
    assert!(outcome.stderr.contains("podman:leaver: there is no user `leaver`"), "{outcome}");
    assert_ne!(s.host.inspect(&s.name("web"))["Id"], hosts.as_str(), "{outcome}");
}
