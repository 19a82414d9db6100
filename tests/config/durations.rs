//! Durations, of keys and labels alike.

use std::time::Duration;

use rotate::config::{duration_text, parse_duration};

const UNITS: &str = "the units are ms, s, m, h, d and w, after whole numbers: `90s`, `1h 30m`, `7d`";

fn check(text: &str, expected: Result<u64, (&str, &str)>) {
    let expected = expected.map(Duration::from_millis).map_err(|(message, help)| format!("{message}\n{help}"));
    assert_eq!(parse_duration(text).map_err(|error| format!("{error}\n{}", error.help())), expected, "{text:?}");
}

#[test]
fn whole_numbers_with_units_add_up() {
    let cases = [
        ("0s", 0),
        ("500ms", 500),
        ("90s", 90_000),
        ("5m", 300_000),
        ("5min", 300_000),
        ("24h", 86_400_000),
        ("7d", 604_800_000),
        ("2w", 1_209_600_000),
        ("1h30m", 5_400_000),
        (" 1 hour  30 minutes ", 5_400_000),
        ("1s1s", 2_000),
        ("007s", 7_000),
        ("3650d", 315_360_000_000),
        ("60d 1ms", 5_184_000_001),
        ("5184000001ms", 5_184_000_001),
    ];
    for (text, milliseconds) in cases {
        check(text, Ok(milliseconds));
    }
}

#[test]
fn anything_else_is_refused_with_what_to_write() {
    let long = ("it is more than 3650d", "the longest is ten years, `3650d`");
    let cases = [
        ("", ("it is empty", UNITS)),
        ("  ", ("it is empty", UNITS)),
        ("10", ("`10` has no unit", "write the unit too: `10s`, `10m` or `10h`")),
        ("0", ("`0` has no unit", "write the unit too: `0s`, `0m` or `0h`")),
        ("1h30", ("`30` has no unit", "write the unit too: `30s`, `30m` or `30h`")),
        ("123456", ("`123456` has no unit", UNITS)),
        ("h", ("there is no number before `h`", UNITS)),
        ("-5s", ("there is no number before `-5s`", UNITS)),
        ("10s,", ("there is no number before `,`", UNITS)),
        ("off", ("there is no number before `off`", UNITS)),
        ("1.5h", ("it has a fraction", "write a smaller unit as well: `1h 30m` for an hour and a half")),
        ("5x", ("there is no unit `x`", UNITS)),
        ("1M", ("there is no unit `M`", UNITS)),
        ("1y", ("there is no unit `y`", UNITS)),
        ("10S", ("there is no unit `S`", UNITS)),
        ("5µs", ("there is no unit `µs`", UNITS)),
        ("٣s", ("there is no number before `٣s`", UNITS)),
        ("5\u{1b}s", ("`5` has no unit", "write the unit too: `5s`, `5m` or `5h`")),
        ("3650d 1ms", long),
        ("315360000001ms", long),
        ("18446744073709551615s 1000ms", long),
        ("99999999999999999999999999d", long),
    ];
    for (text, refused) in cases {
        check(text, Err(refused));
    }
}

#[test]
fn duration_is_written_as_a_person_would_and_reads_the_same() {
    let day = 86_400_000;
    let cases = [
        (0, "0s"),
        (1, "1ms"),
        (1500, "1500ms"),
        (90_000, "90s"),
        (5_400_000, "90m"),
        (day, "24h"),
        (2 * day, "2d"),
        (3650 * day, "3650d"),
    ];
    for (milliseconds, text) in cases {
        assert_eq!(duration_text(Duration::from_millis(milliseconds)), text);
        check(text, Ok(milliseconds));
    }
}
