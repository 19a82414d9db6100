//! `[health.commands]`: commands on the host, by name. Labels choose among the names; what is run stands in the operator's file only.

use std::collections::BTreeMap;

use super::value::{Found, Kind, ValueError};

/// Commands by name. Each has at least one word, and the first is an absolute path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands(BTreeMap<String, Vec<String>>);

/// Why a command cannot be used.
pub(super) enum CommandError {
    WrongType(Kind, Found),
    BadValue(String, ValueError),
}

impl Commands {
    /// The command of this name.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// All names, ascending.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn add(&mut self, name: &str, value: toml::Value) -> Result<(), CommandError> {
        let toml::Value::Array(items) = value else { return Err(CommandError::WrongType(Kind::Command, Found::of(&value))) };
        let mut argv = Vec::with_capacity(items.len());
        for item in items {
            match item {
                toml::Value::String(word) => argv.push(word),
                other => return Err(CommandError::WrongType(Kind::Command, Found::ListWith(Box::new(Found::of(&other))))),
            }
        }
        match argv.first() {
            None => return Err(CommandError::WrongType(Kind::Command, Found::EmptyList)),
            Some(program) if !program.starts_with('/') => return Err(CommandError::BadValue(program.clone(), ValueError::NotAProgram)),
            Some(_) => {}
        }
        self.0.insert(name.to_owned(), argv);
        Ok(())
    }
}

impl<const N: usize> From<[(&str, &[&str]); N]> for Commands {
    fn from(commands: [(&str, &[&str]); N]) -> Self {
        Self(commands.into_iter().map(|(name, argv)| (name.to_owned(), argv.iter().map(|&word| word.to_owned()).collect())).collect())
    }
}
