//! A schedule as typed -> what `next` walks. Pure.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::str::FromStr;

use super::error::WORDS;
use super::field::Allowed;
use super::{Field, ScheduleError};

/// When something is due: five fields of crontab(5), or one of its words. Shown as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    /// One, or two of which either counts: the OR of day of month and day of week, which `cron` does not know. They walk civil time.
    pub(super) either: Vec<cron::Schedule>,
}

impl Schedule {
    /// Reads `minute hour day-of-month month day-of-week`, or `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
    ///
    /// As in crontab(5): day of week 0 and 7 are Sunday; if neither day field begins with `*`, a day matches if either does, else both must.
    /// Beyond it: ranges may wrap (`FRI-MON`), and names may stand in lists and ranges. `30 2 * * 1-5` is half past two from Monday to Friday.
    ///
    /// Errors: [`ScheduleError`], also for a date that no year has (`0 0 30 2 *`) and for `@reboot`.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let typed = text.trim_ascii();
        if let Some(character) = typed.chars().find(|character| !character.is_ascii()) {
            return Err(ScheduleError::NotAscii { character });
        }
        let written = if typed.starts_with('@') { fields_of(typed)? } else { typed };
        let fields: Vec<&str> = written.split_ascii_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            let (text, found) = (typed.to_owned(), fields.len());
            return Err(match found {
                0 => ScheduleError::Empty,
                1..5 => ScheduleError::TooFewFields { text, found },
                _ => ScheduleError::TooManyFields { text, found },
            });
        };
        let minutes = read(Field::Minute, minute)?;
        let hours = read(Field::Hour, hour)?;
        let days = read(Field::DayOfMonth, day_of_month)?;
        let months = read(Field::Month, month)?;
        let weekdays = read(Field::DayOfWeek, day_of_week)?;

        let is_either = !days.is_starred && !weekdays.is_starred;
        // Any date falls on any day of the week in some year, so that the day of the week makes no date impossible.
        if !is_either && !months.values.iter().any(|month| days.values.iter().any(|day| *day <= longest(*month))) {
            return Err(ScheduleError::ImpossibleDate { day_of_month: day_of_month.to_owned(), month: month.to_owned() });
        }
        let walk = |days, weekdays| {
            let lists = lists(&minutes.values, &hours.values, days, &months.values, weekdays);
            lists
                .parse()
                .map_err(|error: cron::error::Error| ScheduleError::Unwalkable { text: typed.to_owned(), reason: error.to_string() })
        };
        let either = match is_either {
            true => vec![walk(Some(&days.values), None)?, walk(None, Some(&weekdays.values))?],
            false => vec![walk(Some(&days.values), Some(&weekdays.values))?],
        };
        Ok(Self { text: typed.to_owned(), either })
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        Self::parse(text)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn fields_of(typed: &str) -> Result<&'static str, ScheduleError> {
    let (word, rest) = typed.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((typed, ""));
    if word.eq_ignore_ascii_case("@reboot") {
        return Err(ScheduleError::Reboot);
    }
    let known = WORDS.iter().find(|(known, _)| *known == word);
    let (_, fields) = known.ok_or_else(|| ScheduleError::UnknownWord { word: word.to_owned() })?;
    if !rest.is_empty() {
        return Err(ScheduleError::WordNotAlone { text: typed.to_owned(), word: word.to_owned() });
    }
    Ok(fields)
}

fn read(field: Field, value: &str) -> Result<Allowed, ScheduleError> {
    field.parse(value).map_err(|reason| ScheduleError::BadField { field, value: value.to_owned(), reason })
}

/// Days of a month in its longest year.
fn longest(month: u32) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The fields as `cron` wants them: seconds first, plain lists (it has no ranges that wrap), Sunday as 1, `*` where a field counts nothing.
fn lists(
    minutes: &BTreeSet<u32>,
    hours: &BTreeSet<u32>,
    days: Option<&BTreeSet<u32>>,
    months: &BTreeSet<u32>,
    weekdays: Option<&BTreeSet<u32>>,
) -> String {
    let mut text = String::from("0");
    let fields = [(Some(minutes), 0), (Some(hours), 0), (days, 0), (Some(months), 0), (weekdays, 1)];
    for (values, shift) in fields {
        text.push(' ');
        let Some(values) = values else {
            text.push('*');
            continue;
        };
        for (index, value) in values.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{comma}{}", value + shift);
        }
    }
    text
}
