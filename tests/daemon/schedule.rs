//! What the daemon does of its own accord.

use std::time::Duration;

use super::{CONFIG, daemon, is_new, scratch, stale, state};
use crate::lab::{Host, Scratch, wait_for};

/// Up to a minute until the schedule's next one, and a rotation.
const TWO_MINUTES: Duration = Duration::from_secs(120);

#[test]
fn a_run_begins_by_the_schedule_and_rotates_what_is_selected() {
    let s = Scratch::alone(Host::shared(), "cron");
    let old = stale(&s, &["--label", "rotate.enable=true"]);
    let _running = daemon(&s, "min_healthy = \"500ms\"\nschedule = \"* * * * *\"\n");
    wait_for("it is rotated", TWO_MINUTES, || is_new(&s, &old).then_some(()));
}

#[test]
fn what_is_kept_is_removed_when_its_time_is_over() {
    let s = scratch("keep");
    stale(&s, &[]);
    let _running = daemon(&s, &format!("{CONFIG}keep_old = \"2s\"\n"));
    super::ask(&s, &["now", &s.name("web")]).exits(0);
    let filter = format!("name=^/?{}.rotate-old-", s.name("web"));
    wait_for("the old one is gone", TWO_MINUTES, || s.host.docker(&["ps", "-aq", "--filter", &filter]).is_empty().then_some(()));
    wait_for("the daemon is at rest", TWO_MINUTES, || (state(&s)["is_busy"] == false).then_some(()));
}
