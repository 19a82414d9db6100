//! What was written -> [`Config`]: each value gets its type, or is refused with its place. Pure.

use super::choice::{LogLevel, Mode, OnFailure, OnLateFailure, RegistryVia, Select};
use super::commands::{CommandError, Commands};
use super::engine_choice::{self, EngineChoice};
use super::error::ConfigError;
use super::fragment::{Fragment, Located};
use super::settings::{Config, HealthDefaults};
use super::value::{self, Found, Kind, ValueError};
use crate::schedule::{Schedule, zone};

/// Checks each value; what is not written keeps its default.
///
/// Errors: [`ConfigError::WrongType`] and [`ConfigError::BadValue`], for one key at a time.
pub(super) fn validate(mut fragment: Fragment) -> Result<Config, ConfigError> {
    let default = Config::default();
    for table in ["registry", "health", "health.commands"] {
        check(table, Kind::Table, fragment.take(table), |_| Ok(()))?;
    }
    let commands = commands(std::mem::take(&mut fragment.commands))?;
    let f = &mut fragment;
    let engine = read(f, "engine", Kind::Address, value::address)?;
    Ok(Config {
        engines: engines(f.take("engines"), engine.is_some())?,
        engine,
        state_dir: read(f, "state_dir", Kind::Directory, value::directory)?.unwrap_or(default.state_dir),
        log_level: read(f, "log_level", Kind::Word(LogLevel::WORDS), LogLevel::read)?.unwrap_or(default.log_level),
        schedule: read(f, "schedule", Kind::Schedule, schedule)?.unwrap_or(default.schedule),
        time_zone: read(f, "time_zone", Kind::TimeZone, time_zone)?,
        jitter: read(f, "jitter", Kind::Duration, value::duration)?.unwrap_or(default.jitter),
        catch_up: read(f, "catch_up", Kind::Flag, value::flag)?.unwrap_or(default.catch_up),
        select: read(f, "select", Kind::Word(Select::WORDS), Select::read)?.unwrap_or(default.select),
        mode: read(f, "mode", Kind::Word(Mode::WORDS), Mode::read)?.unwrap_or(default.mode),
        min_age: read(f, "min_age", Kind::Duration, value::duration)?.unwrap_or(default.min_age),
        keep_old: read(f, "keep_old", Kind::Duration, value::duration)?.unwrap_or(default.keep_old),
        min_healthy: read(f, "min_healthy", Kind::Duration, value::positive_duration)?,
        deadline: read(f, "deadline", Kind::Duration, value::positive_duration)?,
        on_failure: read(f, "on_failure", Kind::Word(OnFailure::WORDS), OnFailure::read)?.unwrap_or(default.on_failure),
        on_late_failure: read(f, "on_late_failure", Kind::Word(OnLateFailure::WORDS), OnLateFailure::read)?
            .unwrap_or(default.on_late_failure),
        registry_via: read(f, "registry.via", Kind::Word(RegistryVia::WORDS), RegistryVia::read)?.unwrap_or(default.registry_via),
        health: HealthDefaults {
            interval: read(f, "health.interval", Kind::Duration, value::positive_duration)?.unwrap_or(default.health.interval),
            timeout: read(f, "health.timeout", Kind::Duration, value::positive_duration)?.unwrap_or(default.health.timeout),
            retries: read(f, "health.retries", Kind::Number, value::retries)?.unwrap_or(default.health.retries),
        },
        commands,
    })
}

fn read<T>(
    fragment: &mut Fragment,
    key: &'static str,
    kind: Kind,
    read: impl FnOnce(&str) -> Result<T, ValueError>,
) -> Result<Option<T>, ConfigError> {
    check(key, kind, fragment.take(key), read)
}

fn check<T>(
    key: &str,
    kind: Kind,
    written: Option<Located>,
    read: impl FnOnce(&str) -> Result<T, ValueError>,
) -> Result<Option<T>, ConfigError> {
    let Some(Located { value, at }) = written else {
        return Ok(None);
    };
    let text = match (kind, value) {
        (Kind::Number, toml::Value::Integer(number)) => number.to_string(),
        (Kind::Flag, toml::Value::Boolean(flag)) => flag.to_string(),
        (Kind::Number | Kind::Flag | Kind::Table, other) => {
            return Err(ConfigError::WrongType { at, key: key.to_owned(), kind, found: Found::of(&other) });
        }
        (_, toml::Value::String(text)) => text,
        (_, other) => return Err(ConfigError::WrongType { at, key: key.to_owned(), kind, found: Found::of(&other) }),
    };
    read(&text).map(Some).map_err(|reason| ConfigError::BadValue { at, key: key.to_owned(), value: text, reason })
}

/// When runs begin: what the schedule's own parser takes.
fn schedule(text: &str) -> Result<Schedule, ValueError> {
    Ok(text.parse()?)
}

/// In which zone the schedule is read: what the time zone database knows.
fn time_zone(text: &str) -> Result<String, ValueError> {
    zone(Some(text))?;
    Ok(text.to_owned())
}

/// Beside `engine` there is no list: which of the two counted could only be guessed.
fn engines(written: Option<Located>, has_engine: bool) -> Result<Vec<EngineChoice>, ConfigError> {
    let Some(Located { value, at }) = written else { return Ok(Vec::new()) };
    let all = engine_choice::engines(&value).map_err(|error| error.at(at.clone()))?;
    if has_engine {
        let (key, reason) = ("engines".to_owned(), ValueError::Beside { other: "engine" });
        return Err(ConfigError::BadValue { at, key, value: all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "), reason });
    }
    Ok(all)
}

fn commands(written: impl IntoIterator<Item = (String, Located)>) -> Result<Commands, ConfigError> {
    let mut commands = Commands::default();
    for (name, Located { value, at }) in written {
        let key = format!("health.commands.{name}");
        commands.add(&name, value).map_err(|error| match error {
            CommandError::WrongType(kind, found) => ConfigError::WrongType { at, key, kind, found },
            CommandError::BadValue(value, reason) => ConfigError::BadValue { at, key, value, reason },
        })?;
    }
    Ok(commands)
}
