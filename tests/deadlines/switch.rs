//! An engine with one rotation in its midst: the old container of `web` runs, the new one is made. As much of an engine as a switch needs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rotate::host;
use rotate::rotation::Change;
use rotate::store::{SqliteStore, Store};
use serde_json::{Value, json};

use crate::make;
use crate::peer::{self, Reply};

/// The two containers. Clones are the same.
#[derive(Clone)]
pub struct Switch {
    both: Arc<Mutex<[One; 2]>>,
    /// Of the old container, in seconds.
    grace: u64,
}

struct One {
    id: &'static str,
    name: String,
    policy: &'static str,
    is_running: bool,
    has_run: bool,
}

impl Switch {
    pub fn new(grace: u64) -> Self {
        let one = |id, name: &str, policy, is_running| One { id, name: name.to_owned(), policy, is_running, has_run: is_running };
        Self { both: Arc::new(Mutex::new([one("old", "web", "always", true), one("new", make::NEXT, "no", false)])), grace }
    }

    fn both(&self) -> MutexGuard<'_, [One; 2]> {
        self.both.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names of those that run.
    pub fn running(&self) -> Vec<String> {
        self.both().iter().filter(|one| one.is_running).map(|one| format!("{} {}", one.name, one.id)).collect()
    }

    /// The old one has stopped.
    pub fn stop(&self) {
        self.both()[0].is_running = false;
    }

    /// The record of the rotation, as a process left it that died before the old container was stopped.
    pub fn record(&self, state_dir: &Path) {
        let mut record = make::record();
        let boot = host::boot().expect("a boot has an id");
        record.apply(&Change::EnterSwitching { agent: "one that died".into(), boot });
        SqliteStore::open(state_dir).and_then(|store| store.save(&record)).expect("it can be saved");
    }

    /// An engine that answers as `odd` says, and otherwise as an engine does.
    pub fn engine(&self, folder: &Path, odd: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> PathBuf {
        let this = self.clone();
        peer::engine(folder, move |request| odd(request).unwrap_or_else(|| this.answer(request)))
    }

    /// What an engine does and answers.
    pub fn answer(&self, request: &str) -> Reply {
        let (method, rest) = request.split_once(' ').unwrap_or_default();
        let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            (_, ["version"]) => peer::version(),
            (_, ["info"]) => Reply::json(200, &json!({})),
            (_, ["events"]) => Reply::stalled("HTTP/1.1 200 X\r\nContent-Type: application/json\r\n\r\n"),
            (_, ["containers", "json"]) => Reply::json(200, &self.list()),
            ("GET", ["containers", of, "json"]) => match self.document(of) {
                Some(document) => Reply::json(200, &document),
                None => Reply::json(404, &json!({ "message": "No such container" })),
            },
            ("POST", ["containers", of, act]) => self.act(of, act, query, body),
            _ => Reply::json(404, &json!({ "message": "No such image" })),
        }
    }

    fn act(&self, of: &str, act: &str, query: &str, body: &str) -> Reply {
        let mut both = self.both();
        let Some(one) = both.iter_mut().find(|one| one.id == of) else { return Reply::json(404, &json!({})) };
        match act {
            "stop" => one.is_running = false,
            "start" => (one.is_running, one.has_run) = (true, true),
            "rename" => one.name = query.trim_start_matches("name=").to_owned(),
            "update" => one.policy = if body.contains("\"no\"") { "no" } else { "always" },
            _ => return Reply::json(404, &json!({})),
        }
        if act == "update" { Reply::json(200, &json!({ "Warnings": [] })) } else { Reply::head(204, "") }
    }

    fn list(&self) -> Value {
        let both = self.both();
        both.iter().map(|one| json!({ "Id": one.id, "Names": [format!("/{}", one.name)], "Image": "10.0.0.1:5000/web:latest" })).collect()
    }

    fn document(&self, of: &str) -> Option<Value> {
        let both = self.both();
        let one = both.iter().find(|one| one.id == of || one.name == of)?;
        let status = if one.is_running {
            "running"
        } else if one.has_run {
            "exited"
        } else {
            "created"
        };
        let started = if one.has_run { "2026-03-02T08:00:00Z" } else { "0001-01-01T00:00:00Z" };
        Some(json!({
            "Id": one.id, "Name": format!("/{}", one.name), "Image": format!("sha256:{}", one.id),
            "State": { "Status": status, "Running": one.is_running, "ExitCode": 0, "StartedAt": started },
            "Config": { "Image": "10.0.0.1:5000/web:latest", "StopTimeout": self.grace, "Labels": {} },
            "HostConfig": { "RestartPolicy": { "Name": one.policy, "MaximumRetryCount": 0 }, "NetworkMode": "default" },
            "NetworkSettings": { "Networks": {} }, "Mounts": [],
        }))
    }
}
