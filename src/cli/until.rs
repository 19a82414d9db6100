//! A moment in the future as people type it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::parse_duration;

/// `2026-12-01` (the beginning of that day, in this host's time zone), `2026-12-01T06:00:00Z`, or `7d` from now.
///
/// Errors, for clap: what is none of these, or not in the future.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    let now = Timestamp::now();
    let until = read(text, now, &TimeZone::system()).ok_or("write a date (2026-12-01), a time (2026-12-01T06:00:00Z) or how long (7d)")?;
    if until > now { Ok(until) } else { Err("it is not in the future".to_owned()) }
}

fn read(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(duration) = parse_duration(text) {
        return now.checked_add(SignedDuration::try_from(duration).ok()?).ok();
    }
    match text.parse::<Date>() {
        // `Date` would also take the date out of a whole time.
        Ok(date) if text.len() == "2026-12-01".len() => zone.to_timestamp(date.into()).ok(),
        _ => text.parse().ok(),
    }
}
