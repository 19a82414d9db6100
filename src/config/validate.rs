//! What was written -> [`Config`]: each value gets its type, or is refused with its place. Pure.

use super::error::ConfigError;
use super::fragment::{Fragment, Located};
use super::settings::Config;
use super::value::{self, Found, Kind, ValueError};

/// Checks each value; what is not written keeps its default.
///
/// Errors: [`ConfigError::WrongType`] and [`ConfigError::BadValue`], for one key at a time.
pub(super) fn validate(fragment: Fragment) -> Result<Config, ConfigError> {
    let default = Config::default();
    let Fragment { engine, state_dir, select, keep_old, min_healthy, deadline } = fragment;
    Ok(Config {
        engine: check("engine", Kind::Address, engine, value::address)?,
        state_dir: check("state_dir", Kind::Directory, state_dir, value::directory)?.unwrap_or(default.state_dir),
        select: check("select", Kind::Select, select, value::select)?.unwrap_or(default.select),
        keep_old: check("keep_old", Kind::Duration, keep_old, value::duration)?.unwrap_or(default.keep_old),
        min_healthy: check("min_healthy", Kind::Duration, min_healthy, value::positive_duration)?,
        deadline: check("deadline", Kind::Duration, deadline, value::positive_duration)?,
    })
}

fn check<T>(
    key: &'static str,
    kind: Kind,
    written: Option<Located>,
    read: impl FnOnce(&str) -> Result<T, ValueError>,
) -> Result<Option<T>, ConfigError> {
    let Some(Located { value, at }) = written else {
        return Ok(None);
    };
    match text(value) {
        Err(found) => Err(ConfigError::WrongType { at, key, kind, found }),
        Ok(text) => match read(&text) {
            Ok(value) => Ok(Some(value)),
            Err(reason) => Err(ConfigError::BadValue { at, key, value: text, reason }),
        },
    }
}

fn text(value: toml::Value) -> Result<String, Found> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Err(Found::Integer(number)),
        toml::Value::Float(number) => Err(Found::Float(number)),
        toml::Value::Boolean(value) => Err(Found::Boolean(value)),
        toml::Value::Datetime(_) => Err(Found::Date),
        toml::Value::Array(_) => Err(Found::List),
        toml::Value::Table(_) => Err(Found::Table),
    }
}
