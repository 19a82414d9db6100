//! Clock changes that a person can check on paper: what is written here is what the manual promises.

use super::{firings, zone};

#[track_caller]
fn check(zone_name: &str, text: &str, after: &str, expected: &[&str]) {
    assert_eq!(firings(text, after, &zone(zone_name), expected.len()), expected, "{zone_name}: {text}");
}

#[test]
fn a_time_in_a_gap_fires_once_at_its_end() {
    check(
        "Europe/Berlin",
        "30 2 * * *",
        "2026-03-27T12:00Z",
        &["Sat 2026-03-28 02:30 +01:00", "Sun 2026-03-29 03:00 +02:00", "Mon 2026-03-30 02:30 +02:00"],
    );
    check(
        "Europe/Berlin",
        "*/15 * * * *",
        "2026-03-29T00:30Z",
        &["Sun 2026-03-29 01:45 +01:00", "Sun 2026-03-29 03:00 +02:00", "Sun 2026-03-29 03:15 +02:00"],
    );
}

#[test]
fn a_time_in_a_fold_fires_once_in_its_first_pass() {
    check("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z", &["Sun 2026-10-25 02:30 +02:00", "Mon 2026-10-26 02:30 +01:00"]);
    check(
        "Europe/Berlin",
        "*/15 * * * *",
        "2026-10-25T00:30Z",
        &["Sun 2026-10-25 02:45 +02:00", "Sun 2026-10-25 03:00 +01:00", "Sun 2026-10-25 03:15 +01:00"],
    );
    // A daemon that starts in the second pass.
    check("Europe/Berlin", "30 2 * * *", "2026-10-25T01:10Z", &["Mon 2026-10-26 02:30 +01:00"]);
}

#[test]
fn half_an_hour_and_three_quarters() {
    check("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00Z", &["Sun 2026-10-04 02:30 +11:00", "Mon 2026-10-05 02:15 +11:00"]);
    check("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00Z", &["Sun 2026-04-05 01:45 +11:00", "Mon 2026-04-06 01:45 +10:30"]);
    check("Pacific/Chatham", "0 3 * * *", "2026-09-26T00:00Z", &["Sun 2026-09-27 03:45 +13:45", "Mon 2026-09-28 03:00 +13:45"]);
}

#[test]
fn a_day_that_never_was_fires_once_at_the_next_midnight() {
    check(
        "Pacific/Apia",
        "0 12 * * *",
        "2011-12-29T12:00Z",
        &["Thu 2011-12-29 12:00 -10:00", "Sat 2011-12-31 00:00 +14:00", "Sat 2011-12-31 12:00 +14:00"],
    );
    // Friday the 30th did not take place; the midnight after it is also the midnight of Saturday: one run.
    check("Pacific/Apia", "0 0 * * *", "2011-12-29T11:00Z", &["Sat 2011-12-31 00:00 +14:00", "Sun 2012-01-01 00:00 +14:00"]);
    check("Pacific/Apia", "0 0 30 12 *", "2011-01-01T00:00Z", &["Sat 2011-12-31 00:00 +14:00", "Sun 2012-12-30 00:00 +14:00"]);
    check(
        "Pacific/Kwajalein",
        "0 12 * * *",
        "1993-08-20T12:00Z",
        &["Fri 1993-08-20 12:00 -12:00", "Sun 1993-08-22 00:00 +12:00", "Sun 1993-08-22 12:00 +12:00"],
    );
}

#[test]
fn midnight_in_a_gap_is_one_in_the_morning() {
    check("Africa/Cairo", "@daily", "2026-04-23T12:00Z", &["Fri 2026-04-24 01:00 +03:00", "Sat 2026-04-25 00:00 +03:00"]);
}
