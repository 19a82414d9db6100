//! The name of a time zone -> the zone. Reads the host's time zone database and nothing else.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::text::{nearest, quoted};

/// There is no such time zone here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// The host has a database, and no such name in it.
    #[error("there is no time zone {}", quoted(name))]
    Unknown {
        /// The name as typed.
        name: String,
        /// The name that was most likely meant, if one is near.
        near: Option<String>,
    },
    /// The host has no database: on a small host the package is often missing.
    #[error("time zone {} cannot be looked up: this host has no time zone database", quoted(name))]
    NoDatabase {
        /// The name as typed.
        name: String,
    },
    /// The database lists the name and its file cannot be read.
    #[error("the file of time zone {} cannot be read: {reason}", quoted(name))]
    Unreadable {
        /// The name as typed.
        name: String,
        /// What `jiff` says.
        reason: String,
    },
}

impl ZoneError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Unknown { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Unknown { near: None, .. } => {
                "write a name such as `Europe/Berlin` (`timedatectl list-timezones` lists them), or `UTC`".to_owned()
            }
            Self::NoDatabase { .. } => "install it (`apt install tzdata`), or write `UTC`".to_owned(),
            Self::Unreadable { .. } => "install it anew (`apt install --reinstall tzdata`), or write `UTC`".to_owned(),
        }
    }
}

/// The time zone of that name, or the host's own for `None`.
///
/// The host's own: `TZ`, else /etc/localtime, else UTC, and then [`TimeZone::is_unknown`] is true. Case does not count. `UTC` needs no database.
/// A zone is as its file was when it was looked up: a long-lived process asks again from time to time, as governments change their minds.
pub fn zone(name: Option<&str>) -> Result<TimeZone, ZoneError> {
    match name {
        None => Ok(TimeZone::system()),
        Some(name) => zone_in(jiff::tz::db(), name),
    }
}

/// As [`zone`], from a given database.
pub fn zone_in(database: &TimeZoneDatabase, name: &str) -> Result<TimeZone, ZoneError> {
    if ["UTC", "Etc/UTC"].iter().any(|utc| utc.eq_ignore_ascii_case(name)) {
        return Ok(TimeZone::UTC);
    }
    database.get(name).map_err(|error| {
        // `jiff` no longer lists a file that it failed to read; without its cache it does.
        database.reset();
        let known: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let name = name.to_owned();
        match known.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            _ if known.is_empty() => ZoneError::NoDatabase { name },
            true => ZoneError::Unreadable { name, reason: error.to_string() },
            false => ZoneError::Unknown { near: meant(&name, &known), name },
        }
    })
}

/// A city without its continent, else the nearest name.
fn meant(typed: &str, known: &[String]) -> Option<String> {
    let as_city = typed.replace(' ', "_");
    let is_city = |name: &&String| name.rsplit_once('/').is_some_and(|(_, city)| city.eq_ignore_ascii_case(&as_city));
    // As `nearest` folds what was typed.
    let folded: Vec<String> = known.iter().map(|name| name.to_lowercase().replace('-', "_")).collect();
    let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
    let near = || nearest(&as_city, &folded).and_then(|near| folded.iter().position(|name| *name == near));
    known.iter().find(is_city).or_else(|| near().and_then(|index| known.get(index))).cloned()
}
