//! The daemon on a real engine: what it does by itself, what it answers at its socket, and how it ends.

#[path = "../lab/mod.rs"]
mod lab;

mod asked;
mod bad_client;
mod bad_place;
mod bad_start;
mod bad_zone;
mod clock;
mod core_dump;
mod engine_away;
mod idle;
mod killed;
mod members;
mod notify;
mod power_cut;
mod reload;
mod schedule;
mod secrets;
mod systemd;
mod terminated;
mod upgraded;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lab::{Host, Outcome, Running, Scratch, wait_for};
use serde_json::Value;

/// Gates that take half a second, and a schedule that is nobody's business: other tests' containers are on the host, too.
pub const CONFIG: &str = "min_healthy = \"500ms\"\nschedule = \"0 0 1 1 *\"\n";
/// For what takes a moment.
pub const SOON: Duration = Duration::from_secs(60);

pub fn scratch(test: &str) -> Scratch {
    Scratch::new(Host::shared(), test)
}

pub fn socket(s: &Scratch) -> PathBuf {
    s.dir().join("rotate.sock")
}

/// A daemon, as soon as it answers.
#[track_caller]
pub fn daemon<'a>(s: &'a Scratch, config: &str) -> Running<'a> {
    begun(s, s.agent().config(config).spawn(&["daemon", "--socket", &text(&socket(s))]))
}

#[track_caller]
pub fn begun<'a>(s: &'a Scratch, mut running: Running<'a>) -> Running<'a> {
    wait_for("the daemon answers", SOON, || {
        assert!(running.is_running(), "the daemon ended: {}", running.said());
        UnixStream::connect(socket(s)).ok()
    });
    running
}

pub fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Asks the daemon with the command that a person would type.
#[track_caller]
pub fn ask(s: &Scratch, args: &[&str]) -> Outcome {
    s.agent().run(&[&["--socket", &text(&socket(s))], args].concat())
}

/// One request as `curl` would make it; head and body of the answer.
#[track_caller]
pub fn request(s: &Scratch, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = send(s, method, path, body);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP: {answer}"));
    (head.to_owned(), body.to_owned())
}

#[track_caller]
pub fn send(s: &Scratch, method: &str, path: &str, body: &str) -> UnixStream {
    let mut stream = UnixStream::connect(socket(s)).expect("a daemon");
    stream.set_read_timeout(Some(SOON)).expect("a time limit");
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: rotate\r\ncontent-length: {length}\r\n\r\n{body}").expect("a request can be sent");
    stream
}

/// How the daemon says that it does.
#[track_caller]
pub fn state(s: &Scratch) -> Value {
    let (head, body) = request(s, "GET", "/v1/daemon", "");
    serde_json::from_str(&body).unwrap_or_else(|why| panic!("{why}: {head} {body}"))
}

/// A container of a good image with a newer good one in the registry; its id.
pub fn stale(s: &Scratch, options: &[&str]) -> String {
    s.push("web", "nohealth:v1");
    s.run("web", options);
    s.push("web", "nohealth:v2");
    id(s)
}

/// The id of whatever has the name.
#[track_caller]
pub fn id(s: &Scratch) -> String {
    s.host.inspect(&s.name("web"))["Id"].as_str().unwrap_or_default().to_owned()
}

/// True if another container than `old` runs under the name.
pub fn is_new(s: &Scratch, old: &str) -> bool {
    let found = s.host.try_inspect(&s.name("web"));
    found.is_some_and(|document| document["State"]["Running"] == true && document["Id"] != old)
}

/// Names of this test's containers.
pub fn names(s: &Scratch, only_running: bool) -> Vec<String> {
    let (_, all) = s.host.api("GET", &format!("/containers/json?all={}", !only_running));
    let names = all.as_array().into_iter().flatten().filter_map(|container| container["Names"][0].as_str());
    names.map(|name| name.trim_start_matches('/').to_owned()).filter(|name| name.starts_with(&s.name("web"))).collect()
}
