//! What the fields mean: numbers, names, lists, ranges, steps, the two day fields, words. In UTC, where no clock changes.

use jiff::tz::TimeZone;
use rotate::schedule::Schedule;

use super::{firings, instant, schedule};

/// The firings from 2026-02-01, a Sunday, 00:00 on (that midnight included), without the offset.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let shown = firings(text, "2026-01-31T23:59:59.5Z", &TimeZone::UTC, expected.len());
    let shown: Vec<&str> = shown.iter().map(|shown| shown.trim_end_matches(" +00:00")).collect();
    assert_eq!(shown, expected, "{text}");
}

/// The days of February 2026 on which `text` fires at midnight.
#[track_caller]
fn check_days(text: &str, expected: &[i8]) {
    let schedule = schedule(text);
    let (mut last, mut days) = (instant("2026-01-31T23:59Z"), Vec::new());
    while let Some(next) = schedule.next(last, &TimeZone::UTC).filter(|next| *next < instant("2026-03-01T00:00Z")) {
        days.push(TimeZone::UTC.to_datetime(next).day());
        last = next;
    }
    assert_eq!(days, expected, "{text}");
}

/// Two ways to write one schedule.
#[track_caller]
fn check_same(one: &str, other: &str) {
    let walk = |text| firings(text, "2026-01-31T23:59:00Z", &TimeZone::UTC, 70);
    assert_eq!(walk(one), walk(other), "{one} and {other}");
}

#[test]
fn day_of_week_counts_from_sunday_and_has_it_twice() {
    for sunday in ["0", "7", "SUN", "sun", "Sun"] {
        check_days(&format!("0 0 * * {sunday}"), &[1, 8, 15, 22]);
    }
    let others = [("1", "MON"), ("2", "TUE"), ("3", "WED"), ("4", "THU"), ("5", "FRI"), ("6", "SAT")];
    for (first, (number, name)) in (2..).zip(others) {
        let days = [first, first + 7, first + 14, first + 21];
        check_days(&format!("0 0 * * {number}"), &days);
        check_days(&format!("0 0 * * {name}"), &days);
    }
    check_same("0 0 * * 0-7", "0 0 * * *");
    check_same("0 0 * * 5-7", "0 0 * * FRI,SAT,SUN");
    check_same("0 0 * * 1-7/2", "0 0 * * 1,3,5,7");
    check_same("0 0 * * 0-7/2", "0 0 * * 0,2,4,6");
}

#[test]
fn ranges_wrap() {
    check_same("0 0 * * FRI-MON", "0 0 * * 5,6,0,1");
    check_same("0 0 * * 7-1", "0 0 * * 0,1");
    check_same("0 0 * * 6-0", "0 0 * * 6,7");
    check_same("0 0 * * SUN-SUN", "0 0 * * 0");
    check_same("0 22-2 * * *", "0 22,23,0,1,2 * * *");
    check_same("50-10/10 * * * *", "50,0,10 * * * *");
    check_same("0 22-2/2 * * *", "0 22,0,2 * * *");
    check_same("0 23-2/2 * * *", "0 23,1 * * *");
    check_same("0 0 30-2 * *", "0 0 30,31,1,2 * *");
    check_same("0 0 1 NOV-FEB *", "0 0 1 11,12,1,2 *");
    check("0 0 1 NOV-FEB *", &["Sun 2026-02-01 00:00", "Sun 2026-11-01 00:00", "Tue 2026-12-01 00:00", "Fri 2027-01-01 00:00"]);
}

#[test]
fn steps_and_lists() {
    check("*/25 3 * * *", &["Sun 2026-02-01 03:00", "Sun 2026-02-01 03:25", "Sun 2026-02-01 03:50", "Mon 2026-02-02 03:00"]);
    check_same("*/60 * * * *", "0 * * * *");
    check_same("10-30/10,45 * * * *", "45,30,20,10,10 * * * *");
    check_same("*,5 * * * *", "* * * * *");
    check_same("0 0 1 */5 *", "0 0 1 1,6,11 *");
    check_same("007 08 * * *", "7 8 * * *");
    check_same(" \t5  4 * *\t* ", "5 4 * * *");
}

#[test]
fn either_day_field_matches_if_both_are_restricted() {
    check_days("0 0 13 * FRI", &[6, 13, 20, 27]);
    check_days("0 0 1,15 * MON", &[1, 2, 9, 15, 16, 23]);
    check_days("0 0 30 2 MON", &[2, 9, 16, 23]);
    // Restricted, though it allows every day: it does not begin with `*`.
    check_days("0 0 1-31 * MON", &(1..=28).collect::<Vec<_>>());
    check(
        "15 6 13 * FRI",
        &["Fri 2026-02-06 06:15", "Fri 2026-02-13 06:15", "Fri 2026-02-20 06:15", "Fri 2026-02-27 06:15", "Fri 2026-03-06 06:15"],
    );
}

#[test]
fn both_day_fields_must_match_if_one_begins_with_a_star() {
    check_days("0 0 * * MON", &[2, 9, 16, 23]);
    check_days("0 0 13 * *", &[13]);
    check_days("0 0 */2 * MON", &[9, 23]);
    check_days("0 0 13 * */5", &[13]);
    check_days("0 0 14 * */5", &[]);
}

#[test]
fn rare_dates_are_found() {
    check("0 0 29 2 *", &["Tue 2028-02-29 00:00", "Sun 2032-02-29 00:00"]);
    check("0 0 29 2 */7", &["Sun 2032-02-29 00:00", "Sun 2060-02-29 00:00", "Sun 2088-02-29 00:00"]);
    check("59 23 31 12 *", &["Thu 2026-12-31 23:59", "Fri 2027-12-31 23:59"]);
    check("0 0 31 * *", &["Tue 2026-03-31 00:00", "Sun 2026-05-31 00:00", "Fri 2026-07-31 00:00"]);
}

#[test]
fn words_stand_for_fields() {
    let words = [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ];
    for (word, fields) in words {
        check_same(word, fields);
    }
}

#[test]
fn a_schedule_is_shown_as_typed() {
    for text in ["@daily", "0,30  2 * * fri-MON", "*/15 * * * *"] {
        assert_eq!(schedule(text).to_string(), text);
        assert_eq!(text.parse::<Schedule>().as_ref(), Ok(&schedule(text)));
    }
    assert_eq!(schedule(" @daily\n").to_string(), "@daily");
    assert_ne!(schedule("0 0 * * 0"), schedule("0 0 * * 1"));
}

#[test]
fn the_ends_of_time() {
    let daily = schedule("30 2 * * *");
    let first = Some(instant("1970-01-01T02:30Z"));
    assert_eq!(daily.next(jiff::Timestamp::MIN, &TimeZone::UTC), first);
    assert_eq!(daily.next(instant("1900-01-01T00:00Z"), &TimeZone::UTC), first);
    assert_eq!(schedule("@daily").next(instant("1969-12-31T23:59:59.5Z"), &TimeZone::UTC), Some(instant("1970-01-01T00:00Z")));
    assert_eq!(daily.next(instant("2100-12-31T02:00Z"), &TimeZone::UTC), Some(instant("2100-12-31T02:30Z")));
    assert_eq!(daily.next(instant("2100-12-31T02:30Z"), &TimeZone::UTC), None);
    assert_eq!(daily.next(jiff::Timestamp::MAX, &TimeZone::UTC), None);
}
