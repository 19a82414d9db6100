//! Every refusal, to the letter.

use rotate::schedule::Schedule;

/// Compares message and help.
#[track_caller]
fn check(text: &str, message: &str, help: &str) {
    match Schedule::parse(text) {
        Ok(schedule) => panic!("{schedule} was accepted"),
        Err(error) => assert_eq!(format!("{error}\n{}", error.help()), format!("{message}\n{help}"), "{text}"),
    }
}

const FIELDS: &str = "write minute, hour, day of month, month and day of week, such as `30 2 * * *`, or a word such as `@daily`";

#[test]
fn nothing_and_the_wrong_number_of_fields() {
    check("", "the schedule is empty", FIELDS);
    check(" \t", "the schedule is empty", FIELDS);
    check("30 2 * *", "the schedule `30 2 * *` has 4 of five fields", FIELDS);
    check("30", "the schedule `30` has 1 of five fields", FIELDS);
    check("daily", "the schedule `daily` has 1 of five fields", "did you mean `@daily`?");
    check(
        "0 30 2 * * *",
        "the schedule `0 30 2 * * *` has 6 fields, not five",
        "seconds are not taken, nor is a year or a command: write minute, hour, day of month, month and day of week",
    );
    check(
        "30 2 * * * root true",
        "the schedule `30 2 * * * root true` has 7 fields, not five",
        "write minute, hour, day of month, month and day of week, and nothing after them",
    );
    check(
        "30 2 * * 1–5",
        "the schedule has a character that is not ASCII: `–`",
        "write it anew with the plain `-`, `*` and blank of the keyboard",
    );
}

#[test]
fn words() {
    check("@dayly", "there is no schedule `@dayly`", "did you mean `@daily`?");
    check("@Daily", "there is no schedule `@Daily`", "did you mean `@daily`?");
    check(
        "@fortnight",
        "there is no schedule `@fortnight`",
        "the words are `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`",
    );
    check("@daily 5", "the schedule `@daily 5` has something after `@daily`", "write `@daily` alone, or five fields");
    check(
        "@reboot",
        "`@reboot` is no time: at its start the daemon only looks for what was missed",
        "write when it is due; with `catch_up` a run missed while the host was off happens once at start",
    );
}

#[test]
fn numbers_out_of_range() {
    check("60 * * * *", "minute cannot be `60`: `60` is not from 0 to 59", "write 0 to 59");
    check("0,75 * * * *", "minute cannot be `0,75`: `75` is not from 0 to 59", "write 0 to 59");
    check("0 24 * * *", "hour cannot be `24`: `24` is not from 0 to 23", "write 0 to 23");
    check("0 0 0 * *", "day of month cannot be `0`: `0` is not from 1 to 31", "write 1 to 31");
    check("0 0 32 * *", "day of month cannot be `32`: `32` is not from 1 to 31", "write 1 to 31");
    check("0 0 1 13 *", "month cannot be `13`: `13` is not from 1 to 12", "write 1 to 12, or `JAN` to `DEC`");
    check("0 0 * * 1-8", "day of week cannot be `1-8`: `8` is not from 0 to 7", "write 0 to 7 (0 and 7 are Sunday), or `SUN` to `SAT`");
    check(
        "99999999999999999999 * * * *",
        "minute cannot be `99999999999999999999`: `99999999999999999999` is not from 0 to 59",
        "write 0 to 59",
    );
}

#[test]
fn names() {
    check("0 0 * * Sunday", "day of week cannot be `Sunday`: there is no name `Sunday`", "did you mean `SUN`?");
    check("0 0 * * FRI-MOM", "day of week cannot be `FRI-MOM`: there is no name `MOM`", "did you mean `MON`?");
    check("0 0 1 sept *", "month cannot be `sept`: there is no name `sept`", "did you mean `SEP`?");
    check(
        "0 0 * * L",
        "day of week cannot be `L`: there is no name `L`",
        "the names are `SUN`, `MON`, `TUE`, `WED`, `THU`, `FRI` and `SAT`",
    );
    check("0 0 L * *", "day of month cannot be `L`: `L` is no number", "write 1 to 31");
    check("0 0 ? * *", "day of month cannot be `?`: `?` is no number", "write 1 to 31");
    check("+5 * * * *", "minute cannot be `+5`: `+5` is no number", "write 0 to 59");
    check("*5 * * * *", "minute cannot be `*5`: `*5` is no number", "write 0 to 59");
    check("0 0 * * 5#2", "day of week cannot be `5#2`: `5#2` is no number", "write 0 to 7 (0 and 7 are Sunday), or `SUN` to `SAT`");
    check("1-2-3 * * * *", "minute cannot be `1-2-3`: `2-3` is no number", "write 0 to 59");
    check("\u{1b}[2J 0 * * *", "minute cannot be `\\u{1b}[2J`: `\\u{1b}[2J` is no number", "write 0 to 59");
}

#[test]
fn steps_and_what_is_missing() {
    let counts = |values| format!("a step counts within its field, which has {values} values, and begins anew after the last one");
    check("*/0 * * * *", "minute cannot be `*/0`: the step `0` is not from 1 to 60", &counts(60));
    check("*/90 * * * *", "minute cannot be `*/90`: the step `90` is not from 1 to 60", &counts(60));
    check("0 */x * * *", "hour cannot be `*/x`: the step `x` is not from 1 to 24", &counts(24));
    check("0 */+2 * * *", "hour cannot be `*/+2`: the step `+2` is not from 1 to 24", &counts(24));
    check("*/5/2 * * * *", "minute cannot be `*/5/2`: the step `5/2` is not from 1 to 60", &counts(60));
    check("5/15 * * * *", "minute cannot be `5/15`: a step needs `*` or a range before it", "write `5-59/15`");
    check("0 0 * * MON/2", "day of week cannot be `MON/2`: a step needs `*` or a range before it", "write `MON-7/2`");
    for value in ["1,,2", ",1", "1-", "-1", "*/", "/5"] {
        let message = format!("minute cannot be `{value}`: there is nothing on one side of a `,`, `-` or `/`");
        check(&format!("{value} * * * *"), &message, "lists are `0,59`, ranges `0-59`, steps `*/2`");
    }
}

#[test]
fn dates_that_never_come() {
    let help = "write a day that one of these months has; every month has `28`";
    check("0 0 30 2 *", "day of month `30` never comes in month `2`", help);
    check("0 0 31 FEB,4,jun *", "day of month `31` never comes in month `FEB,4,jun`", help);
    check("0 0 30,31 2 */2", "day of month `30,31` never comes in month `2`", help);
}
