//! Every key with the value that holds and where it comes from, to be shown. Pure.

use serde::Serialize;
use serde_json::{Value, json};

use super::duration::duration_text;
use super::merge::Loaded;
use super::origin::Origin;
use super::settings::{Config, HealthDefaults};

/// One key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// As it would be typed: the name of a command is in quotes if TOML asks for them.
    pub key: String,
    /// As it would be typed: a text, a whole number, true or false, a list of texts, `{}` for no commands. Null: it is not set and has no fixed default.
    pub value: Value,
    /// Whose word it is.
    pub from: Origin,
}

impl Loaded {
    /// Every key, in the order of [`KEYS`](super::KEYS); for the commands, a key each.
    pub fn values(&self) -> Vec<Shown> {
        // Without `..`: a new key must not be forgotten here.
        let Config {
            engine,
            engines,
            state_dir,
            log_level,
            schedule,
            time_zone,
            jitter,
            catch_up,
            select,
            keep_old,
            min_healthy,
            deadline,
            mode,
            min_age,
            on_failure,
            on_late_failure,
            registry_via,
            health: HealthDefaults { interval, timeout, retries },
            commands,
        } = &self.config;
        let values = [
            ("engine", engine.as_ref().map(ToString::to_string).into()),
            ("engines", if engines.is_empty() { Value::Null } else { engines.iter().map(ToString::to_string).collect() }),
            ("state_dir", state_dir.to_string_lossy().into()),
            ("log_level", log_level.word().into()),
            ("schedule", schedule.to_string().into()),
            ("time_zone", time_zone.as_deref().into()),
            ("jitter", duration_text(*jitter).into()),
            ("catch_up", (*catch_up).into()),
            ("select", select.word().into()),
            ("mode", mode.word().into()),
            ("min_age", duration_text(*min_age).into()),
            ("keep_old", duration_text(*keep_old).into()),
            ("min_healthy", min_healthy.map(duration_text).into()),
            ("deadline", deadline.map(duration_text).into()),
            ("on_failure", on_failure.word().into()),
            ("on_late_failure", on_late_failure.word().into()),
            ("registry.via", registry_via.word().into()),
            ("health.interval", duration_text(*interval).into()),
            ("health.timeout", duration_text(*timeout).into()),
            ("health.retries", (*retries).into()),
        ];
        let mut all: Vec<Shown> = values
            .into_iter()
            .map(|(key, value): (&str, Value)| Shown { key: key.to_owned(), value, from: self.origins.of(key) })
            .collect();
        let key = "health.commands";
        for name in commands.names() {
            let from = self.origins.of(&format!("{key}.{name}"));
            all.push(Shown { key: format!("{key}.{}", typed(name)), value: json!(commands.get(name)), from });
        }
        if commands.names().next().is_none() {
            all.push(Shown { key: key.to_owned(), value: json!({}), from: self.origins.of(key) });
        }
        all
    }
}

/// A bare key of TOML, else in quotes. TOML knows every escape that JSON has.
fn typed(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_bare { name.to_owned() } else { Value::from(name).to_string() }
}
