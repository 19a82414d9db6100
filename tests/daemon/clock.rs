//! A wall clock that jumps an hour forward or back under the daemon: `libfaketime` moves its clock and leaves the time since boot alone.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{SOON, ask, begun, id, is_new, scratch, send, socket, stale, state, text};
use crate::lab::{Host, Running, Scratch, wait_for, within};

const FORWARD: i64 = 3600;
const BACK: i64 = -3600;

/// The daemon's own clock.
struct Clock<'a>(&'a Scratch);

impl Clock<'_> {
    /// By so many seconds off the machine's.
    fn set(&self, seconds: i64) {
        let part = self.0.file("clock.part", &format!("{seconds:+}\n"));
        fs::rename(part, self.path()).expect("a file can be moved");
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.dir().join("clock")
    }

    /// A daemon with this clock, as soon as it answers. It looks at its clock each second, as it does for a watchdog of two.
    #[track_caller]
    fn daemon(&self, config: &str) -> Running<'_> {
        let library = fs::read_dir("/usr/lib").expect("a system").flatten().map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
        let library = library.into_iter().find(|path| path.exists()).expect("libfaketime is installed: `tests/run` does it");
        let agent = self.0.agent().config(config).env("LD_PRELOAD", &text(&library)).env("FAKETIME_TIMESTAMP_FILE", &text(&self.path()));
        let agent = agent.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("WATCHDOG_USEC", "2000000");
        begun(self.0, agent.spawn(&["daemon", "--socket", &text(&socket(self.0))]))
    }
}

fn history(s: &Scratch) -> Value {
    ask(s, &["history", &s.name("web"), "--json"]).exits(0).json()["rotations"][0].clone()
}

/// A gate of ten seconds, and a deadline of a minute: both would be over after a jump forward, and none ever after a jump back.
fn jump_at_the_gate(seconds: i64) {
    let s = scratch("gatejump");
    let old = stale(&s, &[]);
    let clock = Clock(&s);
    clock.set(0);
    let _running = clock.daemon("min_healthy = \"10s\"\ndeadline = \"1m\"\nschedule = \"0 0 1 1 *\"\n");
    let _client = send(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    wait_for("the successor has to prove itself", SOON, || is_new(&s, &old).then_some(()));
    let since = Instant::now();
    clock.set(seconds);
    let shown = wait_for("it is proved", SOON, || Some(history(&s)).filter(|past| past["verdict"] == "rotated"));
    assert!(since.elapsed() > Duration::from_secs(8), "proved after {:?}: {shown}", since.elapsed());
    for part in ["took_seconds", "down_time_seconds"] {
        assert!(shown[part].as_f64().is_none_or(|seconds| seconds >= 0.0), "{part}: {shown}");
    }
    let shown = ask(&s, &["history", &s.name("web")]).exits(0).stdout;
    assert!(!shown.contains(" -") && !shown.contains("+-"), "no time is negative: {shown}");
    assert!(is_new(&s, &old));
}

#[test]
fn an_hour_forward_at_the_gate_neither_proves_a_successor_nor_fails_it() {
    jump_at_the_gate(FORWARD);
}

#[test]
fn an_hour_back_at_the_gate_does_not_keep_it_there() {
    jump_at_the_gate(BACK);
}

#[test]
fn what_is_kept_is_kept_by_the_wall_clock() {
    let s = scratch("keepjump");
    let old = stale(&s, &[]);
    let clock = Clock(&s);
    clock.set(0);
    let _running = clock.daemon("min_healthy = \"500ms\"\nkeep_old = \"30m\"\nschedule = \"0 0 1 1 *\"\n");
    ask(&s, &["now", &s.name("web")]).exits(0);
    let is_kept = || s.host.try_inspect(&old).is_some();
    clock.set(BACK);
    ask(&s, &["now", &s.name("web")]).exits(0);
    assert!(is_kept(), "its time is farther away");
    clock.set(FORWARD);
    wait_for("its time is over", Duration::from_secs(120), || (!is_kept()).then_some(()));
    assert!(is_new(&s, &old) && history(&s)["verdict"] == "rotated", "and that is all: {}", id(&s));
}

/// A second before a whole hour of the daemon's clock: how far it is off then.
fn before_the_hour() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    i64::try_from(3600 - now % 3600).expect("at most an hour") - 5
}

#[test]
fn a_run_is_begun_once_however_often_the_clock_shows_its_time() {
    let s = Scratch::alone(Host::shared(), "runjump");
    let clock = Clock(&s);
    let offset = before_the_hour();
    clock.set(offset);
    let running = clock.daemon("schedule = \"0 * * * *\"\ntime_zone = \"UTC\"\n");
    let runs = || running.said().matches("a scheduled run begins").count();
    let first = state(&s)["next_run"].clone();
    wait_for("the hour has come", SOON, || (runs() == 1).then_some(()));
    wait_for("its run is over", SOON, || (state(&s)["is_busy"] == false && state(&s)["next_run"] != first).then_some(()));
    let second = state(&s)["next_run"].clone();

    // The same hour once more: some looks at the clock, and no run.
    let early = before_the_hour() + BACK;
    clock.set(early);
    assert!(within(Duration::from_secs(12), || (runs() > 1).then_some(())).is_none(), "{}", running.said());
    assert_eq!(state(&s)["next_run"], second, "the next one is the next hour's");

    // Over the next hour at one stroke.
    clock.set(offset + FORWARD + 60);
    wait_for("it is made up for", SOON, || (runs() == 2).then_some(()));
    wait_for("the hour after is next", SOON, || (state(&s)["next_run"] != second).then_some(()));
    assert_eq!(runs(), 2, "{}", running.said());
}
