//! A user's engine that is migrated or reset while the container of a unit proves itself there.

use serde_json::Value;

use super::FAST;
use super::clients::{Client, LONG, alone, works};
use super::users_quadlet::{UsersQuadlet, lingering};
use super::wants::{QUADLET, ROOTS_ENGINE, lacks};
use crate::lab::{Agent, Outcome, Running, Scratch, wait_for};

/// Long enough for another hand to come in between.
const SLOW: &str = "min_healthy = \"30s\"\ndeadline = \"60s\"\n";

/// By root, for the user's engine.
fn agent<'a>(s: &'a Scratch, gate: &str) -> Agent<'a> {
    s.agent().on_host().config(&format!("engines = [\"podman:op\"]\n{gate}"))
}

fn now(s: &Scratch, web: &UsersQuadlet<'_>) -> Outcome {
    agent(s, FAST).run(&["now", &web.name, "--json"])
}

/// What such a run says of it.
#[track_caller]
fn told(outcome: &Outcome) -> Value {
    outcome.json()["containers"][0].clone()
}

/// Rotates it, until its new container has to prove itself.
#[track_caller]
fn proving<'a>(s: &'a Scratch, user: &Client<'_>, web: &UsersQuadlet<'_>) -> Running<'a> {
    let old = user.id("web");
    s.push("web", "ok:v2");
    let running = agent(s, SLOW).spawn(&["now", &web.name, "--json"]);
    wait_for("the unit is up with a new container", LONG, || {
        let is_up = web.systemctl(&["show", &web.unit(), "-p", "ActiveState", "--value"]) == "active";
        let id = user.id("web");
        (is_up && !id.is_empty() && id != old).then_some(())
    });
    running
}

/// systemd makes the container again, which is no other end of it than a crash.
#[test]
fn a_unit_whose_container_podman_system_migrate_stops_in_its_gate_goes_back_and_runs() {
    if lacks(&QUADLET) || lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("umigrate");
    let user = lingering(&s);
    s.push("web", "ok:v1");
    let web = UsersQuadlet::start(&s, &user, "web", "");
    let old = web.image();
    let running = proving(&s, &user, &web);
    // That its container goes with its end may be in its way.
    let migrated = user.try_ask(&["system", "migrate"]);
    let outcome = running.wait(LONG).exits(1);
    assert_eq!(told(&outcome)["verdict"], "rolled_back", "{migrated:?} {outcome}");
    web.is_up_with(&old);
    let id = user.id("web");
    let again = now(&s, &web).exits(0);
    assert_eq!(told(&again)["reason"], "refused", "{again}");
    assert_eq!(user.id("web"), id, "{again}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&old);
    assert!(web.is_untouched());
}

/// Its unit goes on by itself, and may have pulled what its tag points to before anybody has asked for more.
#[test]
fn a_unit_whose_engine_is_reset_in_its_gate_ends_up_with_what_the_history_tells_and_each_start_brings_that() {
    if lacks(&QUADLET) || lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("ureset");
    let user = lingering(&s);
    s.push("web", "ok:v1");
    let web = UsersQuadlet::start(&s, &user, "web", "");
    let running = proving(&s, &user, &web);
    // What the unit starts meanwhile may be in its way.
    let _ = user.try_ask(&["system", "reset", "-f"]);
    let first = running.wait(LONG);
    assert!(matches!(first.status, Some(0 | 1 | 3 | 69)), "{first}");
    works(&s, "systemctl --user --machine=op@ restart podman.socket");

    let rest = wait_for("a run has nothing left to do", LONG, || {
        let outcome = now(&s, &web);
        (outcome.status == Some(0) && told(&outcome)["verdict"] == "skipped").then_some(outcome)
    });
    let (image, id) = (web.image(), user.id("web"));
    web.is_up_with(&image);
    let history = agent(&s, FAST).run(&["history", &web.name, "--json"]).exits(0).json();
    let ended = history["rotations"].as_array().into_iter().flatten().find_map(|past| match past["verdict"].as_str()? {
        "rotated" => Some("v2"),
        "rolled_back" => Some("v1"),
        _ => None,
    });
    let expected = ended.unwrap_or_else(|| panic!("no rotation has come to its end: {history} {rest}"));
    let serves = || {
        let page = || user.try_ask(&["exec", &web.name, "wget", "-qO-", "http://127.0.0.1/"]);
        wait_for(&format!("it serves {expected}, as the history tells: {history}"), LONG, || {
            (page().as_deref() == Ok(expected)).then_some(())
        });
    };
    serves();
    let again = now(&s, &web).exits(0);
    assert_eq!(user.id("web"), id, "{again}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&image);
    serves();
    assert!(web.is_untouched());
}
