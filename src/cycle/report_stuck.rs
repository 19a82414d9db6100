//! What a report says where only a person can help. Another hand may have taken one of the two containers by then, or both: none is said to be there but
//! the one that the reason has seen.

use crate::rotation::StuckReason;

/// What happened, and what to do.
pub fn told(unit: &str, reason: &StuckReason) -> (String, String) {
    let none_serves = || format!("neither the new nor the old container serves: {reason}");
    let now = format!("run `rotate now {unit}`");
    match reason {
        StuckReason::PredecessorRefused { .. } | StuckReason::PredecessorSick { .. } => {
            (none_serves(), format!("remove the cause, then {now}: it starts the old one again"))
        }
        StuckReason::NameTaken { .. } => (none_serves(), format!("remove the cause, then {now}: it brings the old one back")),
        StuckReason::Apart { name } => (
            format!("it is neither gone on with nor taken back: {reason}"),
            format!("make them anew all together, or remove what is named `{name}`; then {now}"),
        ),
        // What cannot be stopped may serve: nothing is said of that.
        StuckReason::ActRefused { .. } => (reason.to_string(), format!("remove the cause, then {now}: it goes on from there")),
        StuckReason::NotMadeAgain { .. } => (
            reason.to_string(),
            format!(
                "remove the cause (a restart of the engine's service may do), then {now}: it makes the container again; where its old image is not to be \
                 had any more, create `{unit}` anew by hand: `rotate history {unit}` names the images"
            ),
        ),
        StuckReason::NothingLeft => (
            reason.to_string(),
            format!("create `{unit}` anew by hand: `rotate history {unit}` names the images; rotate removed none of its volumes"),
        ),
    }
}

/// How things stand.
pub fn stands(reason: &StuckReason) -> &'static str {
    match reason {
        StuckReason::PredecessorRefused { .. } | StuckReason::PredecessorSick { .. } => {
            "the old container is kept, and the new one if it was still there; rotate touches nothing more until it is run again"
        }
        StuckReason::NameTaken { .. } | StuckReason::ActRefused { .. } => {
            "what there is of its two containers is kept; rotate touches nothing more until it is run again"
        }
        StuckReason::Apart { .. } => {
            "what runs of them is left as it is, what does not is kept; rotate touches nothing more until it is run again"
        }
        StuckReason::NotMadeAgain { .. } => {
            "no container of it is on the engine now, its configuration is kept in rotate's record; rotate touches nothing more until it is run again"
        }
        StuckReason::NothingLeft => {
            "its old container is not there, its new one is kept if it was; rotate touches nothing more until it is run again"
        }
    }
}
