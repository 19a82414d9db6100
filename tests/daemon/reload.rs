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
