//! What the daemon does next: pure, with a clock that the test moves.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rotate::config::Config;
use rotate::daemon::{Agenda, Moment, Outcome, Pass, Timetable};

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn timetable(lines: &str, now: Timestamp) -> Timetable {
    let text = format!("time_zone = \"UTC\"\n{lines}");
    let config = Config::parse(std::path::Path::new("rotate.toml"), &text).expect(lines);
    Timetable::new(&config, 7, now).expect("UTC is known")
}

#[test]
fn what_was_left_comes_first_then_the_run_that_was_missed() {
    let start = at("2026-11-25T12:00:00Z");
    let now = |seconds| Moment { at: start + SignedDuration::from_secs(seconds), elapsed: Duration::from_secs(seconds.unsigned_abs()) };
    let mut agenda = Agenda::new(timetable("", start), true);
    assert_eq!(agenda.due(now(0)), Some(Pass::Resume));
    agenda.ended(Pass::Resume, Outcome::Done, None, now(1));
    assert_eq!(agenda.due(now(1)), Some(Pass::Run));
    agenda.ended(Pass::Run, Outcome::Done, None, now(2));
    assert_eq!(agenda.due(now(2)), None);
    assert_eq!(agenda.next_run(), Some(at("2026-11-26T04:00:00Z")));
    assert_eq!(agenda.pause(now(2)), Duration::from_secs(16 * 3600 - 2), "no wake-up in between");
}

#[test]
fn an_engine_that_is_away_is_asked_less_and_less_often_and_the_run_is_still_owed() {
    let start = at("2026-11-25T12:00:00Z");
    let mut agenda = Agenda::new(timetable("", start), true);
    let mut seconds = 0;
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let now = Moment { at: start + SignedDuration::from_secs(seconds), elapsed: Duration::from_secs(seconds.unsigned_abs()) };
        assert_eq!(agenda.due(now), Some(Pass::Resume));
        agenda.ended(Pass::Resume, Outcome::Failed, None, now);
        assert_eq!(agenda.due(now), None, "no busy loop");
        pauses.push(agenda.pause(now).as_secs());
        seconds += agenda.pause(now).as_secs().cast_signed();
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    let now = Moment { at: start + SignedDuration::from_secs(seconds), elapsed: Duration::from_secs(seconds.unsigned_abs()) };
    agenda.ended(Pass::Resume, Outcome::Done, None, now);
    assert_eq!(agenda.due(now), Some(Pass::Run));
}

/// The engine answers, and not about everything: what was left is looked after, and a run fails.
#[test]
fn a_run_that_fails_again_and_again_is_tried_less_and_less_often() {
    let start = at("2026-11-25T12:00:00Z");
    let mut agenda = Agenda::new(timetable("", start), true);
    let (mut seconds, mut runs) = (0, Vec::new());
    while seconds < 3600 {
        let now = Moment { at: start + SignedDuration::from_secs(seconds), elapsed: Duration::from_secs(seconds.unsigned_abs()) };
        match agenda.due(now) {
            Some(Pass::Run) => {
                runs.push(seconds);
                agenda.ended(Pass::Run, Outcome::Failed, None, now);
            }
            Some(Pass::Resume) => agenda.ended(Pass::Resume, Outcome::Done, None, now),
            None => seconds += agenda.pause(now).as_secs().cast_signed().max(1),
        }
    }
    assert_eq!(runs, [0, 15, 45, 105, 225, 465, 945, 1845, 2745]);
}

#[test]
fn what_is_kept_is_looked_after_each_minute_and_at_its_end() {
    let start = at("2026-11-25T12:00:00Z");
    let now = Moment { at: start, elapsed: Duration::ZERO };
    let mut agenda = Agenda::new(timetable("", start), false);
    for (left, pause) in [(86_400, 60), (40, 40), (0, 60), (-5, 60)] {
        agenda.ended(Pass::Resume, Outcome::Done, Some(start + SignedDuration::from_secs(left)), now);
        assert_eq!(agenda.pause(now), Duration::from_secs(pause), "{left}");
    }
}

/// The wall clock goes where it wants; a run begins once for each firing that lies ahead of the last one.
#[test]
fn a_clock_that_jumps_makes_no_run_begin_twice_and_loses_none_for_long() {
    let mut timetable = timetable("schedule = \"0 4 * * *\"", at("2026-11-25T03:00:00Z"));
    for (now, fires) in [
        ("2026-11-25T03:59:59Z", false),
        ("2026-11-25T04:00:00Z", true),
        ("2026-11-25T04:00:01Z", false),
        ("2026-11-25T03:00:01Z", false), // back by an hour
        ("2026-11-25T04:00:00Z", false), // the same firing once more
        ("2026-11-26T04:00:00Z", true),
        ("2026-12-05T09:00:00Z", true), // forward over several: one
        ("2026-12-05T09:00:01Z", false),
        ("2026-11-26T09:00:00Z", false), // it had been wrong, by days
        ("2026-11-27T04:00:00Z", true),
    ] {
        assert_eq!(timetable.fires(at(now)), fires, "{now}");
    }
}

#[test]
fn with_jitter_each_firing_is_one_run_within_the_jitter() {
    let start = at("2026-11-25T00:00:00Z");
    let mut timetable = timetable("schedule = \"0 * * * *\"\njitter = \"10m\"", start);
    let mut runs = Vec::new();
    for minute in 0..24 * 60 {
        let now = start + SignedDuration::from_mins(minute);
        if timetable.fires(now) {
            runs.push(minute);
        }
    }
    assert_eq!(runs.len(), 23, "{runs:?}");
    assert!(runs.iter().enumerate().all(|(n, minute)| (0..=10).contains(&(minute - 60 * (n as i64 + 1)))), "{runs:?}");
}

/// The zone is looked up anew after each run, and an operator reloads when he likes.
#[test]
fn what_jitter_puts_off_is_not_lost_when_the_same_schedule_is_read_again() {
    let lines = "schedule = \"0 4 * * *\"\njitter = \"10m\"";
    let moment = |text| Moment { at: at(text), elapsed: Duration::from_secs(60) };
    let mut agenda = Agenda::new(timetable(lines, at("2026-11-25T03:00:00Z")), false);
    agenda.ended(Pass::Resume, Outcome::Done, None, moment("2026-11-25T03:00:00Z"));
    let due = agenda.next_run().expect("it is due");
    let between = at("2026-11-25T04:00:00Z") + due.duration_since(at("2026-11-25T04:00:00Z")) / 2;
    assert!(at("2026-11-25T04:00:00Z") < between && between < due, "the seed puts it off: {due}");
    agenda.set_timetable(timetable(lines, between), Moment { at: between, elapsed: Duration::from_secs(90) });
    assert_eq!(agenda.next_run(), Some(due));
    agenda.set_timetable(timetable("schedule = \"0 5 * * *\"", between), Moment { at: between, elapsed: Duration::from_secs(90) });
    assert_eq!(agenda.next_run(), Some(at("2026-11-25T05:00:00Z")));
    assert_eq!(agenda.due(Moment { at: between, elapsed: Duration::from_secs(91) }), None);
}

/// The engine went away in the middle of a switch and came back after the run had given up: its service may be down.
#[test]
fn what_a_run_or_a_question_left_open_is_gone_on_with_at_once() {
    let start = at("2026-11-25T12:00:00Z");
    let now = |seconds| Moment { at: start + SignedDuration::from_secs(seconds), elapsed: Duration::from_secs(seconds.unsigned_abs()) };
    let mut agenda = Agenda::new(timetable("", start), true);
    agenda.ended(Pass::Resume, Outcome::Done, None, now(0));
    assert_eq!(agenda.due(now(0)), Some(Pass::Run));
    agenda.ended(Pass::Run, Outcome::Failed, Some(now(180).at), now(180));
    assert_eq!((agenda.due(now(180)), agenda.pause(now(180))), (None, Duration::from_secs(1)));
    assert_eq!(agenda.due(now(181)), Some(Pass::Resume));
    agenda.ended(Pass::Resume, Outcome::Done, None, now(182));
    assert_eq!(agenda.due(now(182)), None, "the run itself is not tried again at once");
    assert_eq!(agenda.due(now(196)), Some(Pass::Run));
    agenda.ended(Pass::Run, Outcome::Done, None, now(197));
    agenda.look(Some(now(198).at), now(198));
    assert_eq!(agenda.pause(now(198)), Duration::from_secs(1));
}
