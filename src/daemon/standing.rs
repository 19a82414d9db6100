//! How the daemon itself does, as it is shown: its configuration, its next run, and what the last pass met.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::posts::Posts;
use crate::ask::{self, Problem, Records, Served};
use crate::config::Loaded;
use crate::rotation::Stage;
use crate::store::Store;

/// What is shown of it.
pub struct Standing {
    /// The configuration in force.
    pub loaded: Arc<Loaded>,
    /// When it was read.
    pub read_at: Timestamp,
    /// The configuration that was read last, if it is not in force.
    pub refused: Option<Problem>,
    /// When the next scheduled run begins.
    pub next_run: Option<Timestamp>,
    /// The act that is waited for, and since when; none if nothing is being done.
    pub doing: Option<(String, Timestamp)>,
    /// Why the last pass over an engine could not go on, by the engine's label. An engine that is not named has an empty one.
    pub problems: BTreeMap<String, String>,
    /// The engines that are served.
    pub served: Vec<Served>,
}

impl Standing {
    /// At the start, with the configuration that was just read.
    pub fn new(loaded: Arc<Loaded>, read_at: Timestamp) -> Self {
        Self { loaded, read_at, refused: None, next_run: None, doing: None, problems: BTreeMap::new(), served: Vec::new() }
    }

    /// As a document.
    pub fn document(&self, is_busy: bool) -> Value {
        let mut document = json!({
            "version": ask::JSON_VERSION,
            "program": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "is_busy": is_busy,
            "doing": self.doing.as_ref().map(|(act, since)| json!({ "act": act, "since": since })),
            "next_run": self.next_run,
            "problem": self.problems.values().next(),
            "configuration": { "files": self.loaded.files, "read_at": self.read_at, "refused": self.refused },
        });
        let named: Vec<Value> = self.served.iter().filter(|served| served.name.is_some()).map(|served| self.engine(served)).collect();
        if let (Value::Object(fields), false) = (&mut document, named.is_empty()) {
            fields.insert("engines".to_owned(), named.into());
        }
        document
    }

    fn engine(&self, served: &Served) -> Value {
        json!({ "name": served.label(), "problem": self.problems.get(&served.label()) })
    }

    /// The lines below those of the containers.
    pub fn lines(&self) -> Vec<String> {
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let next = self.next_run.map_or_else(|| "never".to_owned(), time);
        let mut lines = vec![format!("the daemon runs (process {}); next run: {next}", std::process::id())];
        lines.extend(self.doing.as_ref().map(|(act, since)| format!("it is at work since {}: {act}", time(*since))));
        lines.extend(self.problems.values().map(|problem| format!("the last pass could not go on and is tried again: {problem}")));
        if let Some(problem) = &self.refused {
            let since = time(self.read_at);
            lines.push(format!("its configuration is that of {since}; the files have changed since and are refused: {}", problem.error));
        }
        lines
    }
}

/// What the store knows where the engine says nothing.
pub fn open_units(served: &Served, posts: &Posts, records: &Records) -> Vec<String> {
    match posts.store(served, records).and_then(|store| store.open_rotations()) {
        Ok(records) => {
            let open = records.iter().filter(|record| record.stage != Stage::Kept);
            open.map(|record| format!("a rotation of `{}` is open: it is gone on with", record.unit)).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}
