//! The oracle: a clock on the wall, watched minute by minute. It knows neither `cron` nor what `jiff` makes of civil times; only offsets.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What a clock shows, counted in minutes from 1970-01-01 00:00.
#[derive(Clone, Copy)]
pub struct Shown(i64);

impl Shown {
    pub fn minute(self) -> i64 {
        self.0.rem_euclid(60)
    }

    pub fn hour(self) -> i64 {
        self.0.div_euclid(60).rem_euclid(24)
    }

    /// 0 is Sunday; 1970-01-01 was a Thursday.
    pub fn weekday(self) -> i64 {
        (self.0.div_euclid(24 * 60) + 4).rem_euclid(7)
    }
}

/// A clock: from which minute on (since 1970, UTC) which offset in minutes holds; ascending.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Clock(pub Vec<(i64, i64)>);

impl Clock {
    /// The zone's clock from `from` to `until`. Since 1990 all changes are on whole minutes, by whole minutes.
    pub fn of(zone: &TimeZone, from: Timestamp, until: Timestamp) -> Self {
        let minutes = |seconds: i64| {
            assert_eq!(seconds % 60, 0, "{zone:?}: not a whole minute");
            seconds / 60
        };
        let offset = |at: Timestamp| minutes(zone.to_offset(at).seconds().into());
        let mut pieces = vec![(minutes(from.as_second()), offset(from))];
        for change in zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < until) {
            if pieces.last().is_some_and(|(_, before)| *before != offset(change)) {
                pieces.push((minutes(change.as_second()), offset(change)));
            }
        }
        Self(pieces)
    }

    /// The minutes from `from` to `until` at which something is due that was not due before: a time fires when it is first shown, or when it is
    /// skipped. The watch begins a day and a half early, so that what was shown before a change is known.
    pub fn firings(&self, from: i64, until: i64, is_due: impl Fn(Shown) -> bool) -> Vec<i64> {
        let mut seen = HashSet::new();
        let begin = from - 36 * 60;
        let mut shown_before = begin + self.offset(begin) - 1;
        let mut fired = Vec::new();
        for minute in begin..=until {
            let shown = minute + self.offset(minute);
            let passed = if shown > shown_before { shown_before + 1..=shown } else { shown..=shown };
            let mut is_firing = false;
            for shown in passed {
                is_firing |= is_due(Shown(shown)) && seen.insert(shown);
            }
            if is_firing && minute >= from {
                fired.push(minute);
            }
            shown_before = shown;
        }
        fired
    }

    fn offset(&self, minute: i64) -> i64 {
        let piece = self.0.partition_point(|(from, _)| *from <= minute).max(1) - 1;
        self.0[piece].1
    }
}
