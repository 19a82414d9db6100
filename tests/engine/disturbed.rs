//! Other hands and bad moments between plan and proof.

use std::time::Duration;

use rustix::process::Signal;

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy, Scratch, policy, wait_for};

/// A container of a good image with a newer good one in the registry.
fn stale(s: &Scratch, options: &[&str]) {
    s.push("web", "ok:v1");
    s.run("web", options);
    s.push("web", "ok:v2");
}

fn run(action: impl FnOnce() + Send + 'static) -> Fault {
    Fault::Before(Action::Run(Box::new(action)))
}

#[test]
fn other_hands_before_the_switch_end_the_rotation_and_are_respected() {
    let hands: [(&str, &[&str], &str); 4] = [
        ("stop", &["stop", "-t", "1", "WEB"], "container_not_running"),
        ("rename", &["rename", "WEB", "WEB-renamed"], "container_renamed"),
        ("remove", &["rm", "-f", "WEB"], "container_gone"),
        ("pause", &["pause", "WEB"], "container_not_running"),
    ];
    for (hand, command, reason) in hands {
        let s = scratch(hand);
        stale(&s, &["--restart", policy("always")]);
        let (web, tag) = (s.name("web"), tagged(&s, "web"));
        let command: Vec<String> = command.iter().map(|word| word.replace("WEB", &web)).collect();
        let proxy = FaultProxy::start(&s.host.socket());
        let host = s.host;
        proxy.at_path("/containers/create", 1, run(move || drop(host.docker(&command.iter().map(String::as_str).collect::<Vec<_>>()))));
        let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web, "--json"]).exits(0);
        assert_eq!(entry(&outcome, &web)["reason"], reason, "{hand}: {outcome}");
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{hand}");
        assert_eq!(tagged(&s, "web"), tag, "{hand}: the tag went back");
    }
}

#[test]
fn a_container_that_somebody_recreated_is_left_alone() {
    let s = scratch("recreate");
    stale(&s, &[]);
    let (web, image, host) = (s.name("web"), s.image("web"), s.host);
    let proxy = FaultProxy::start(&s.host.socket());
    let name = web.clone();
    proxy.at_path(
        "/containers/create",
        1,
        run(move || {
            host.docker(&["rm", "-f", &name]);
            host.docker(&["run", "-d", "--name", &name, "-e", "NEW=1", &image]);
        }),
    );
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &web)["reason"], "container_gone", "{outcome}");
    assert!(s.host.inspect(&web)["Config"]["Env"].to_string().contains("NEW=1"));
    assert!(look(&s, &web).is_running);
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn a_create_without_an_answer_that_succeeded_is_gone_on_with() {
    let s = scratch("create");
    stale(&s, &[]);
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at_path("/containers/create", 1, Fault::After(Action::Cut));
    s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!(proxy.done(), 1);
    assert_eq!(leftovers(&s).len(), 1, "only the kept one");
    assert_eq!(look(&s, &s.name("web")).image, tagged(&s, "web"));
}

/// A proxy before the engine had no patience: what it says is no answer of the engine's.
#[test]
fn a_gateways_error_is_no_refusal_of_the_engine() {
    let s = scratch("gateway");
    stale(&s, &[]);
    let proxy = FaultProxy::start(&s.host.socket());
    for part in ["/containers/create", "/start"] {
        proxy.at_path(part, 1, Fault::After(Action::Status(504, "the upstream took too long".into())));
    }
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!((proxy.done(), leftovers(&s).len()), (2, 1), "only the kept one: {outcome}");
    assert!(look(&s, &s.name("web")).is_running && look(&s, &s.name("web")).image == tagged(&s, "web"), "{outcome}");
}

#[test]
fn a_pull_that_is_called_done_without_the_image_is_an_error_and_not_repeated() {
    let s = scratch("half-pull");
    stale(&s, &[]);
    let old = look(&s, &s.name("web"));
    let proxy = FaultProxy::start(&s.host.socket());
    // An answer of 200 whose stream holds no error, from an engine that pulled nothing.
    proxy.at_path("/images/create", 1, Fault::Before(Action::Status(200, "nothing was pulled".into())));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["reason"], "pull_failed", "{outcome}");
    assert_eq!(proxy.calls().iter().filter(|call| call.contains("/images/create")).count(), 1);
    assert_eq!(look(&s, &s.name("web")), old);
}

/// Without a restart policy none is changed.
fn is_made(part: &str) -> bool {
    part != "/update" || policy("always") != "no"
}

#[test]
fn every_call_that_fails_once_leaves_one_container_running_under_the_name() {
    let s = scratch("refused");
    for part in ["/containers/create", "/stop", "/update", "/rename", "/start"].into_iter().filter(|part| is_made(part)) {
        s.push("web", "ok:v1");
        s.run("web", &["--restart", policy("always")]);
        let old = look(&s, &s.name("web"));
        s.push("web", "ok:v2");
        let proxy = FaultProxy::start(&s.host.socket());
        proxy.at_path(part, 1, Fault::Before(Action::Status(500, "the test says no".into())));
        let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
        assert_eq!(look(&s, &s.name("web")), old, "{part}: {outcome}");
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{part}");
        let refused = s.agent().run(&["plan", &s.name("web"), "--json"]).exits(0);
        assert_eq!(refused.json()["rotations"][0]["name"], s.name("web").as_str(), "{part}: the digest is not refused: {refused}");
        s.host.docker(&["rm", "-f", &s.name("web")]);
    }
}

/// A failure that is over in a moment leaves no service down, no tag at a sick image and nothing beside the old container.
#[test]
fn a_call_of_the_way_back_that_fails_once_is_made_again_by_the_same_run() {
    let s = scratch("way-back");
    // The way there has one of those that are counted as the second: two renames, one policy, one start, one stop. On a Podman the successor has its policy
    // from the switch on only, by one call more.
    let (of_sick, of_old) = if s.host.has_podman() { (3, 4) } else { (2, 3) };
    let calls = [("/stop", 2), ("/update", of_sick), ("/rename", 3), ("/rename", 4), ("/update", of_old), ("/start", 2), ("tag=latest", 2)];
    let last = [("DELETE /containers", 1), ("DELETE /volumes", 1), ("DELETE /images/localhost", 1)];
    for (part, nth) in calls.into_iter().chain(last).filter(|(part, _)| is_made(part)) {
        s.push("web", "ok:v1");
        s.run("web", &["--restart", policy("always")]);
        let old = look(&s, &s.name("web"));
        s.push_with("web", "sick:v2", r#"{"Volumes": {"/extra": {}}}"#);
        let proxy = FaultProxy::start(&s.host.socket());
        proxy.at_path(part, nth, Fault::Before(Action::Status(500, "device or resource busy".into())));
        let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--retry", "--json"]).exits(1);
        assert_eq!(proxy.done(), 1, "{part} {nth}: {outcome}");
        let said = entry(&outcome, &s.name("web"));
        assert_eq!((&said["verdict"], &said["reason"]), (&"rolled_back".into(), &"gate_failed".into()), "{part} {nth}: {outcome}");
        assert_eq!(look(&s, &s.name("web")), old, "{part} {nth}: {outcome}");
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{part} {nth}: {outcome}");
        assert_eq!(tagged(&s, "web"), old.image, "{part} {nth}: {outcome}");
        let volumes = proxy.calls().iter().filter(|call| call.starts_with("DELETE /volumes")).count();
        assert_eq!(volumes, if part == "DELETE /volumes" { 2 } else { 1 }, "{part} {nth}: {outcome}");
        s.host.docker(&["rm", "-f", &s.name("web")]);
    }
}

#[test]
fn a_port_taken_in_the_moment_it_is_free_is_stuck_until_it_is_free_again() {
    let s = scratch("port");
    s.push("web", "ok:v1");
    s.push("thief", "nohealth:thief");
    s.host.docker(&["pull", "-q", &s.image("thief")]);
    let port = free_port(&s);
    let publish = format!("{port}:80");
    s.run("web", &["--restart", policy("always"), "-p", &publish]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    let proxy = FaultProxy::start(&s.host.socket());
    let (host, thief, image, web) = (s.host, s.name("thief"), s.image("thief"), s.name("web"));
    let take = {
        let (thief, publish) = (thief.clone(), publish.clone());
        move || drop(host.docker(&["run", "-d", "--name", &thief, "-p", &publish, &image]))
    };
    proxy.at_path("/start", 1, run(take));

    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web]).exits(3);
    let taken = if s.host.has_podman() { "address already in use" } else { "port is already allocated" };
    assert!(outcome.stderr.contains("IS DOWN") && outcome.stderr.to_lowercase().contains(taken), "{outcome}");
    assert_eq!(leftovers(&s).len(), 1, "both are kept: {outcome}");
    assert_eq!(s.rotate(&["status"]).exits(3).stdout.matches("STUCK").count(), 1);
    s.agent().config(FAST).run(&["now", &web]).exits(3);

    s.host.docker(&["rm", "-f", &thief]);
    let outcome = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(1);
    assert_eq!(entry(&outcome, &web)["verdict"], "rolled_back", "{outcome}");
    assert_eq!(s.served(port).as_deref(), Some("v2"), "the port was to blame, not the image: the same run rotates");
    assert_eq!(leftovers(&s).len(), 1);
    assert_eq!(look(&s, &leftovers(&s)[0]).id, old.id);
}

#[test]
fn ctrl_c_in_the_gate_leaves_one_container_running_and_the_next_run_ends_it() {
    let s = scratch("interrupt");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", policy("always")]);
    let old = look(&s, &s.name("web"));
    s.push("web", "slow:4:v2");
    let running = s.agent().config(FAST).spawn(&["now", &s.name("web")]);
    let is_new = || s.host.try_inspect(&s.name("web")).filter(|c| c["Id"] != old.id.as_str() && c["State"]["Running"] == true);
    wait_for("the new one runs", Duration::from_secs(60), is_new);
    running.signal(Signal::INT);
    running.wait(Duration::from_secs(10)).exits(1);
    let new = look(&s, &s.name("web"));
    assert!(new.is_running && new.id != old.id);

    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!(look(&s, &s.name("web")), new);
    assert_eq!(leftovers(&s).len(), 1);
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_the_next_run_repairs() {
    let s = scratch("interrupt-twice");
    s.push("web", "stubborn:v1");
    s.run("web", &["--restart", policy("always"), "--stop-timeout", "5"]);
    s.push("web", "nohealth:v2");
    let running = s.agent().config(FAST).spawn(&["now", &s.name("web")]);
    wait_for("it stops the old one", Duration::from_secs(60), || running.said().contains("stop the old container").then_some(()));
    running.signal(Signal::INT);
    wait_for("it has heard", Duration::from_secs(5), || running.said().contains("once more to leave at once").then_some(()));
    running.signal(Signal::INT);
    running.wait(Duration::from_secs(2)).exits(130);

    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!(look(&s, &s.name("web")).image, tagged(&s, "web"));
    assert_eq!(leftovers(&s).len(), 1);
}

#[test]
fn what_a_lost_store_knew_is_reported_and_not_touched() {
    let s = scratch("lost-store");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", policy("always")]);
    let lost = format!("{}.rotate-old-7f3a21-always", s.name("web"));
    s.host.docker(&["stop", "-t", "1", &s.name("web")]);
    s.host.docker(&["rename", &s.name("web"), &lost]);
    let outcome = s.rotate(&["now", &lost]).exits(3);
    assert!(outcome.stderr.contains(&format!("no `{}` runs", s.name("web"))), "{outcome}");
    assert!(!look(&s, &lost).is_running);
}

/// A port of the host that nothing has, as far as can be known.
fn free_port(s: &Scratch) -> u16 {
    s.push("probe", "nohealth:x");
    s.run("probe", &["-p", "80"]);
    let port = s.port("probe");
    s.host.docker(&["rm", "-f", &s.name("probe")]);
    port
}
