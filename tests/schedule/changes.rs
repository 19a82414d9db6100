//! Every clock change of every zone of this host's database, 1990 to 2037, against a clock watched minute by minute.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rotate::schedule::Schedule;

use super::clock::{Clock, Shown};
use super::{instant, schedule};

const WEEK: i64 = 7 * 24 * 60;

/// A schedule, what it means, and how many minutes around a change it is watched beside the change itself.
struct Case {
    schedule: Schedule,
    is_due: fn(Shown) -> bool,
    around: i64,
}

fn cases() -> Vec<Case> {
    let case = |text, around, is_due| Case { schedule: schedule(text), is_due, around };
    vec![
        case("30 2 * * *", 5 * 60, |at| (at.hour(), at.minute()) == (2, 30)),
        case("0 0 * * *", 5 * 60, |at| (at.hour(), at.minute()) == (0, 0)),
        case("*/15 * * * *", 50, |at| at.minute() % 15 == 0),
        case("@hourly", 130, |at| at.minute() == 0),
        case("30 1 * * SUN", 5 * 60, |at| (at.weekday(), at.hour(), at.minute()) == (0, 1, 30)),
    ]
}

/// The zones' clocks, each once however many names it has.
fn clocks() -> Vec<(String, TimeZone, Clock)> {
    let (from, until) = (instant("1990-01-01T00:00Z"), instant("2038-01-01T00:00Z"));
    let mut known = HashSet::new();
    let named = jiff::tz::db().available().map(|name| (name.to_string(), super::zone(&name.to_string())));
    let clocks = named.map(|(name, zone)| (name, Clock::of(&zone, from, until), zone));
    let clocks: Vec<_> =
        clocks.filter(|(_, clock, _)| known.insert(clock.clone())).map(|(name, clock, zone)| (name, zone, clock)).collect();
    assert!(clocks.len() > 200, "only {} clocks: this test needs the time zone database (`apt install tzdata`)", clocks.len());
    clocks
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).expect("between 1990 and 2037")
}

#[test]
fn each_civil_time_fires_once_at_every_change_of_every_zone() {
    let cases = cases();
    // All schedules repeat weekly: changes by the same amount at the same time of the week are watched once. Firings count from the change.
    let mut watched: HashMap<(i64, i64, usize), Vec<i64>> = HashMap::new();
    let mut changes = 0;
    for (name, zone, clock) in clocks() {
        for (index, pair) in clock.0.windows(2).enumerate() {
            let [(before_from, before), (change, after)] = pair else { continue };
            let next_change = clock.0.get(index + 2).map_or(i64::MAX, |(next, _)| *next);
            let is_alone = change - before_from > 5 * 24 * 60 && next_change - change > 5 * 24 * 60;
            changes += 1;
            for (number, case) in cases.iter().enumerate() {
                let around = case.around + (after - before).abs();
                let (from, until) = (change - around, change + around);
                let watch = || clock.firings(from, until, case.is_due).iter().map(|minute| minute - change).collect::<Vec<_>>();
                let expected = match is_alone {
                    true => watched.entry(((change + before).rem_euclid(WEEK), after - before, number)).or_insert_with(watch).clone(),
                    false => watch(),
                };
                let fired: Vec<i64> = walk(&case.schedule, &zone, from, until).iter().map(|minute| minute - change).collect();
                let shown = |minutes: &[i64]| minutes.iter().map(|minute| at(change + minute).to_string()).collect::<Vec<_>>();
                assert!(
                    fired == expected,
                    "{name}, {} around {}: fired {:?}, not {:?}",
                    case.schedule,
                    at(*change),
                    shown(&fired),
                    shown(&expected)
                );
            }
        }
    }
    assert!(changes > 5_000, "only {changes} changes");
}

#[test]
fn a_start_at_any_minute_around_a_change_goes_on_where_the_clock_is() {
    let cases = cases();
    let mut known = HashSet::new();
    for (name, zone, clock) in clocks() {
        for pair in clock.0.windows(2) {
            let [(_, before), (change, after)] = pair else { continue };
            // One change of an hour is like another; those of half an hour or a day are not.
            let is_odd = (after - before).abs() != 60;
            let is_recent = (at(*change).as_second() - instant("2026-01-01T00:00Z").as_second()).abs() < 2 * 365 * 24 * 3600;
            if !(is_odd || is_recent) || !known.insert((*change, *before, *after)) {
                continue;
            }
            let around = 70 + (after - before).abs();
            for case in &cases {
                let expected = clock.firings(change - around, change + around, case.is_due);
                for start in (change - around..change + around).step_by(7) {
                    let Some(due) = expected.iter().find(|due| **due > start) else { break };
                    assert_eq!(case.schedule.next(at(start), &zone), Some(at(*due)), "{name}, {}, start at {}", case.schedule, at(start));
                }
            }
        }
    }
    assert!(known.len() > 100, "only {} changes", known.len());
}

/// The firings from `from` to `until`, as `next` gives them.
fn walk(schedule: &Schedule, zone: &TimeZone, from: i64, until: i64) -> Vec<i64> {
    let mut fired = Vec::new();
    let mut last = at(from - 1);
    loop {
        let next = schedule.next(last, zone).expect("a firing before 2100");
        assert!(next > last, "{schedule}: {next} after {last}");
        assert_eq!(next.as_second() % 60, 0, "{schedule}: {next}");
        if next > at(until) {
            return fired;
        }
        fired.push(next.as_second() / 60);
        last = next;
    }
}
