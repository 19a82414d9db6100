//! The engine restarted before each of its calls, for a good and a sick image, under two restart policies: the agent lives on and goes on.

use super::killed::names;
use crate::lab::{Action, Fault, FaultProxy, Host, Outcome, Scratch};

const FAST: &str = "min_healthy = \"300ms\"\n";

#[test]
fn an_update_over_a_restart_of_the_engine_at_any_call_ends_well_under_always() {
    at_every_call("always", "ok:v2");
}

#[test]
fn an_update_over_a_restart_of_the_engine_at_any_call_ends_well_under_no() {
    at_every_call("no", "ok:v2");
}

#[test]
fn a_sick_image_over_a_restart_of_the_engine_at_any_call_is_rolled_back_under_always() {
    at_every_call("always", "sick:v2");
}

#[test]
fn a_sick_image_over_a_restart_of_the_engine_at_any_call_is_rolled_back_under_no() {
    at_every_call("no", "sick:v2");
}

/// Restarts before call 1, 2, …, until a run makes fewer calls.
fn at_every_call(policy: &str, image: &str) {
    let calls = (1..).take_while(|k| case(policy, image, *k)).count();
    println!("{image} under {policy}: restarted before each of {calls} calls");
    assert!(calls >= 8, "an update takes 8 calls: {calls}");
}

/// True if there was a k-th call.
fn case(policy: &str, image: &str, k: usize) -> bool {
    let s = Scratch::alone(Host::shared(), &format!("{image}, {policy}, engine restarted before call {k}"));
    s.push("web", "ok:v1");
    let old = s.run("web", &["--restart", policy]);
    s.push("web", image);
    let proxy = FaultProxy::start(&s.host.socket());
    let host = s.host;
    // Three restarts a minute are more than the unit allows.
    let restart = move || drop(host.exec(&["sh", "-c", "systemctl reset-failed docker; systemctl restart docker"]));
    proxy.at(k, Fault::Before(Action::Run(Box::new(restart))));
    let web = s.name("web");
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web]);
    assert!(names(&s, true).len() <= 1, "never two: {:?}\n{outcome}", names(&s, true));
    let was_restarted = proxy.done() > 0;
    let call = proxy.calls().into_iter().nth(k - 1);

    let mut again = s.agent().config(FAST).run(&["now", &web]);
    if policy == "no" && s.host.inspect(&web)["State"]["Running"] == false {
        // A restart of the engine ends what has no policy, with us or without; nobody but its owner starts it.
        assert_eq!(s.host.inspect(&web)["Id"], old.as_str(), "{outcome}{again}");
        s.host.docker(&["start", &web]);
        again = s.agent().config(FAST).run(&["now", &web]);
    }
    let context = format!("{image}, {policy}, engine restarted before call {k} ({call:?})\n{outcome}\n{again}");
    check(&s, policy, &old, image.starts_with("sick"), &again, &context);
    was_restarted
}

fn check(s: &Scratch, policy: &str, old: &str, is_sick: bool, again: &Outcome, context: &str) {
    let web = s.host.inspect(&s.name("web"));
    assert_eq!(web["State"]["Running"], true, "{context}");
    assert_eq!(web["HostConfig"]["RestartPolicy"]["Name"], policy, "{context}");
    assert_eq!(web["Id"] == old, is_sick, "{context}");
    let (_, tagged) = s.host.api("GET", &format!("/images/{}/json", s.image("web")));
    assert_eq!(web["Image"], tagged["Id"], "the tag points to what runs: {context}");
    assert_eq!(names(s, true), [s.name("web")], "{context}");
    assert_eq!(names(s, false).len(), if is_sick { 1 } else { 2 }, "only the kept one beside it: {:?} {context}", names(s, false));
    assert!(again.status.is_some_and(|code| code <= 1), "{context}");
}
