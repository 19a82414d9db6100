//! One file as it was written: known keys only, each with its value and its place. Checks no value.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::error::ConfigError;
use super::origin::Origins;
use super::position::Position;

/// A value of any type, and where it stands.
#[derive(Clone)]
pub(super) struct Located {
    pub value: toml::Value,
    pub at: Position,
}

/// Every key of `rotate.toml`; one in a table with the table's name and a dot before it.
pub const KEYS: &[&str] = &[
    "engine",
    "engines",
    "state_dir",
    "log_level",
    "schedule",
    "time_zone",
    "jitter",
    "catch_up",
    "select",
    "mode",
    "min_age",
    "keep_old",
    "min_healthy",
    "deadline",
    "on_failure",
    "on_late_failure",
    "registry.via",
    "health.interval",
    "health.timeout",
    "health.retries",
    COMMANDS,
];

/// The one table whose keys are names that the operator gives.
const COMMANDS: &str = "health.commands";

/// What one file says.
#[derive(Clone, Default)]
pub(super) struct Fragment {
    written: BTreeMap<String, Located>,
    /// `[health.commands]`, in the order of their names.
    pub commands: BTreeMap<String, Located>,
}

impl Fragment {
    /// Reads the text of the file at `path`; the path serves only to say where something stands.
    ///
    /// Errors: [`ConfigError::Syntax`], with toml's own words; [`ConfigError::UnknownKey`] for the first such key in the file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file = File { path, text };
        let table = DeTable::parse(text).map_err(|error| file.syntax(&error))?.into_inner();
        if let Some((byte, key)) = first_unknown("", &table) {
            return Err(ConfigError::UnknownKey { at: Position::of(path, text, byte), key });
        }
        let mut fragment = Self::default();
        fragment.read(&file, "", table)?;
        Ok(fragment)
    }

    /// The value of one of [`KEYS`], if it is written.
    pub(super) fn take(&mut self, key: &str) -> Option<Located> {
        self.written.remove(key)
    }

    /// What `over` says wins, key by key.
    pub(super) fn overlay(&mut self, over: Self) {
        self.written.extend(over.written);
        self.commands.extend(over.commands);
    }

    /// Where each key stands.
    pub(super) fn origins(&self) -> Origins {
        let keys = self.written.iter().map(|(key, located)| (key.clone(), located.at.clone()));
        keys.chain(self.commands.iter().map(|(name, located)| (format!("{COMMANDS}.{name}"), located.at.clone()))).collect()
    }

    fn read(&mut self, file: &File<'_>, prefix: &str, table: DeTable<'_>) -> Result<(), ConfigError> {
        for (key, value) in table {
            let full = format!("{prefix}{}", key.get_ref());
            match value.get_ref() {
                DeValue::Table(_) if is_table(&full) => {
                    if let DeValue::Table(inner) = value.into_inner() {
                        self.read(file, &format!("{full}."), inner)?;
                    }
                }
                _ => {
                    let located = file.locate(value)?;
                    match full.strip_prefix(COMMANDS).and_then(|end| end.strip_prefix('.')) {
                        Some(name) => self.commands.insert(name.to_owned(), located),
                        None => self.written.insert(full, located),
                    };
                }
            }
        }
        Ok(())
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn locate(&self, value: Spanned<DeValue<'_>>) -> Result<Located, ConfigError> {
        let at = Position::of(self.path, self.text, value.span().start);
        let value = toml::Value::deserialize(ValueDeserializer::from(value)).map_err(|error| self.syntax(&error))?;
        Ok(Located { value, at })
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let at = Position::of(self.path, self.text, error.span().map_or(0, |span| span.start));
        ConfigError::Syntax { at, message: error.message().to_owned() }
    }
}

/// True for `registry`, `health` and `health.commands`.
fn is_table(key: &str) -> bool {
    key == COMMANDS || KEYS.iter().any(|known| known.strip_prefix(key).is_some_and(|end| end.starts_with('.')))
}

/// The first key in the file that rotate does not know: its byte and its full name. `registry = "x"` is known, and of a wrong type.
fn first_unknown(prefix: &str, table: &DeTable<'_>) -> Option<(usize, String)> {
    let unknown = table.iter().filter_map(|(key, value)| {
        let full = format!("{prefix}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(_) if full == COMMANDS => None,
            DeValue::Table(inner) if is_table(&full) => first_unknown(&format!("{full}."), inner),
            _ if is_table(&full) || KEYS.contains(&full.as_str()) => None,
            _ => Some((key.span().start, full)),
        }
    });
    unknown.min_by_key(|(byte, _)| *byte)
}
