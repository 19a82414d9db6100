//! A host without a time zone database, and one that does not say where it is.

use super::{CONFIG, SOON, begun, scratch, socket, state, text};
use crate::lab::{Agent, Scratch, wait_for};

const NO_DATABASE: &str = "mount -t tmpfs none /usr/share/zoneinfo";
const NO_LOCALTIME: &str = "mount -t tmpfs none /etc";
const WARNING: &str = "the schedule is read in UTC";

/// Starts, reads its schedule in UTC; true if it says that it had to.
#[track_caller]
fn warns(s: &Scratch, agent: Agent<'_>, config: &str) -> bool {
    let config = format!("schedule = \"0 4 1 7 *\"\n{config}");
    let running = begun(s, agent.config(&config).spawn(&["daemon", "--socket", &text(&socket(s))]));
    let next = wait_for("it knows its next run", SOON, || state(s)["next_run"].as_str().map(str::to_owned));
    assert!(next.ends_with("-07-01T04:00:00Z"), "{next}");
    running.said().contains(WARNING)
}

#[test]
fn a_zone_that_no_database_has_is_refused_with_what_to_install() {
    let s = scratch("nozone");
    let config = format!("{CONFIG}time_zone = \"Europe/Berlin\"\n");
    let agent = s.agent().config(&config).after_mounts(NO_DATABASE);
    let refused = agent.run(&["daemon", "--socket", &text(&socket(&s))]).exits(78);
    for word in ["rotate.toml:3", "`Europe/Berlin`", "no time zone database", "apt install tzdata"] {
        assert!(refused.stderr.contains(word), "{word}: {refused}");
    }
}

#[test]
fn utc_needs_no_database() {
    let s = scratch("utc");
    assert!(!warns(&s, s.agent().after_mounts(NO_DATABASE), "time_zone = \"UTC\"\n"));
}

#[test]
fn a_host_that_does_not_say_its_zone_is_in_utc_with_a_warning() {
    let s = scratch("unknown");
    assert!(warns(&s, s.agent().after_mounts(NO_LOCALTIME), ""), "no /etc/localtime");
    assert!(warns(&s, s.agent().after_mounts(NO_DATABASE).env("TZ", "Europe/Berlin"), ""), "a zone that cannot be looked up");
    assert!(!warns(&s, s.agent().env("TZ", "UTC"), ""));
}
