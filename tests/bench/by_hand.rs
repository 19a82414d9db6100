//! The bare sequence of calls that a rotation is measured against, and the service that both are measured on.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rotate::spec::{Images, create_request};
use serde_json::Value;

use crate::lab::{self, Probe, Scratch, wait_for};

/// Runs the service with the image that answers `a`, with this restart policy; its address.
pub fn service(s: &Scratch, policy: &str) -> String {
    s.push("web", "nohealth:a");
    s.run("web", &["--restart", policy, "-p", "80", "-v", "/data"]);
    // The engine chose the port once; a fixed one stays the same over all rotations.
    let port = s.port("web");
    s.host.docker(&["rm", "-f", &s.name("web")]);
    s.run("web", &["--restart", policy, "-p", &format!("{port}:80"), "-v", "/data"]);
    format!("{}:{port}", s.host.ip())
}

/// Down time while `change` brings the service to the image that answers `page`, or leaves it there.
pub fn measured(address: &str, page: &str, change: impl FnOnce()) -> Duration {
    let probe = Probe::start(address);
    change();
    down(probe, || lab::ask(address).as_deref() == Some(page))
}

/// What the probe saw until the service was up again.
pub fn down(probe: Probe, mut is_up: impl FnMut() -> bool) -> Duration {
    // Twenty times in a row: the probe must have seen it, too.
    let mut in_a_row = 0;
    wait_for("the service answers", Duration::from_secs(20), || {
        in_a_row = if is_up() { in_a_row + 1 } else { 0 };
        (in_a_row >= 20).then_some(())
    });
    let report = probe.stop();
    report.down.unwrap_or_else(|| panic!("it was up before and after: {report:?}"))
}

/// The middle one, or between the two.
pub fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2
}

/// Create, stop, policy, rename, rename, start, on one connection that stays open; the pull and the removal are not part of the down time.
pub fn by_hand(s: &Scratch) -> io::Result<()> {
    if s.host.has_podman() {
        return by_hand_on_podman(s);
    }
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

/// The same there, where containers are created by Podman's client. Without a policy none has to be changed: stop, rename, rename, start. With one both
/// change theirs, as in a rotation: Podman starts at boot what has one, whether it was ever started or not.
fn by_hand_on_podman(s: &Scratch) -> io::Result<()> {
    let (web, image, port) = (s.name("web"), s.image("web"), s.port("web"));
    let (next, before) = (format!("{web}-next"), format!("{web}-before"));
    s.host.docker(&["pull", "-q", &image]);
    let old = s.host.inspect(&web);
    let volume = old["Mounts"][0]["Name"].as_str().ok_or_else(|| io::Error::other("it has no volume"))?;
    let (port, volume) = (format!("{port}:80"), format!("{volume}:/data"));
    s.host.docker(&["create", "-q", "-p", &port, "-v", &volume, "--name", &next, &image]);
    let policy = &old["HostConfig"]["RestartPolicy"];
    let has_policy = !["", "no"].contains(&policy["Name"].as_str().unwrap_or_default());
    let mut engine = Connection::open(s)?;
    engine.call("POST", &format!("/containers/{web}/stop"), "")?;
    if has_policy {
        engine.call("POST", &format!("/containers/{web}/update"), r#"{"RestartPolicy": {"Name": "no"}}"#)?;
    }
    engine.call("POST", &format!("/containers/{web}/rename?name={before}"), "")?;
    engine.call("POST", &format!("/containers/{next}/rename?name={web}"), "")?;
    if has_policy {
        engine.call("POST", &format!("/containers/{web}/update"), &serde_json::json!({ "RestartPolicy": policy }).to_string())?;
    }
    engine.call("POST", &format!("/containers/{web}/start"), "")?;
    s.host.docker(&["rm", &before]);
    Ok(())
}

struct Connection {
    stream: BufReader<UnixStream>,
    /// The engine's newest version.
    api: String,
}

impl Connection {
    fn open(s: &Scratch) -> io::Result<Self> {
        let api = s.host.api("GET", "/version").1["ApiVersion"].as_str().unwrap_or_default().to_owned();
        Ok(Self { stream: BufReader::new(UnixStream::connect(s.host.socket())?), api })
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let (length, api) = (body.len(), &self.api);
        let head = format!(
            "{method} /v{api}{path} HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        self.stream.get_mut().write_all(format!("{head}{body}").as_bytes())?;
        let mut status = String::new();
        self.stream.read_line(&mut status)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if status.contains(" 20") { Ok(answer) } else { Err(io::Error::other(format!("{method} {path}: {} {answer}", status.trim()))) }
    }
}
