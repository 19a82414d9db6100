//! What systemd is told (sd_notify(3)), by a daemon that the test starts as systemd would.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::{CONFIG, SOON, id, is_new, request, scratch, send, socket, state, text};
use crate::lab::{Agent, Running, Scratch, policy, wait_for};

/// `WatchdogSec=`: not fed for so long, the daemon would be killed.
const WATCHDOG: Duration = Duration::from_secs(4);

/// An engine that is busy with one container answers for all; a busy host takes its time.
const PROMPT: Duration = Duration::from_secs(5);

/// systemd's end.
struct Systemd {
    listener: UnixDatagram,
    fed: Instant,
}

impl Systemd {
    /// Starts a daemon.
    fn start<'a>(s: &'a Scratch, agent: Agent<'a>) -> (Self, Running<'a>) {
        let path = s.dir().join("notify.sock");
        let listener = UnixDatagram::bind(&path).expect("a socket can be made in /tmp");
        listener.set_read_timeout(Some(Duration::from_millis(100))).expect("a time limit");
        let agent = agent.env("NOTIFY_SOCKET", &text(&path)).env("WATCHDOG_USEC", &WATCHDOG.as_micros().to_string());
        let running = agent.spawn(&["daemon", "--socket", &text(&socket(s))]);
        (Self { listener, fed: Instant::now() }, running)
    }

    /// Waits for a message with this in it, or until `is_over`; the watchdog must be fed in time meanwhile.
    #[track_caller]
    fn hear(&mut self, word: &str, mut is_over: impl FnMut() -> bool) -> Option<String> {
        let begun = Instant::now();
        let mut told = [0; 4096];
        while !is_over() {
            assert!(begun.elapsed() < SOON, "not told within a minute: {word}");
            assert!(self.fed.elapsed() < WATCHDOG, "the watchdog was not fed");
            match self.listener.recv(&mut told) {
                Ok(length) => {
                    let message = String::from_utf8_lossy(told.get(..length).unwrap_or_default()).into_owned();
                    if message.contains("WATCHDOG=1") {
                        self.fed = Instant::now();
                    }
                    if message.contains(word) {
                        return Some(message);
                    }
                }
                Err(error) => assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}"),
            }
        }
        None
    }

    #[track_caller]
    fn hears(&mut self, word: &str) -> String {
        self.hear(word, || false).expect("it was told")
    }
}

/// Asks each second how things stand; how long each answer took, and what it was.
fn asked_until(s: &Scratch, is_over: impl Fn() -> bool) -> Vec<(Duration, String)> {
    let begun = Instant::now();
    let mut answers = Vec::new();
    while !is_over() && begun.elapsed() < SOON {
        let asked = Instant::now();
        let (_, answer) = request(s, "GET", "/v1/status", "");
        answers.push((asked.elapsed(), answer));
        thread::sleep(Duration::from_secs(1));
    }
    answers
}

#[test]
fn systemd_is_told_how_it_does_and_the_watchdog_is_fed_and_status_answered_while_a_container_takes_its_time() {
    let s = scratch("notify");
    s.push_with("web", "nohealth:v1", r#"{"Cmd": ["trap '' TERM; while :; do sleep 1; done"]}"#);
    s.run("web", &["--restart", policy("always"), "--stop-timeout", "20"]);
    let old = id(&s);
    s.push("web", "nohealth:v2");
    let (mut systemd, running) = Systemd::start(&s, s.agent().config(&CONFIG.replace("500ms", "8s")));
    systemd.hears("READY=1");
    state(&s); // it answers
    systemd.hears("STATUS=next run: ");

    // Stopped, the old one takes twenty seconds; the new one has to be well for eight.
    let client = send(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    let stops = systemd.hears("stop the old container");
    assert!(stops.contains(&format!("STATUS={}: ", s.name("web"))), "{stops}");
    thread::scope(|scope| {
        let asking = scope.spawn(|| asked_until(&s, || is_new(&s, &old)));
        systemd.hear("nothing that is ever told", || asking.is_finished());
        let answers = asking.join().expect("answers");
        assert!(answers.iter().any(|(_, answer)| answer.contains(&format!("{}: stop the old container", s.name("web")))), "{answers:?}");
        let longest = answers.iter().map(|(took, _)| *took).max();
        assert!(longest.is_some_and(|longest| longest < PROMPT), "{longest:?}");
    });
    systemd.hears("STATUS=next run: ");

    running.signal(Signal::HUP);
    let reloads = systemd.hears("RELOADING=1");
    assert!(reloads.contains("MONOTONIC_USEC="), "{reloads}");
    systemd.hears("READY=1");
    running.signal(Signal::TERM);
    systemd.hears("STOPPING=1");
    running.wait(SOON).exits(0);
    drop(client);
}

#[test]
fn a_daemon_that_has_to_wait_for_a_container_at_its_end_asks_for_time() {
    let s = scratch("extend");
    s.push_with("web", "nohealth:v1", r#"{"Cmd": ["trap '' TERM; while :; do sleep 1; done"]}"#);
    s.run("web", &["--restart", policy("always"), "--stop-timeout", "9"]);
    s.push("web", "nohealth:v2");
    let (mut systemd, running) = Systemd::start(&s, s.agent().config(CONFIG));
    systemd.hears("READY=1");
    let _client = send(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    systemd.hears("stop the old container");
    running.signal(Signal::TERM);
    systemd.hears("EXTEND_TIMEOUT_USEC=");
    running.wait(SOON).exits(0);
    wait_for("one runs", SOON, || (s.host.inspect(&s.name("web"))["State"]["Running"] == true).then_some(()));
}

#[test]
fn without_its_engine_it_is_ready_and_says_what_it_waits_for() {
    let s = scratch("waits");
    let (mut systemd, running) = Systemd::start(&s, s.agent().engine(&s.dir().join("no-engine.sock")).config(CONFIG));
    systemd.hears("READY=1");
    let status = systemd.hears("STATUS=Waiting for the engine.");
    assert!(status.contains("no-engine.sock"), "{status}");
    running.signal(Signal::TERM);
    running.wait(SOON).exits(0);
}
