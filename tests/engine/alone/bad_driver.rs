//! A network driver that is out of order. While it hangs, the engine answers nothing about any container of its networks.

use std::time::Duration;

use crate::lab::{DOCKER, NetworkDriver, lacks, wait_for};
use crate::{FAST, leftovers, look, scratch};

#[test]
fn a_network_driver_that_is_slow_is_waited_for() {
    if lacks(&DOCKER) {
        return;
    }
    let s = scratch("driver-slow");
    let driver = NetworkDriver::start(s.host, &s.name("driver"));
    let network = s.name("net");
    s.host.docker(&["network", "create", "-d", driver.name(), &network]);
    s.push("web", "nohealth:v1");
    s.run("web", &["--network", &network]);
    let old = look(&s, &s.name("web"));
    s.push("web", "nohealth:v2");
    driver.hang();
    let running = s.agent().config(FAST).spawn(&["now", &s.name("web")]);
    wait_for("the driver is asked", Duration::from_secs(60), || (driver.waiting() > 0).then_some(()));
    driver.go_on();
    running.wait(Duration::from_secs(120)).exits(0);
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id != old.id);
    s.host.docker(&["rm", "-f", &s.name("web")]);
}

#[test]
fn a_container_that_the_engine_does_not_answer_about_is_held_and_keeps_no_other_from_being_rotated() {
    if lacks(&DOCKER) {
        return;
    }
    let s = scratch("driver-hangs");
    let driver = NetworkDriver::start(s.host, &s.name("driver"));
    let network = s.name("net");
    s.host.docker(&["network", "create", "-d", driver.name(), &network]);
    for unit in ["hung", "web"] {
        s.push(unit, "nohealth:v1");
        let network = if unit == "hung" { &network } else { "bridge" };
        s.run(unit, &["--label", "rotate.enable=true", "--network", network]);
        s.push(unit, "nohealth:v2");
    }
    let (hung, web) = (s.name("hung"), s.name("web"));
    let before = look(&s, &web);
    driver.hang();
    let mut stop = s.host.command(&["docker", "stop", "-t", "1", &hung]).spawn().expect("docker can be run");
    wait_for("the driver is asked", Duration::from_secs(60), || (driver.waiting() > 0).then_some(()));

    let outcome = s.agent().config(FAST).run(&["now", "--json"]).exits(1);
    let of = |name: &str| {
        let json = outcome.json();
        let all = json["containers"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|entry| entry["name"] == name).unwrap_or_else(|| panic!("{name}: {outcome}"))
    };
    assert_eq!(of(&hung)["reason"], "no_answer");
    assert_eq!(of(&web)["verdict"], "rotated");
    assert_ne!(look(&s, &web).id, before.id);
    let status = s.agent().run(&["status"]);
    assert!(status.stdout.lines().any(|line| line.contains(&hung) && line.contains("tells nothing of it: no answer to")), "{status}");

    driver.go_on();
    stop.wait().expect("docker ends");
    s.host.docker(&["rm", "-f", &hung]);
}

#[test]
fn a_network_driver_that_is_gone_is_a_persons_to_bring_back_and_the_next_run_repairs() {
    if lacks(&DOCKER) {
        return;
    }
    let s = scratch("driver-gone");
    let driver = NetworkDriver::start(s.host, &s.name("driver"));
    let network = s.name("net");
    s.host.docker(&["network", "create", "-d", driver.name(), &network]);
    s.push("web", "nohealth:v1");
    s.run("web", &["--network", &network]);
    s.push("web", "nohealth:v2");
    driver.fail();
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web")]).exits(3);
    assert!(outcome.stderr.contains("IS DOWN") && outcome.stderr.contains("out of order"), "{outcome}");
    assert_eq!(leftovers(&s).len(), 1, "both are kept: {outcome}");

    driver.go_on();
    s.agent().config(FAST).run(&["now", &s.name("web")]);
    let web = look(&s, &s.name("web"));
    assert!(web.is_running, "{web:?}");
    assert!(leftovers(&s).len() <= 1);
}
