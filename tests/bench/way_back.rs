//! How soon the old one serves again once a sick one has shown itself.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::lab::{self, Running, Scratch, wait_for};

/// Longer than any step of it takes.
const LONG: Duration = Duration::from_secs(60);

/// Pushes a sick image in place of `web`, another one each round, and lets `begin` run into it: from its first unhealthy answer to the page of the old
/// one at the address.
pub fn way_back<'a>(s: &'a Scratch, address: &str, page: &str, round: usize, begin: impl FnOnce() -> Running<'a>) -> Duration {
    s.push_with("web", &format!("sick:{round}"), r#"{"Cmd": ["trap 'exit 0' TERM; sleep 3600 & wait"]}"#);
    let since = since_1970(SystemTime::now()).as_secs().to_string();
    let running = begin();
    // One question may be lost on its way, and the old one serve on.
    let mut in_a_row = 0;
    wait_for("the old one is stopped", LONG, || {
        in_a_row = if lab::ask(address).is_none() { in_a_row + 1 } else { 0 };
        (in_a_row == 5).then_some(())
    });
    let back = first_answer(address, page);
    running.wait(LONG).exits(1);
    since_1970(back).saturating_sub(unhealthy(s, &since))
}

/// When the page is there. Each question is a connection of its own and waits for no other: one that is asked a moment too soon may hang.
fn first_answer(address: &str, page: &str) -> SystemTime {
    let (tell, told) = mpsc::channel();
    let end = Instant::now() + LONG;
    thread::scope(|scope| {
        while Instant::now() < end {
            let tell = tell.clone();
            scope.spawn(move || {
                let is_there = lab::ask(address).as_deref() == Some(page);
                is_there.then(|| tell.send(SystemTime::now()))
            });
            if let Ok(time) = told.recv_timeout(Duration::from_millis(5)) {
                return time;
            }
        }
        panic!("the old one does not serve")
    })
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).expect("it is later")
}

/// When the engine first told that a container is not healthy, since 1970.
fn unhealthy(s: &Scratch, since: &str) -> Duration {
    let which = ["--since", since, "--until", "0s", "--stream=false", "--filter", "event=health_status", "--format", "json"];
    let events = s.host.docker(&[&["events"], &which[..]].concat());
    let told = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut bad = told.filter(|event| event["health_status"] == "unhealthy").filter_map(|event| event["timeNano"].as_u64());
    Duration::from_nanos(bad.next().unwrap_or_else(|| panic!("no sick answer: {events}")))
}
