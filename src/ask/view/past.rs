//! One rotation that was, as rows.

use jiff::Timestamp;

use super::entry;
use crate::clock::seconds_between;
use crate::cycle::Past;

pub const HEAD: [&str; 6] = ["BEGAN", "NAME", "IMAGE", "FROM", "TO", "RESULT"];

/// The row, and below it what was done: each step with the time since the beginning.
pub fn rows(past: &Past, with_steps: bool) -> Vec<Vec<String>> {
    let entry = &past.entry;
    let digest = |digest: &Option<String>| digest.as_deref().map_or_else(|| "-".to_owned(), |digest| entry::short(Some(digest)));
    let kept = past.kept_until.map(|until| format!("; the way back is kept until {}", time(until))).unwrap_or_default();
    let result = entry::result(entry) + &kept;
    let row =
        vec![time(past.began_at), entry.name.clone(), entry.image.clone(), digest(&entry.from_digest), digest(&entry.to_digest), result];
    let steps = past.steps.iter().filter(|_| with_steps).map(|step| {
        let after = seconds_between(past.began_at, step.at).map_or_else(|| "?".to_owned(), |after| format!("{after:.1} s"));
        vec![format!("  +{after}"), step.step.replace('_', " ")]
    });
    std::iter::once(row).chain(steps).collect()
}

/// For people: to the second, in UTC.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
