//! One file as it was written: known keys only, each with its value and its place. Checks no value.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::error::ConfigError;
use super::position::Position;

/// A value of any type, and where it stands.
pub(super) struct Located {
    pub value: toml::Value,
    pub at: Position,
}

/// The keys are named once, here: `Raw` is what serde reads, [`Fragment`] the same with places, [`KEYS`] their names for suggestions.
macro_rules! keys {
    ($($key:ident),+) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            $($key: Option<Spanned<toml::Value>>),+
        }

        /// What one file says. A key that is not in it is `None`.
        pub(super) struct Fragment {
            $(pub $key: Option<Located>),+
        }

        /// Every key of `rotate.toml`.
        pub const KEYS: &[&str] = &[$(stringify!($key)),+];

        impl Raw {
            fn locate(self, path: &Path, text: &str) -> Fragment {
                let locate = |value: Spanned<toml::Value>| {
                    let at = Position::of(path, text, value.span().start);
                    Located { value: value.into_inner(), at }
                };
                Fragment { $($key: self.$key.map(locate)),+ }
            }
        }
    };
}

keys!(engine, state_dir, select, keep_old, min_healthy, deadline);

impl Fragment {
    /// Reads the text of the file at `path`; the path serves only to say where something stands.
    ///
    /// Errors: [`ConfigError::Syntax`], with toml's own words; [`ConfigError::UnknownKey`] for the first such key in the file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| {
            let at = Position::of(path, text, error.span().map_or(0, |span| span.start));
            ConfigError::Syntax { at, message: error.message().to_owned() }
        };
        let table = DeTable::parse(text).map_err(syntax)?;
        // serde would refuse them too, but with the key inside a sentence only.
        let unknown = table.get_ref().keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref()));
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            let at = Position::of(path, text, key.span().start);
            return Err(ConfigError::UnknownKey { at, key: key.get_ref().to_string() });
        }
        let raw = Raw::deserialize(Deserializer::from(table)).map_err(syntax)?;
        Ok(raw.locate(path, text))
    }
}
