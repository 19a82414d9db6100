//! Why a text is no schedule: data, one clause each, and what to write instead.

use super::Field;
use crate::text::{nearest, quoted};

/// The words that stand for a schedule, and the five fields that each is short for. Source: crontab(5).
pub(super) const WORDS: &[(&str, &str)] = &[
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Nothing, or only blanks.
    #[error("the schedule is empty")]
    Empty,
    /// A dash or a blank from a word processor, most likely.
    #[error("the schedule has a character that is not ASCII: {}", quoted(&character.to_string()))]
    NotAscii {
        /// The first such character.
        character: char,
    },
    /// Fewer than five fields.
    #[error("the schedule {} has {found} of five fields", quoted(text))]
    TooFewFields {
        /// The schedule as typed.
        text: String,
        /// One to four.
        found: usize,
    },
    /// More than five fields.
    #[error("the schedule {} has {found} fields, not five", quoted(text))]
    TooManyFields {
        /// The schedule as typed.
        text: String,
        /// Six or more.
        found: usize,
    },
    /// `@dayly`.
    #[error("there is no schedule {}", quoted(word))]
    UnknownWord {
        /// The word as typed, with its `@`.
        word: String,
    },
    /// `@daily` with something after it.
    #[error("the schedule {} has something after {}", quoted(text), quoted(word))]
    WordNotAlone {
        /// The schedule as typed.
        text: String,
        /// Its word.
        word: String,
    },
    /// `@reboot`: no time at all.
    #[error("`@reboot` is no time: at its start the daemon only looks for what was missed")]
    Reboot,
    /// A field that cannot be read.
    #[error("{field} cannot be {}: {reason}", quoted(value))]
    BadField {
        /// Which field.
        field: Field,
        /// The whole field as typed.
        value: String,
        /// Why not. Part of the clause, hence no source of its own.
        reason: FieldError,
    },
    /// `0 0 30 2 *`: it would never fire.
    #[error("day of month {} never comes in month {}", quoted(day_of_month), quoted(month))]
    ImpossibleDate {
        /// The field as typed.
        day_of_month: String,
        /// The field as typed.
        month: String,
    },
    /// The fields are sound and the crate `cron` does not take them: a bug, which must not end the daemon.
    #[error("the schedule {} cannot be walked: {reason}", quoted(text))]
    Unwalkable {
        /// The schedule as typed.
        text: String,
        /// What `cron` says.
        reason: String,
    },
}

/// Why a text is no field of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// `1,,2`, `5-`, `*/`.
    #[error("there is nothing on one side of a `,`, `-` or `/`")]
    Missing,
    /// `60` in minutes.
    #[error("{} is not from {first} to {last}", quoted(number))]
    OutOfRange {
        /// As typed; it may have any number of digits.
        number: String,
        /// The least number.
        first: u32,
        /// The greatest number.
        last: u32,
    },
    /// Neither a number nor a name.
    #[error("{} is no number", quoted(text))]
    NotANumber {
        /// As typed.
        text: String,
    },
    /// A name in a field that has names, and not one of them.
    #[error("there is no name {}", quoted(name))]
    UnknownName {
        /// As typed.
        name: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
    /// Zero, no number, or more than the field has values.
    #[error("the step {} is not from 1 to {longest}", quoted(step))]
    BadStep {
        /// As typed.
        step: String,
        /// The number of values of the field.
        longest: u32,
    },
    /// `5/15`: crontab(5) has steps only after `*` and ranges, and programs that take it do not agree on its meaning.
    #[error("a step needs `*` or a range before it")]
    StepAlone {
        /// What stands before the step, as typed.
        from: String,
        /// The greatest number of the field.
        last: u32,
        /// The step.
        step: u32,
    },
}

impl ScheduleError {
    /// What to write instead.
    pub fn help(&self) -> String {
        const FIELDS: &str = "write minute, hour, day of month, month and day of week, such as `30 2 * * *`, or a word such as `@daily`";
        match self {
            Self::Empty => FIELDS.to_owned(),
            Self::NotAscii { .. } => "write it anew with the plain `-`, `*` and blank of the keyboard".to_owned(),
            Self::TooFewFields { text, found: 1 } => meant(&format!("@{text}")).unwrap_or_else(|| FIELDS.to_owned()),
            Self::TooFewFields { .. } => FIELDS.to_owned(),
            Self::TooManyFields { found: 6, .. } => {
                "seconds are not taken, nor is a year or a command: write minute, hour, day of month, month and day of week".to_owned()
            }
            Self::TooManyFields { .. } => "write minute, hour, day of month, month and day of week, and nothing after them".to_owned(),
            Self::UnknownWord { word } => meant(word).unwrap_or_else(|| {
                let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
                format!("the words are {}", crate::text::list(&words, "and"))
            }),
            Self::WordNotAlone { word, .. } => format!("write {} alone, or five fields", quoted(word)),
            Self::Reboot => "write when it is due; with `catch_up` a run missed while the host was off happens once at start".to_owned(),
            Self::BadField { field, reason, .. } => reason.help(*field),
            Self::ImpossibleDate { .. } => "write a day that one of these months has; every month has `28`".to_owned(),
            Self::Unwalkable { .. } => "this is a bug in rotate; please report the schedule".to_owned(),
        }
    }
}

impl FieldError {
    fn help(&self, field: Field) -> String {
        let (first, last) = field.bounds();
        match self {
            Self::Missing => format!("lists are `{first},{last}`, ranges `{first}-{last}`, steps `*/2`"),
            Self::UnknownName { name, known } => match name_meant(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the names are {}", crate::text::list(known, "and")),
            },
            Self::OutOfRange { .. } | Self::NotANumber { .. } => match (field, field.names()) {
                (Field::DayOfWeek, _) => "write 0 to 7 (0 and 7 are Sunday), or `SUN` to `SAT`".to_owned(),
                (_, [first_name, .., last_name]) => format!("write {first} to {last}, or `{first_name}` to `{last_name}`"),
                _ => format!("write {first} to {last}"),
            },
            Self::BadStep { longest, .. } => {
                format!("a step counts within its field, which has {longest} values, and begins anew after the last one")
            }
            Self::StepAlone { from, last, step } => format!("write `{from}-{last}/{step}`"),
        }
    }
}

fn meant(word: &str) -> Option<String> {
    let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
    nearest(word, &words).map(|near| format!("did you mean `{near}`?"))
}

/// A day or month by its full name is the most frequent slip: `Sunday`, `march`.
fn name_meant(typed: &str, known: &[&'static str]) -> Option<&'static str> {
    let begins = |name: &&&'static str| typed.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    let lower: Vec<String> = known.iter().map(|name| name.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let near = || nearest(typed, &lower).and_then(|near| known.iter().find(|name| name.eq_ignore_ascii_case(near)));
    known.iter().find(begins).or_else(near).copied()
}
