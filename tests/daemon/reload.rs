//! SIGHUP.

use rustix::process::Signal;

use super::{CONFIG, SOON, ask, daemon, scratch, state};
use crate::lab::wait_for;

#[test]
fn a_bad_configuration_is_refused_and_a_good_one_is_put_in_force() {
    let s = scratch("hup");
    let running = daemon(&s, CONFIG);
    let before = state(&s)["next_run"].clone();
    s.file("rotate.toml", "schedule = \"0 25 * * *\"\n");
    running.signal(Signal::HUP);
    wait_for("it is refused", SOON, || (!state(&s)["configuration"]["refused"].is_null()).then_some(()));
    assert_eq!(state(&s)["next_run"], before, "the old one stays");
    let status = ask(&s, &["status"]).exits(0);
    assert!(status.stdout.contains("refused") && status.stdout.contains("rotate.toml:1"), "{status}");

    s.file("rotate.toml", "schedule = \"0 0 2 1 *\"\n");
    running.signal(Signal::HUP);
    wait_for("it is in force", SOON, || state(&s)["configuration"]["refused"].is_null().then_some(()));
    assert_ne!(state(&s)["next_run"], before);
}

#[test]
fn the_log_level_is_put_in_force_too() {
    let s = scratch("level");
    let running = daemon(&s, &format!("{CONFIG}log_level = \"error\"\n"));
    let read_at = || state(&s)["configuration"]["read_at"].clone();
    let first = read_at();
    running.signal(Signal::HUP);
    wait_for("it is read again", SOON, || (read_at() != first).then_some(()));
    s.file("rotate.toml", &format!("{CONFIG}log_level = \"info\"\n"));
    running.signal(Signal::HUP);
    wait_for("it says more", SOON, || running.said().contains("is in force").then_some(()));
    assert_eq!(running.said().matches("is in force").count(), 1, "nothing was said before: {}", running.said());
}
