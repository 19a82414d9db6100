//! Questions at the socket.

use std::io::{BufRead, BufReader};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{CONFIG, SOON, ask, daemon, id, is_new, request, scratch, send, socket, stale, state, text};
use crate::lab::{policy, wait_for};

#[test]
fn a_rotation_that_is_asked_for_is_the_daemons_and_shows_what_goes_on() {
    let s = scratch("asked");
    let old = stale(&s, &["--restart", policy("always")]);
    let running = daemon(&s, CONFIG);
    let (head, body) = request(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let lines: Vec<Value> = body.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).expect(line)).collect();
    let (answer, before) = lines.split_last().expect("lines");
    assert_eq!(answer["answer"]["document"]["containers"][0]["verdict"], "rotated", "{body}");
    for what in ["stop", "start"] {
        let is_told = |line: &Value| line["progress"]["act"].as_str().is_some_and(|act| act.contains(what));
        assert!(before.iter().any(is_told), "{what}: {body}");
    }
    assert!(is_new(&s, &old));

    let history = ask(&s, &["history", &s.name("web"), "--json"]).exits(0).json();
    assert_eq!(history["rotations"][0]["verdict"], "rotated", "{history}");
    let status = ask(&s, &["status"]).exits(0);
    assert!(status.stdout.contains(&s.name("web")) && status.stdout.contains("the daemon runs"), "{status}");
    ask(&s, &["rollback", &s.name("web")]).exits(0);
    assert_eq!(id(&s), old);
    let refused = ask(&s, &["refused"]).exits(0);
    assert!(refused.stdout.contains(&s.name("web")), "{refused}");
    ask(&s, &["hold", &s.name("web"), "--reason", "because"]).exits(0);
    let explained = ask(&s, &["explain", &s.name("web")]).exits(0);
    assert!(explained.stdout.contains("because"), "{explained}");
    ask(&s, &["release", &s.name("web")]).exits(0);

    running.signal(Signal::TERM);
    running.wait(SOON).exits(0);
    assert!(!socket(&s).exists());
}

/// The number behind this, without its fraction.
fn number<'a>(metrics: &'a str, of: &str) -> Option<&'a str> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(' '))?;
    Some(line.split_once('.').map_or(line, |(whole, _)| whole))
}

#[test]
fn prometheus_is_told_how_the_rotations_went_and_what_is_refused_also_of_those_before_this_process() {
    let s = scratch("metrics");
    stale(&s, &[]);
    s.push("web", "sick:v2");
    let before = daemon(&s, CONFIG);
    assert_eq!(number(&request(&s, "GET", "/metrics", "").1, "rotate_refused_digests"), Some("0"));
    ask(&s, &["now", &s.name("web")]).exits(1);
    before.signal(Signal::TERM);
    before.wait(SOON).exits(0);

    let _running = daemon(&s, CONFIG);
    ask(&s, &["hold", &s.name("web")]).exits(0);
    let (head, metrics) = request(&s, "GET", "/metrics", "");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("text/plain; version=0.0.4"), "{head}");
    for (of, expected) in
        [("rotate_refused_digests", "1"), ("rotate_holds", "1"), ("rotate_open_rotations", "0"), ("rotate_pass_failing", "0")]
    {
        assert_eq!(number(&metrics, of), Some(expected), "{of}: {metrics}");
    }
    let of = format!("rotate_last_rotation_timestamp_seconds{{container=\"{}\",verdict=\"rolled_back\"}}", s.name("web"));
    let at: i64 = number(&metrics, &of).and_then(|at| at.parse().ok()).unwrap_or_else(|| panic!("{of}: {metrics}"));
    let ended = ask(&s, &["history", &s.name("web"), "--json"]).exits(0).json()["rotations"][0]["ended_at"].clone();
    let ended: jiff::Timestamp = ended.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{ended}"));
    assert_eq!(at, ended.as_second());
}

#[test]
fn a_client_that_goes_away_changes_nothing() {
    let s = scratch("gone");
    let old = stale(&s, &[]);
    let _running = daemon(&s, CONFIG);
    let client = send(&s, "POST", "/v1/now", &json!({ "names": [s.name("web")] }).to_string());
    let first = BufReader::new(client).lines().map_while(Result::ok).find(|line| line.contains("\"progress\""));
    assert!(first.is_some_and(|line| line.contains(&s.name("web"))), "and with this line it goes");
    wait_for("it is rotated all the same", SOON, || is_new(&s, &old).then_some(()));
    wait_for("the daemon is at rest", SOON, || (state(&s)["is_busy"] == false).then_some(()));
    assert_eq!(ask(&s, &["history", &s.name("web"), "--json"]).json()["rotations"][0]["verdict"], "rotated");
}

#[test]
fn any_number_may_watch() {
    let s = scratch("watch");
    let old = stale(&s, &[]);
    let _running = daemon(&s, CONFIG);
    let watchers: Vec<_> = (0..3).map(|_| send(&s, "GET", "/v1/watch", "")).collect();
    // A watcher is one as soon as it has an answer's head.
    let mut watchers: Vec<_> = watchers.into_iter().map(BufReader::new).collect();
    for watcher in &mut watchers {
        let mut line = String::new();
        watcher.read_line(&mut line).expect("a head");
        assert!(line.contains("200"), "{line}");
    }
    ask(&s, &["now", &s.name("web")]).exits(0);
    assert!(is_new(&s, &old));
    for watcher in &mut watchers {
        let seen = watcher.lines().map_while(Result::ok).find(|line| line.contains("\"progress\""));
        assert!(seen.is_some_and(|line| line.contains(&s.name("web"))));
    }
}

#[test]
fn an_error_is_the_same_as_without_a_daemon() {
    let s = scratch("error");
    let _running = daemon(&s, CONFIG);
    let here = s.agent().config(CONFIG).run(&["plan", "nosuch"]).exits(2);
    let there = ask(&s, &["plan", "nosuch"]).exits(2);
    assert_eq!(there.stderr, here.stderr);
    ask(&s, &["now", "nosuch"]).exits(2);
    let nobody = s.agent().run(&["--socket", &text(&s.dir().join("none.sock")), "status"]).exits(69);
    assert!(nobody.stderr.contains("cannot reach the daemon"), "{nobody}");
}
