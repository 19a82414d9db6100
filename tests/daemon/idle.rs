//! What the daemon does between two runs: nothing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use super::{CONFIG, SOON, daemon, id, request, scratch, stale, state};
use crate::lab::{policy, wait_for};

/// A minute, in which the watchdog is fed twice; without one the wall clock is looked at, which may have been set: each a turn of the loop, or two.
const WATCHED: Duration = Duration::from_secs(61);
const MOST_WAKE_UPS: u64 = 4;

/// How often its threads went to sleep again.
fn wake_ups(pid: u64) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs").flatten();
    let switches = |task: PathBuf| {
        let status = fs::read_to_string(task.join("status")).unwrap_or_default();
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse::<u64>().ok()).unwrap_or_default()
    };
    tasks.map(|task| switches(task.path())).sum()
}

/// Its connections to others, as `ss` has them: own socket and peer.
fn connections(pid: u64) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").flatten();
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok()).map(|target| target.display().to_string());
    let own: Vec<String> = targets.filter_map(|target| Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let listed = Command::new("ss").args(["-xH"]).output().expect("ss (iproute2) can be run");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    // Kind, state, two queues, path, inode, path, inode. A pair of its own is how it hears of signals.
    let is_outward = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_own = |n: usize| fields.get(n).is_some_and(|inode| own.iter().any(|own| own == inode));
        fields.get(1) == Some(&"ESTAB") && is_own(5) && !is_own(7)
    };
    listed.lines().filter(is_outward).map(str::to_owned).collect()
}

#[test]
fn between_two_runs_it_sleeps_and_holds_no_connection() {
    let s = scratch("idle");
    let old = stale(&s, &["--restart", policy("always")]);
    // What is kept is looked after each minute.
    let _running = daemon(&s, &format!("{CONFIG}keep_old = \"0s\"\n"));
    request(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    assert_ne!(id(&s), old);
    let pid = state(&s)["pid"].as_u64().expect("its process id");
    let threads = || fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    wait_for("helper threads have ended", SOON, || (threads() == 1).then_some(()));
    wait_for("nothing is connected", SOON, || connections(pid).is_empty().then_some(()));
    let before = wake_ups(pid);
    sleep(WATCHED); // what is measured is that nothing happens
    assert_eq!(connections(pid), Vec::<String>::new());
    let woken = wake_ups(pid) - before;
    assert!(woken <= MOST_WAKE_UPS, "woken {woken} times in {} s", WATCHED.as_secs());
}
