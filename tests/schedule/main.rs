//! Schedules: what is accepted, every refusal to the letter, and every clock change of every zone. No engine.

mod agenda;
mod changes;
mod clock;
mod missed;
mod odd_changes;
mod refused;
mod walk;
mod zones;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rotate::schedule::Schedule;

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> TimeZone {
    rotate::schedule::zone(Some(name)).unwrap_or_else(|error| panic!("{error} ({})", error.help()))
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The first firings later than `after`, as the zone's clock shows them, each with its weekday and offset.
fn firings(text: &str, after: &str, zone: &TimeZone, count: usize) -> Vec<String> {
    let schedule = schedule(text);
    let mut last = instant(after);
    let mut shown = Vec::new();
    while shown.len() < count {
        let Some(next) = schedule.next(last, zone) else { break };
        assert!(next > last, "{text}: {next} after {last}");
        shown.push(next.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M %:z").to_string());
        last = next;
    }
    shown
}
