//! SIGHUP.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{CONFIG, SOON, ask, begun, daemon, id, is_new, scratch, send, socket, stale, state, text};
use crate::lab::{Action, Fault, FaultProxy, Running, Scratch, wait_for};

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

/// So long that a gate of it cannot be taken for one of half a second, which the new configuration has.
const LONG: Duration = Duration::from_secs(8);
const WITH_A_LONG_GATE: &str = "min_healthy = \"8s\"\nkeep_old = \"48h\"\nschedule = \"0 0 1 1 *\"\n";

/// A rotation under [`WITH_A_LONG_GATE`] while these files are put in its place, once the first call to the engine is under way: what the gate
/// took. `meanwhile` is called at the gate.
fn rotated_over_a_reload(s: &Scratch, running: &Running<'_>, proxy: &FaultProxy, text: &str, meanwhile: impl FnOnce()) -> Duration {
    let old = id(s);
    let pid = state(s)["pid"].as_i64().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a process id");
    s.file("rotate.toml", text);
    let hang_up = move || kill_process(pid, Signal::HUP).expect("the daemon runs");
    proxy.at(1, Fault::Before(Action::Run(Box::new(hang_up))));
    let _client = send(s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    wait_for("the successor has to prove itself", SOON, || is_new(s, &old).then_some(()));
    let since = Instant::now();
    running.signal(Signal::HUP);
    meanwhile();
    assert_eq!(state(s)["is_busy"], true, "it is still at the gate");
    let proved = wait_for("it is proved", SOON, || Some(newest(s)).filter(|past| past["verdict"] == "rotated"));
    let kept: Timestamp = proved["kept_until"].as_str().and_then(|at| at.parse().ok()).expect("it is kept");
    assert!(kept.duration_since(Timestamp::now()) > SignedDuration::from_hours(47), "as long as it began with: {proved}");
    since.elapsed()
}

fn newest(s: &Scratch) -> Value {
    ask(s, &["history", &s.name("web"), "--json"]).exits(0).json()["rotations"][0].clone()
}

fn behind<'a>(s: &'a Scratch, proxy: &FaultProxy) -> Running<'a> {
    let agent = s.agent().engine(&proxy.socket()).config(WITH_A_LONG_GATE);
    begun(s, agent.spawn(&["daemon", "--socket", &text(&socket(s))]))
}

#[test]
fn a_rotation_ends_as_it_began_and_the_next_one_is_under_the_new_configuration() {
    let s = scratch("hupgood");
    stale(&s, &[]);
    let proxy = FaultProxy::start(&s.host.socket());
    let running = behind(&s, &proxy);
    let before = state(&s)["next_run"].clone();
    let good = "min_healthy = \"500ms\"\nkeep_old = \"1h\"\nschedule = \"0 0 2 1 *\"\n";
    let took = rotated_over_a_reload(&s, &running, &proxy, good, || {
        wait_for("the schedule is the new one", SOON, || (state(&s)["next_run"] != before).then_some(()));
    });
    assert!(took > LONG - Duration::from_secs(1), "{took:?}");
    assert_eq!(state(&s)["configuration"]["refused"], Value::Null);

    s.push("web", "nohealth:v3");
    ask(&s, &["now", &s.name("web")]).exits(0);
    let next = newest(&s);
    let kept: Timestamp = next["kept_until"].as_str().and_then(|at| at.parse().ok()).expect("it is kept");
    assert!(kept.duration_since(Timestamp::now()) < SignedDuration::from_hours(2), "{next}");
    assert!(running.said().contains("is in force"), "{}", running.said());
}

#[test]
fn a_bad_configuration_in_the_middle_of_a_rotation_changes_nothing_of_it() {
    let s = scratch("hupbad");
    stale(&s, &[]);
    let proxy = FaultProxy::start(&s.host.socket());
    let running = behind(&s, &proxy);
    let before = state(&s)["next_run"].clone();
    let took = rotated_over_a_reload(&s, &running, &proxy, "min_healthy = \"soon\"\nschedule = \"0 0 2 1 *\"\n", || {
        // Both are shown while it goes on, and without waiting for it.
        let status = ask(&s, &["status"]).exits(0);
        for word in ["its configuration is that of", "refused", "rotate.toml:1", "soon"] {
            assert!(status.stdout.contains(word), "{word}: {status}");
        }
        assert_eq!(ask(&s, &["status", "--json"]).json()["daemon"]["configuration"]["refused"]["exit"], 78);
    });
    assert!(took > LONG - Duration::from_secs(1), "{took:?}");
    assert_eq!(state(&s)["next_run"], before, "the old one stays");
    s.file("rotate.toml", CONFIG);
    running.signal(Signal::HUP);
    wait_for("one that is right is put in force", SOON, || state(&s)["configuration"]["refused"].is_null().then_some(()));
}
