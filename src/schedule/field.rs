//! One field of a schedule -> the values that it allows. Pure.

use std::collections::BTreeSet;
use std::fmt;

use super::FieldError;

/// The five fields of crontab(5), in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12, or `JAN` to `DEC`.
    Month,
    /// 0 to 7, or `SUN` to `SAT`; 0 and 7 are Sunday.
    DayOfWeek,
}

/// What one field allows.
pub(super) struct Allowed {
    /// Of day of week 0 to 6, never 7.
    pub values: BTreeSet<u32>,
    /// crontab(5): a field that begins with `*` restricts nothing, which decides between AND and OR; `*/2` is such a one too.
    pub is_starred: bool,
}

impl Field {
    /// All five, in the order in which they are written.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::DayOfMonth, Self::Month, Self::DayOfWeek];

    /// The least and the greatest number that may be written.
    pub fn bounds(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 7),
        }
    }

    /// The names that may be written for numbers, in order from the least number; case does not count.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Minute | Self::Hour | Self::DayOfMonth => &[],
            Self::Month => &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
            Self::DayOfWeek => &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        }
    }

    /// After how many values the field begins anew.
    pub fn cycle(self) -> u32 {
        let (first, last) = self.bounds();
        match self {
            Self::DayOfWeek => 7, // Sunday has two numbers
            Self::Minute | Self::Hour | Self::DayOfMonth | Self::Month => last - first + 1,
        }
    }

    /// Reads a comma-separated list of values, ranges and steps.
    ///
    /// A range may wrap, beyond crontab(5): `22-2` is 22, 23, 0, 1, 2, and `FRI-MON` ends on Monday. A step counts along the range as written: `22-2/2`
    /// is 22, 0, 2.
    pub(super) fn parse(self, text: &str) -> Result<Allowed, FieldError> {
        let mut values = BTreeSet::new();
        for item in text.split(',') {
            values.extend(self.item(item)?);
        }
        Ok(Allowed { values, is_starred: text.starts_with('*') })
    }

    fn item(self, item: &str) -> Result<Vec<u32>, FieldError> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (item, None),
        };
        let (first, cycle) = (self.bounds().0, self.cycle());
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (first, first + cycle - 1),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None => {
                let value = self.value(range)?;
                if let Some(step) = step {
                    return Err(FieldError::StepAlone { from: range.to_owned(), last: self.bounds().1, step });
                }
                (value, value)
            }
        };
        let to = if from > to { to + cycle } else { to };
        let walk = (from..=to).step_by(step.unwrap_or(1) as usize);
        Ok(walk.map(|value| first + (value - first) % cycle).collect())
    }

    fn value(self, text: &str) -> Result<u32, FieldError> {
        let (first, last) = self.bounds();
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().ok().filter(|number| (first..=last).contains(number));
            return number.ok_or_else(|| FieldError::OutOfRange { number: text.to_owned(), first, last });
        }
        match (first..).zip(self.names()).find(|(_, name)| name.eq_ignore_ascii_case(text)) {
            Some((number, _)) => Ok(number),
            None if self.names().is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Err(FieldError::NotANumber { text: text.to_owned() })
            }
            None => Err(FieldError::UnknownName { name: text.to_owned(), known: self.names() }),
        }
    }

    /// A step that is longer than the cycle would fire once a cycle, and `*/90` does not mean "every hour" to who writes it.
    fn step(self, text: &str) -> Result<u32, FieldError> {
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        let longest = self.cycle();
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let step = text.parse().ok().filter(|step| is_number && (1..=longest).contains(step));
        step.ok_or_else(|| FieldError::BadStep { step: text.to_owned(), longest })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}
