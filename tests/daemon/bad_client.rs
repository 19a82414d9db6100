//! Clients that do not mean well, and one that may not.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::{CONFIG, SOON, daemon, request, scratch, send, socket, state, text};

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
