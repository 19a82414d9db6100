//! One entry of a report as a row and, if it went wrong, as trouble.

use serde_json::{Value, json};

use super::Trouble;
use crate::cycle::{Entry, Verdict};
use crate::plan::listed;

/// The row, and what the comparison found, where that is the point: a line each below it.
pub fn rows(entry: &Entry) -> Vec<Vec<String>> {
    let differences = match entry.verdict {
        Verdict::DryRun | Verdict::Held => entry.differences.as_slice(),
        _ => &[],
    };
    let below = differences.iter().map(|line| vec![String::new(), String::new(), line.clone()]);
    std::iter::once(row(entry)).chain(below).collect()
}

/// Name, image, and what was done.
fn row(entry: &Entry) -> Vec<String> {
    let resumed = if entry.is_resumed { " (begun by an earlier run)" } else { "" };
    vec![entry.name.clone(), entry.image.clone(), format!("{}{resumed}", result(entry))]
}

/// What was done, in the past tense, and with whom.
pub fn result(entry: &Entry) -> String {
    let names: Vec<_> = entry.along.iter().map(|along| along.name.clone()).collect();
    let along = if names.is_empty() { String::new() } else { format!("; along with it {}", listed(&names)) };
    done(entry) + &along
}

fn done(entry: &Entry) -> String {
    let seconds = |s: Option<f64>| s.map_or_else(|| "?".to_owned(), |s| format!("{s:.1} s"));
    match entry.verdict {
        Verdict::Rotated => {
            let down = entry.down_time_seconds.map(|down| format!(" in {} (down {down:.1} s)", seconds(entry.took_seconds)));
            let but = entry.message.as_ref().map(|message| format!(", BUT {message}"));
            format!("rotated{}{}", down.unwrap_or_default(), but.unwrap_or_default())
        }
        Verdict::RolledBack => format!("rolled back: {}", message(entry)),
        Verdict::Stayed => format!("FAILED AND STAYS: {}", message(entry)),
        Verdict::FailedLate => format!("FAILED LATE: {}", message(entry)),
        Verdict::Failed => format!("not rotated: {}", message(entry)),
        Verdict::Held => "held: the new container would differ".to_owned(),
        Verdict::Stuck => format!("STUCK: {}", message(entry)),
        Verdict::Left | Verdict::Unanswered => message(entry).to_owned(),
        Verdict::Withdrawn => format!("not rotated: {}", message(entry)),
        Verdict::DryRun => format!("would be rotated to {}", short(entry.to_digest.as_deref())),
        Verdict::Skipped | Verdict::Orphaned => message(entry).to_owned(),
    }
}

/// The entry as a document; what went wrong says, too, how things stand.
pub fn document(entry: &Entry) -> Value {
    let mut document = json!(entry);
    if let (Value::Object(fields), Some(trouble)) = (&mut document, trouble(entry)) {
        fields.insert("state".to_owned(), trouble.state.into());
    }
    document
}

/// What a person has to know beyond the row.
pub fn trouble(entry: &Entry) -> Option<Trouble> {
    let Entry { name, image, .. } = entry;
    let (old, new) = (short(entry.from_digest.as_deref()), short(entry.to_digest.as_deref()));
    let help = entry.help.as_deref().unwrap_or("see `rotate status`");
    let block = |error: &str, state: &str, help: &str| Trouble {
        error: error.to_owned(),
        state: state.to_owned(),
        help: help.to_owned(),
        log: entry.log.clone(),
    };
    let not_rotated =
        || block(&format!("`{name}` was not rotated to {image} ({new}): {}", message(entry)), "the container serves as before", help);
    let trouble = match entry.verdict {
        Verdict::RolledBack if entry.reason == Some("requested") && !entry.is_fault => return None,
        Verdict::RolledBack => block(
            &format!("`{name}` was rolled back to {image} ({old}): {}", message(entry)),
            entry
                .stands
                .unwrap_or("the old container runs under its name and is well; the new one is removed, its last log lines are kept"),
            help,
        ),
        Verdict::Stayed => block(
            &format!("`{name}` failed and stays on {image} ({new}): {}", message(entry)),
            entry.stands.unwrap_or(
                "the new container has the name and its restart policy, as `rotate.on_failure=stay` says; what the old one needs to come back \
                 is kept",
            ),
            help,
        ),
        Verdict::FailedLate => block(
            &format!("`{name}` failed late on {image} ({new}): {}", message(entry)),
            entry.stands.unwrap_or("the new container has the name and is left as it is"),
            help,
        ),
        Verdict::Failed => not_rotated(),
        Verdict::Withdrawn if entry.is_fault => not_rotated(),
        Verdict::Held => block(
            &format!("`{name}` is held: a container of {image} ({new}) would differ"),
            "the old container runs and was not touched; the new one is removed",
            help,
        ),
        Verdict::Stuck => block(
            &format!("`{name}` {}, a person is needed: {}", if entry.may_serve { "may be down" } else { "IS DOWN" }, message(entry)),
            entry.stands.unwrap_or("what there is of it is kept; rotate touches nothing more until it is run again"),
            help,
        ),
        Verdict::Orphaned => block(&format!("`{name}`: {}", message(entry)), "nothing was touched", help),
        Verdict::Left => {
            block(&format!("`{name}`: {}", message(entry)), "one container runs under the name; the rotation is recorded", help)
        }
        Verdict::Unanswered => block(
            &format!("`{name}`: {}", message(entry)),
            &format!("the engine does not tell; as the rotation is recorded, {}", entry.stands.unwrap_or("nothing was removed")),
            help,
        ),
        Verdict::Skipped if entry.is_fault => {
            block(&format!("`{name}` was passed over: {}", message(entry)), "nothing was pulled, and its container was not touched", help)
        }
        Verdict::Rotated if entry.is_fault => {
            block(&format!("`{name}` was rotated, but {}", message(entry)), entry.stands.unwrap_or("it is well"), help)
        }
        Verdict::Rotated | Verdict::Withdrawn | Verdict::DryRun | Verdict::Skipped => return None,
    };
    Some(trouble)
}

fn message(entry: &Entry) -> &str {
    entry.message.as_deref().unwrap_or_default()
}

/// The first 12 hex digits of a digest.
pub fn short(digest: Option<&str>) -> String {
    let digest = digest.unwrap_or("digest unknown");
    digest.get(..19).unwrap_or(digest).to_owned()
}
