//! One value, of a key or of a label: what it may be, and what is wrong with it. Pure.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::duration::{DurationError, parse_duration};
use super::engine_address::{EngineAddress, EngineAddressError};
use crate::model::EngineNameError;
use crate::schedule::{ScheduleError, ZoneError};
use crate::text::{did_you_mean, list};

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The address of an engine.
    Address,
    /// Engines, by name.
    Engines,
    /// The path of a directory.
    Directory,
    /// One word out of these.
    Word(&'static [&'static str]),
    /// A duration with its unit.
    Duration,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// When runs begin.
    Schedule,
    /// The name of a time zone.
    TimeZone,
    /// A table of keys.
    Table,
    /// A program and its arguments.
    Command,
}

/// What stands in the file where text should stand.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Text.
    Text,
    /// A date or a time of day.
    Date,
    /// `[…]`
    List,
    /// `[]`
    EmptyList,
    /// `[…]` with something in it that is not text.
    ListWith(Box<Found>),
    /// `{…}`, or a `[section]` of that name.
    Table,
}

/// The text is of the right type, and yet no value that the key or label can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not one of a few words.
    #[error("only {} may stand there", list(allowed, "or"))]
    NotOneOf {
        /// The words.
        allowed: &'static [&'static str],
    },
    /// Not a duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// A gate of no length proves nothing.
    #[error("it must be more than nothing")]
    Zero,
    /// Not a schedule.
    #[error(transparent)]
    Schedule(Box<ScheduleError>),
    /// Not a time zone of this host.
    #[error(transparent)]
    Zone(Box<ZoneError>),
    /// Nothing, or only blanks.
    #[error("it is empty")]
    Empty,
    /// Not an address.
    #[error(transparent)]
    Address(#[from] EngineAddressError),
    /// Not an engine.
    #[error(transparent)]
    EngineName(#[from] EngineNameError),
    /// It stands in the list already.
    #[error("it stands in the list twice")]
    Twice,
    /// Another key says otherwise.
    #[error("`{other}` is set, too")]
    Beside {
        /// That key.
        other: &'static str,
    },
    /// Not a path from the root.
    #[error("it does not begin with `/`")]
    NotAbsolute,
    /// The first word of a command is no path from the root.
    #[error("the program does not begin with `/`")]
    NotAProgram,
    /// Not a signal of Linux.
    #[error("it is no signal")]
    NotASignal,
    /// Not a whole number in the range that is allowed.
    #[error("it must be a whole number from {lowest} to {highest}")]
    OutOfRange {
        /// The smallest allowed.
        lowest: u32,
        /// The largest allowed.
        highest: u32,
    },
}

impl From<ScheduleError> for ValueError {
    fn from(error: ScheduleError) -> Self {
        Self::Schedule(Box::new(error))
    }
}

impl From<ZoneError> for ValueError {
    fn from(error: ZoneError) -> Self {
        Self::Zone(Box::new(error))
    }
}

impl ValueError {
    /// What to write instead of `value`.
    pub fn help(&self, value: &str) -> String {
        match self {
            Self::NotOneOf { allowed } => did_you_mean(value, allowed, || format!("write {}", list(allowed, "or"))),
            Self::Duration(error) => error.help(),
            Self::Zero => "leave it out for the default, or write a short time such as `1s`".to_owned(),
            Self::Schedule(error) => error.help(),
            Self::Zone(error) => error.help(),
            Self::Empty => "leave it out for the default".to_owned(),
            Self::Address(error) => error.help(),
            Self::EngineName(error) => error.help().to_owned(),
            Self::Twice => "leave one of the two out".to_owned(),
            Self::Beside { .. } => "leave one of the two keys out".to_owned(),
            Self::NotAbsolute => "write the whole path, such as `/var/lib/rotate`".to_owned(),
            Self::NotAProgram => "write its whole path, such as `/usr/local/bin/check`: no shell looks for it".to_owned(),
            Self::NotASignal => "write its name, such as `SIGINT`, or its number".to_owned(),
            Self::OutOfRange { lowest, .. } => format!("write a number, such as `{}`", lowest + 2),
        }
    }
}

impl Kind {
    /// What to write instead of what was found.
    pub fn help(self, found: &Found) -> String {
        match (self, found) {
            (Self::Duration, Found::Integer(n @ 1..=9999)) => format!("write the unit too, in quotes: \"{n}s\", \"{n}m\" or \"{n}h\""),
            (Self::Duration, _) => "write it with its unit, in quotes: \"90s\", \"5m\", \"24h\"".to_owned(),
            (Self::Address, _) => "write it in quotes: \"unix:///var/run/docker.sock\"".to_owned(),
            (Self::Engines, _) => "write each by its name, in quotes: [\"docker\", \"podman\", \"podman:alice\"]".to_owned(),
            (Self::Directory, _) => "write it in quotes: \"/var/lib/rotate\"".to_owned(),
            (Self::Word(words), _) => format!("write {}, in quotes", list(words, "or")),
            (Self::Number, _) => "write it without quotes: 3".to_owned(),
            (Self::Flag, _) => "write `true` or `false`, without quotes".to_owned(),
            (Self::Schedule, _) => "write it in quotes: \"0 4 * * *\", or \"@daily\"".to_owned(),
            (Self::TimeZone, _) => "write it in quotes: \"Europe/Berlin\"".to_owned(),
            (Self::Table, _) => "write it as a table: `[…]` in a line of its own, its keys below".to_owned(),
            (Self::Command, _) => "write the program and its arguments, each in quotes: [\"/usr/local/bin/check\", \"web\"]".to_owned(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "an address",
            Self::Engines => "a list of engines",
            Self::Directory => "a path",
            Self::Word(_) => "a word",
            Self::Duration => "a duration",
            Self::Number => "a whole number",
            Self::Flag => "`true` or `false`",
            Self::Schedule => "a schedule",
            Self::TimeZone => "the name of a time zone",
            Self::Table => "a table",
            Self::Command => "a list of texts",
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "the number {number}"),
            Self::Float(number) => write!(f, "the number {number}"),
            Self::Boolean(value) => write!(f, "the truth value {value}"),
            Self::Text => f.write_str("a text"),
            Self::Date => f.write_str("a date or time"),
            Self::List => f.write_str("a list"),
            Self::EmptyList => f.write_str("an empty list"),
            Self::ListWith(other) => write!(f, "a list with {other} in it"),
            Self::Table => f.write_str("a table"),
        }
    }
}

impl Found {
    pub(super) fn of(value: &toml::Value) -> Self {
        match value {
            toml::Value::String(_) => Self::Text,
            toml::Value::Integer(number) => Self::Integer(*number),
            toml::Value::Float(number) => Self::Float(*number),
            toml::Value::Boolean(value) => Self::Boolean(*value),
            toml::Value::Datetime(_) => Self::Date,
            toml::Value::Array(_) => Self::List,
            toml::Value::Table(_) => Self::Table,
        }
    }
}

/// `true` or `false`, in these letters only.
pub(crate) fn flag(text: &str) -> Result<bool, ValueError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ValueError::NotOneOf { allowed: &["true", "false"] }),
    }
}

/// Any duration, also none: see [`parse_duration`].
pub(crate) fn duration(text: &str) -> Result<Duration, ValueError> {
    Ok(parse_duration(text)?)
}

/// A duration that is longer than nothing.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, ValueError> {
    let duration = parse_duration(text)?;
    if duration.is_zero() { Err(ValueError::Zero) } else { Ok(duration) }
}

pub(super) fn address(text: &str) -> Result<EngineAddress, ValueError> {
    Ok(text.parse::<EngineAddress>()?)
}

pub(super) fn directory(text: &str) -> Result<PathBuf, ValueError> {
    if text.starts_with('/') { Ok(PathBuf::from(text)) } else { Err(ValueError::NotAbsolute) }
}

/// How many failures in a row: 1 to 100.
pub(crate) fn retries(text: &str) -> Result<u32, ValueError> {
    const ALLOWED: std::ops::RangeInclusive<u32> = 1..=100;
    let number = text.parse().ok().filter(|number| ALLOWED.contains(number));
    number.ok_or(ValueError::OutOfRange { lowest: *ALLOWED.start(), highest: *ALLOWED.end() })
}
