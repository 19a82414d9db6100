//! How long a service is down while it is rotated, against the bare sequence of the same API calls by hand: a ratio, in one run.
//!
//! Both alternate on one host with the same two images; a probe asks every 5 ms, a connection each. Run by `tests/bench/run`.

#[path = "../lab/mod.rs"]
mod lab;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use lab::{Host, Probe, Scratch, wait_for};
use rotate::spec::{Images, create_request};
use serde_json::Value;

const ROUNDS: usize = 10;
const AT_MOST: f64 = 1.10;

fn main() {
    let s = Scratch::alone(Host::shared(), "bench");
    s.push("web", "nohealth:a");
    s.run("web", &["--restart", "always", "-p", "80", "-v", "/data"]);
    // The engine chose the port once; a fixed one stays the same over all rotations.
    let port = s.port("web");
    s.host.docker(&["rm", "-f", &s.name("web")]);
    s.run("web", &["--restart", "always", "-p", &format!("{port}:80"), "-v", "/data"]);
    let address = format!("{}:{port}", s.host.ip());

    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    println!("round   rotate     bare");
    for round in 0..ROUNDS {
        let by_rotate = measured(&s, &address, "b", || {
            s.agent().config("min_healthy = \"500ms\"\nkeep_old = \"0s\"\n").run(&["now", &s.name("web"), "-q"]).exits(0);
        });
        let by_hand = measured(&s, &address, "a", || by_hand(&s).unwrap_or_else(|why| panic!("the bare sequence: {why}")));
        println!("{round:>5} {:>5} ms {:>5} ms", by_rotate.as_millis(), by_hand.as_millis());
        ours.push(by_rotate);
        bare.push(by_hand);
    }
    let (ours, bare) = (median(ours), median(bare));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("median {:>4} ms {:>5} ms   ratio {ratio:.2} (at most {AT_MOST:.2})", ours.as_millis(), bare.as_millis());
    assert!(ratio <= AT_MOST, "down for {ratio:.2} times the bare sequence");
}

/// Down time while `change` brings the service to the image that answers `page`.
fn measured(s: &Scratch, address: &str, page: &str, change: impl FnOnce()) -> Duration {
    s.push("web", &format!("nohealth:{page}"));
    let probe = Probe::start(address);
    change();
    wait_for("the new page", Duration::from_secs(20), || lab::ask(address).filter(|seen| seen == page));
    probe.stop().down.expect("it was up before and after")
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2
}

/// Create, stop, policy, rename, rename, start, on one connection that stays open; the pull and the removal are not part of the down time.
fn by_hand(s: &Scratch) -> io::Result<()> {
    let web = s.name("web");
    let old_image =
        |old: &Value| serde_json::from_str::<Vec<Value>>(&s.host.docker(&["image", "inspect", old["Image"].as_str().unwrap_or_default()]));
    let old = s.host.inspect(&web);
    let old_documents = old_image(&old)?;
    s.host.docker(&["pull", "-q", &s.image("web")]);
    let new_documents: Vec<Value> = serde_json::from_str(&s.host.docker(&["image", "inspect", &s.image("web")]))?;
    let images = Images { old: &old_documents[0], new: &new_documents[0] };
    let request = create_request(&old, images, &s.image("web")).map_err(io::Error::other)?;
    let id = old["Id"].as_str().unwrap_or_default();

    let mut engine = Connection::open(s)?;
    let next = format!("{web}-next");
    let created = engine.call("POST", &format!("/containers/create?name={next}"), &request.to_string())?;
    let created: Value = serde_json::from_str(&created)?;
    let new = created["Id"].as_str().unwrap_or_default();
    engine.call("POST", &format!("/containers/{id}/stop"), "")?;
    engine.call("POST", &format!("/containers/{id}/update"), r#"{"RestartPolicy": {"Name": "no"}}"#)?;
    engine.call("POST", &format!("/containers/{id}/rename?name={web}-before"), "")?;
    engine.call("POST", &format!("/containers/{new}/rename?name={web}"), "")?;
    engine.call("POST", &format!("/containers/{new}/start"), "")?;
    s.host.docker(&["rm", id]);
    Ok(())
}

struct Connection(BufReader<UnixStream>);

impl Connection {
    fn open(s: &Scratch) -> io::Result<Self> {
        Ok(Self(BufReader::new(UnixStream::connect(s.host.socket())?)))
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let length = body.len();
        let head =
            format!("{method} /v1.45{path} HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        self.0.get_mut().write_all(format!("{head}{body}").as_bytes())?;
        let mut status = String::new();
        self.0.read_line(&mut status)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if status.contains(" 20") { Ok(answer) } else { Err(io::Error::other(format!("{method} {path}: {} {answer}", status.trim()))) }
    }
}
