//! Durations as people write them: `90s`, `1h 30m`. Pure.

use std::time::Duration;

use crate::text::quoted;

/// The longest duration that is accepted: ten years. Added to any date of today, it overflows nothing.
pub const LONGEST_DURATION: Duration = Duration::from_secs(3650 * DAY);

const DAY: u64 = 24 * 60 * 60;

/// The text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing, or only blanks.
    #[error("it is empty")]
    Empty,
    /// A number alone, also `0`.
    #[error("{} has no unit", quoted(number))]
    NoUnit {
        /// The number as written.
        number: String,
    },
    /// `1.5h`.
    #[error("it has a fraction")]
    Fraction,
    /// Something else where a whole number must stand: `h`, `-5s`.
    #[error("there is no number before {}", quoted(rest))]
    NoNumber {
        /// What stands there, to the end.
        rest: String,
    },
    /// A number, then a word that is no unit.
    #[error("there is no unit {}", quoted(unit))]
    UnknownUnit {
        /// The word as written.
        unit: String,
    },
    /// More than [`LONGEST_DURATION`].
    #[error("it is more than 3650d")]
    TooLong,
}

impl DurationError {
    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::NoUnit { number } if number.len() <= 4 => format!("write the unit too: `{number}s`, `{number}m` or `{number}h`"),
            Self::Fraction => "write a smaller unit as well: `1h 30m` for an hour and a half".to_owned(),
            Self::TooLong => "the longest is ten years, `3650d`".to_owned(),
            _ => "the units are ms, s, m, h, d and w, after whole numbers: `90s`, `1h 30m`, `7d`".to_owned(),
        }
    }
}

/// Reads whole numbers, each with its unit, blanks between as one likes: `500ms`, `90s`, `5min`, `1h30m`, `2 days`. They add up; at most [`LONGEST_DURATION`].
///
/// The units are ms, s, m, h, d, w and the longer words that systemd.time(7) has for them. There are no months and no years: `M` is too near to `m`.
/// (Not `humantime`: 2.4.0 panics on `18446744073709551615s 1000ms`, and anybody may write a label.)
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let (number, after_number) = split(rest, |c| c.is_ascii_digit());
        if number.is_empty() {
            return Err(DurationError::NoNumber { rest: rest.to_owned() });
        }
        let (unit, after_unit) = split(after_number.trim_start(), char::is_alphabetic);
        if unit.is_empty() {
            let is_fraction = after_unit.starts_with(['.', ',']);
            return Err(if is_fraction { DurationError::Fraction } else { DurationError::NoUnit { number: number.to_owned() } });
        }
        let unit = length(unit).ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_owned() })?;
        let number: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
        let part = unit.checked_mul(number).map(Duration::from_millis).filter(|part| *part <= LONGEST_DURATION);
        let part = part.ok_or(DurationError::TooLong)?;
        sum = Some(sum + part).filter(|sum| *sum <= LONGEST_DURATION).ok_or(DurationError::TooLong)?;
        rest = after_unit.trim_start();
    }
    Ok(sum)
}

/// As a person would write it: the largest unit that gives a whole number, days from two on. `24h`, `2d`, `90m`; [`parse_duration`] reads it again.
pub fn duration_text(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [(86_400_000, 2, "d"), (3_600_000, 1, "h"), (60_000, 1, "m"), (1000, 1, "s")];
    match units.iter().find(|(unit, least, _)| millis.is_multiple_of(*unit) && millis / unit >= *least) {
        Some((unit, _, word)) => format!("{}{word}", millis / unit),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

fn split(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

/// In milliseconds.
fn length(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" | "msec" => 1,
        "s" | "sec" | "second" | "seconds" => 1000,
        "m" | "min" | "minute" | "minutes" => 60 * 1000,
        "h" | "hr" | "hour" | "hours" => 60 * 60 * 1000,
        "d" | "day" | "days" => DAY * 1000,
        "w" | "week" | "weeks" => 7 * DAY * 1000,
        _ => return None,
    })
}
