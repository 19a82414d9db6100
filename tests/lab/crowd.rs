//! Many containers of few references: fifty real ones, and an engine that shows each of them many times over.

use std::{
    collections::HashMap,
    io::{self, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Scratch, http};

/// Pushes `references` images and runs `containers` of them, pulled from `registry` (the host's, or one in front of it). Returns their names.
#[track_caller]
pub fn crowd(s: &Scratch, registry: &str, references: usize, containers: usize) -> Vec<String> {
    (0..references).for_each(|n| drop(s.push(&format!("r{n}"), "nohealth:v1")));
    let names: Vec<String> = (0..containers).map(|n| s.name(&format!("c{n}"))).collect();
    let image = |n: usize| format!("{registry}/{}:latest", s.name(&format!("r{}", n % references)));
    let list: String = names.iter().enumerate().map(|(n, name)| format!("{name} {}\n", image(n))).collect();
    let script = "export client=$2; echo \"$1\" | xargs -P 4 -L 1 sh -c '$client run -d --network host --name $0 $1 \"sleep 3600\"'";
    let output = s.host.exec(&["sh", "-c", script, "_", &list, s.host.client()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    names
}

/// Stands between agent and engine and shows each container `times` times: every document is a real one that the engine gave for this very
/// look, with an id and a name of its own. A thousand running containers are more than a small machine holds. Takes no writes.
pub struct ManyTimes {
    folder: TempDir,
    shared: Arc<Shared>,
}

struct Shared {
    engine: PathBuf,
    times: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The id that is shown, and the engine's own with the number of the copy.
    shown: HashMap<String, (String, usize)>,
    requests: Vec<String>,
}

impl ManyTimes {
    /// In front of this engine.
    pub fn start(engine: &Path, times: usize) -> ManyTimes {
        let folder = tempfile::Builder::new().prefix("rotate-many-").tempdir().expect("a folder can be made in /tmp");
        let listener = UnixListener::bind(folder.path().join("engine.sock")).expect("a socket can be made in /tmp");
        let shared = Arc::new(Shared { engine: engine.to_owned(), times, state: Mutex::default() });
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for caller in listener.incoming().map_while(Result::ok) {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || shared.serve(caller)); // a broken connection is the caller's to notice
                }
            }
        });
        ManyTimes { folder, shared }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }

    /// All requests that came, as `METHOD /path?query` without API version.
    pub fn requests(&self) -> Vec<String> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }
}

impl Shared {
    fn serve(&self, mut caller: UnixStream) -> io::Result<()> {
        let Some(head) = http::Head::read(&mut caller)? else { return Ok(()) };
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests.push(format!("{} {}", head.method, head.target));
        // What libpod has, it has behind a version of its own.
        let at = head.target.find("/libpod/").map_or(0, |at| at + "/libpod".len());
        let (api, path) = head.target.split_at(at);
        let (status, body) = match path.strip_prefix("/containers/").and_then(|rest| rest.strip_suffix("/json")) {
            _ if head.method != "GET" => (405, String::new()),
            Some(id) => self.container(api, id)?,
            None if path.starts_with("/containers/json") => self.list(&head.target)?,
            None => self.ask(&head.target)?,
        };
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} Many\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        caller.write_all(format!("{head}{body}").as_bytes())
    }

    fn ask(&self, target: &str) -> io::Result<(u16, String)> {
        let answer = http::request(UnixStream::connect(&self.engine)?, "GET", target, "")?;
        Ok((answer.status, answer.body))
    }

    fn list(&self, target: &str) -> io::Result<(u16, String)> {
        let (status, body) = self.ask(target)?;
        let all: Vec<Value> = serde_json::from_str(&body)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut many = Vec::new();
        for one in &all {
            let own = one["Id"].as_str().unwrap_or_default();
            for copy in 0..self.times {
                let shown = format!("{copy:04x}{}", own.get(4..).unwrap_or_default());
                let mut one = one.clone();
                one["Id"] = shown.clone().into();
                state.shown.insert(shown, (own.to_owned(), copy));
                many.push(one);
            }
        }
        Ok((status, Value::from(many).to_string()))
    }

    fn container(&self, api: &str, id: &str) -> io::Result<(u16, String)> {
        let shown = self.state.lock().unwrap_or_else(PoisonError::into_inner).shown.get(id).cloned();
        let Some((own, copy)) = shown else { return self.ask(&format!("{api}/containers/{id}/json")) };
        let (status, body) = self.ask(&format!("{api}/containers/{own}/json"))?;
        let mut document: Value = serde_json::from_str(&body)?;
        document["Id"] = id.into();
        document["Name"] = format!("{}-{copy}", document["Name"].as_str().unwrap_or_default()).into();
        Ok((status, document.to_string()))
    }
}
