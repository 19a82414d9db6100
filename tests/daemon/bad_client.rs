//! Clients that do not mean well, and one that may not.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{CONFIG, SOON, begun, daemon, request, scratch, send, socket, state, text};
use crate::lab::{FaultProxy, wait_for};

/// Until the daemon closes the connection; what it said.
fn answer(mut stream: UnixStream) -> String {
    stream.set_read_timeout(Some(SOON)).expect("a time limit");
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn half_a_request_or_nothing_ends_and_others_are_answered_meanwhile() {
    let s = scratch("half");
    let _running = daemon(&s, CONFIG);
    let begun = Instant::now();
    let nothing = UnixStream::connect(socket(&s)).expect("a daemon");
    let mut half = UnixStream::connect(socket(&s)).expect("a daemon");
    half.write_all(b"POST /v1/now HTT").expect("half a request");
    let mut body = UnixStream::connect(socket(&s)).expect("a daemon");
    body.write_all(b"POST /v1/now HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").expect("half a body");
    state(&s);
    assert_eq!(answer(nothing), "");
    answer(half);
    assert!(answer(body).contains("408"));
    assert!(begun.elapsed() < Duration::from_secs(50), "{:?}", begun.elapsed());
}

#[test]
fn a_gigabyte_is_not_read() {
    let s = scratch("giga");
    let _running = daemon(&s, CONFIG);
    let mut stream = UnixStream::connect(socket(&s)).expect("a daemon");
    stream.write_all(b"POST /v1/now HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\n\r\n").expect("a head");
    let piece = vec![b' '; 1 << 20];
    let sent = (0..1024).take_while(|_| stream.write_all(&piece).is_ok()).count();
    assert!(sent < 8, "{sent} MiB were taken");
    let mut head = UnixStream::connect(socket(&s)).expect("a daemon");
    let _ = head.write_all(b"GET /").and_then(|()| head.write_all(&piece));
    answer(head);
    state(&s);
}

#[test]
fn neither_a_line_nor_a_head_nor_a_body_without_an_end_is_read() {
    let s = scratch("endless");
    let _running = daemon(&s, CONFIG);
    let many = "x-more: 1\r\n".repeat(1000);
    let long = "a".repeat(1 << 20);
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    for (what, text, status) in [
        ("a long path", format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), "4"),
        ("a long header", format!("GET /v1/daemon HTTP/1.1\r\nhost: {long}\r\n\r\n"), "431"),
        ("many headers", format!("GET /v1/daemon HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "431"),
        ("many chunks", format!("POST /v1/now HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(64)), "413"),
    ] {
        let mut stream = UnixStream::connect(socket(&s)).expect("a daemon");
        // It may have closed before all was sent, and then its answer can be lost.
        let is_sent = stream.write_all(text.as_bytes()).is_ok();
        let said = answer(stream);
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")) || (!is_sent && said.is_empty()), "{what}: {said}");
    }
    state(&s);
}

/// Whoever has said nothing by then is sent away.
const SILENCE: Duration = Duration::from_secs(10);

#[test]
fn more_connections_than_it_takes_wait_for_their_turn() {
    let s = scratch("many");
    let _running = daemon(&s, CONFIG);
    // It takes 128 at a time.
    for (count, waits) in [(100, false), (200, true)] {
        let begun = Instant::now();
        let silent: Vec<_> = (0..count).map(|_| UnixStream::connect(socket(&s)).expect("a daemon")).collect();
        state(&s);
        let took = begun.elapsed();
        assert_eq!(took >= SILENCE, waits, "beside {count} that say nothing a question takes {took:?}");
        drop(silent);
    }
}

#[test]
fn more_questions_than_may_wait_are_refused_and_the_others_are_told_of_at_once() {
    let s = scratch("queue");
    let proxy = FaultProxy::start(&s.host.socket());
    let _running = begun(&s, s.agent().engine(&proxy.socket()).config(CONFIG).spawn(&["daemon", "--socket", &text(&socket(&s))]));
    wait_for("it is at rest", SOON, || (state(&s)["is_busy"] == false).then_some(()));
    proxy.hang("/");
    let hold = json!({ "names": [s.name("web")] }).to_string();
    // One is being done, and fifteen wait.
    let waiting: Vec<_> = (0..16).map(|_| send(&s, "POST", "/v1/hold", &hold)).collect();
    let refused = wait_for("one is refused", SOON, || {
        let mut stream = send(&s, "POST", "/v1/hold", &hold);
        stream.set_read_timeout(Some(Duration::from_secs(2))).expect("a time limit");
        let mut said = String::new();
        stream.read_to_string(&mut said).is_ok().then_some(said)
    });
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("too many questions wait"), "{refused}");
    assert_eq!(state(&s)["is_busy"], true);
    drop(waiting);
}

#[test]
fn not_more_than_five_hundred_connections_a_second_are_taken() {
    let s = scratch("rate");
    let _running = daemon(&s, CONFIG);
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..125).for_each(|_| drop(state(&s))));
        }
    });
    assert!(begun.elapsed() > Duration::from_millis(1900), "1000 in {:?}", begun.elapsed());
}

#[test]
fn however_many_watch_questions_are_answered() {
    let s = scratch("crowded");
    let _running = daemon(&s, CONFIG);
    let watchers: Vec<_> = (0..150).map(|_| send(&s, "GET", "/v1/watch", "")).collect();
    state(&s);
    let (head, answer) = request(&s, "GET", "/v1/watch", "");
    assert!(head.starts_with("HTTP/1.1 503") && answer.contains("too many watch"), "{head} {answer}");
    drop(watchers);
}

#[test]
fn what_is_no_question_is_refused() {
    let s = scratch("noq");
    let _running = daemon(&s, CONFIG);
    for (method, path, body, status, word) in [
        ("GET", "/v1/nosuch", "", "400", "expected one of"),
        ("GET", "/", "", "404", "no such path"),
        ("GET", "/v1/now", "", "405", "use POST"),
        ("DELETE", "/v1/now", "", "405", ""),
        ("HEAD", "/v1/now", "", "405", ""),
        ("POST", "/v1/now", "{", "400", "EOF"),
        ("POST", "/v1/now", r#"{"naems": []}"#, "400", "naems"),
        ("POST", "/v1/explain", "{}", "400", "name"),
    ] {
        let (head, answer) = request(&s, method, path, body);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(word), "{method} {path} {body}: {head} {answer}");
    }
}

#[test]
fn a_user_outside_the_group_is_told_so() {
    let s = scratch("nobody");
    let _running = daemon(&s, CONFIG);
    let refused = s.agent().by_nobody().run(&["--socket", &text(&socket(&s)), "status"]).exits(77);
    assert!(refused.stderr.contains("usermod -aG rotate"), "{refused}");
}
