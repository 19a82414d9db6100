//! The probe measures down time as a client has it.

use std::{thread, time::Duration};

use super::lab::{Host, Probe, Scratch, wait_for};

#[test]
fn down_time_is_zero_for_a_service_that_stays_and_the_gap_for_one_that_restarts() {
    let scratch = Scratch::new(Host::shared(), "down_time_is_zero_for_a_service_that_stays_and_the_gap_for_one_that_restarts");
    scratch.push("web", "ok:one");
    scratch.run("web", &["-p", "80"]);
    let address = || format!("{}:{}", scratch.host.ip(), scratch.port("web"));
    wait_for("the service answers", Duration::from_secs(10), || scratch.served(scratch.port("web")));

    let probe = Probe::start(&address());
    thread::sleep(Duration::from_millis(300)); // the time measured, not a wait
    let report = probe.stop();
    assert_eq!((report.down, report.failed, report.pages), (Some(Duration::ZERO), 0, vec!["one".to_owned()]));

    let probe = Probe::start(&address());
    scratch.host.docker(&["pause", &scratch.name("web")]);
    scratch.host.docker(&["rm", "-f", &scratch.name("web")]);
    let report = probe.stop();
    assert_eq!(report.down, None, "it did not come back: {report:?}");
}

#[test]
fn gap_of_a_restart_is_seen() {
    let scratch = Scratch::new(Host::shared(), "gap_of_a_restart_is_seen");
    scratch.push("web", "ok:one");
    // A port of the host that stays the same over a restart.
    let port = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    scratch.run("web", &["-p", &format!("{port}:80")]);
    wait_for("the service answers", Duration::from_secs(60), || scratch.served(port));
    let probe = Probe::start(&format!("{}:{port}", scratch.host.ip()));
    scratch.host.docker(&["stop", &scratch.name("web")]);
    thread::sleep(Duration::from_millis(500)); // the gap measured, not a wait
    scratch.host.docker(&["start", &scratch.name("web")]);
    wait_for("the service answers again", Duration::from_secs(60), || scratch.served(port));
    let report = probe.stop();
    assert!(report.failed > 10 && report.down >= Some(Duration::from_millis(500)), "{report:?}");
}
