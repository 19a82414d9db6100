//! What keeps the daemon from starting.

use std::path::Path;

use rustix::process::Signal;

use super::{CONFIG, SOON, begun, daemon, scratch, socket, state, text};
use crate::lab::wait_for;

#[test]
fn of_two_daemons_the_second_does_not_start_and_the_first_does_not_notice() {
    let s = scratch("two");
    let _first = daemon(&s, CONFIG);
    let (at, elsewhere) = (text(&socket(&s)), s.dir().join("state-2"));
    for agent in [s.agent(), s.agent().state_dir(&elsewhere)] {
        let second = agent.config(CONFIG).run(&["daemon", "--socket", &at]).exits(75);
        assert!(second.stderr.contains("another daemon listens"), "{second}");
    }
    state(&s);
}

#[test]
fn a_daemon_begins_when_whoever_holds_the_lock_is_done() {
    let s = scratch("standby");
    let first = s.agent().config(CONFIG).spawn(&["daemon", "--socket", &text(&s.dir().join("other.sock"))]);
    wait_for("the first listens", SOON, || s.dir().join("other.sock").exists().then_some(()));
    let second = s.agent().config(CONFIG).spawn(&["daemon", "--socket", &text(&socket(&s))]);
    wait_for("the second waits", SOON, || second.said().contains("begins when that one is done").then_some(()));
    let third = s.agent().config(CONFIG).spawn(&["daemon", "--socket", &text(&socket(&s))]);
    wait_for("the third waits", SOON, || third.said().contains("is held by process").then_some(()));
    third.signal(Signal::TERM);
    third.wait(SOON).exits(0);
    first.kill();
    let _second = begun(&s, second);
    state(&s);
}

#[test]
fn an_engine_address_that_can_never_work_ends_it() {
    let s = scratch("address");
    let outcome = s.agent().engine_flag("tcp://10.0.0.1:2375").config(CONFIG).run(&["daemon", "--socket", &text(&socket(&s))]).exits(78);
    assert!(outcome.stderr.contains("tcp://10.0.0.1:2375"), "{outcome}");
}

#[test]
fn the_socket_of_a_dead_daemon_is_replaced_and_a_file_is_not() {
    let s = scratch("dead");
    daemon(&s, CONFIG).kill();
    assert!(socket(&s).exists(), "killed, it cannot tidy up");
    let running = daemon(&s, CONFIG);
    state(&s);
    running.signal(Signal::INT);
    running.wait(SOON).exits(0);
    std::fs::write(socket(&s), "precious").expect("a file");
    let refused = s.agent().config(CONFIG).run(&["daemon", "--socket", &text(&socket(&s))]).exits(78);
    assert!(refused.stderr.contains("is there and is no socket"), "{refused}");
    assert_eq!(std::fs::read_to_string(socket(&s)).expect("the file"), "precious");
}

#[test]
fn a_bad_configuration_ends_with_its_own_code() {
    let s = scratch("badconf");
    for (line, word) in [
        ("schedule = \"0 25 * * *\"", "25"),
        ("schedule = \"@reboot\"", "@reboot"),
        ("schedule = \"0 0 30 2 *\"", "30"),
        ("time_zone = \"Europe/Berln\"", "Europe/Berlin"),
        ("shedule = \"@daily\"", "schedule"),
    ] {
        let outcome = s.agent().config(line).run(&["daemon", "--socket", &text(&socket(&s))]).exits(78);
        assert!(outcome.stderr.contains(word) && outcome.stderr.contains("rotate.toml:1"), "{line}: {outcome}");
    }
}

#[test]
fn a_state_directory_that_cannot_be_used_ends_it() {
    let s = scratch("state");
    let file = s.dir().join("file");
    std::fs::write(&file, "").expect("a file");
    let socket = text(&socket(&s));
    let outcome = s.agent().config(CONFIG).state_dir(&file).run(&["daemon", "--socket", &socket]).exits(78);
    assert!(outcome.stderr.contains("cannot lock"), "{outcome}");
    let outcome = s.agent().config(CONFIG).state_dir(Path::new("/proc/nowhere")).run(&["daemon", "--socket", &socket]).exits(78);
    assert!(outcome.stderr.contains("cannot lock"), "{outcome}");
}
