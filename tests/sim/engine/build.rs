//! What is in an image: its settings, and how its program behaves.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// How a program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// When it is stopped.
    Never,
    /// By itself, so long after its start.
    After(Duration, i64),
    /// It cannot be executed.
    AtOnce,
}

/// An image's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// Tells it from others of its repository.
    pub version: String,
    /// How its program ends.
    pub ends: Ends,
    /// Exit code on SIGTERM; none: it does not heed it and is killed after its grace.
    pub on_term: Option<i64>,
    /// What its HEALTHCHECK finds; none: it has none.
    pub health: Option<bool>,
    /// Between two health probes.
    pub interval: Duration,
    /// `VOLUME`s.
    pub volumes: Vec<String>,
    /// Labels of its own.
    pub labels: Vec<(String, String)>,
    /// The host goes down as soon as it runs.
    pub fells_host: bool,
}

impl Build {
    /// A program that serves until it is stopped, and then ends with 0.
    pub fn new(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            ends: Ends::Never,
            on_term: Some(0),
            health: None,
            interval: Duration::from_secs(1),
            volumes: Vec::new(),
            labels: Vec::new(),
            fells_host: false,
        }
    }

    /// `Config` of the image's document.
    pub fn config(&self) -> Value {
        let flags = |names: &[String]| names.iter().map(|name| (name.clone(), json!({}))).collect::<Map<_, _>>();
        let labels: Map<_, _> = self.labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        let mut config = json!({
            "User": "", "Env": ["PATH=/bin", format!("VERSION={}", self.version)], "Cmd": ["serve", &self.version], "Entrypoint": null,
            "WorkingDir": "/", "Volumes": flags(&self.volumes), "Labels": labels, "OnBuild": null,
        });
        if self.health.is_some() {
            let nanoseconds = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
            config["Healthcheck"] = json!({ "Test": ["CMD", "probe"], "Interval": nanoseconds, "Timeout": nanoseconds, "Retries": 2 });
        }
        config
    }
}
