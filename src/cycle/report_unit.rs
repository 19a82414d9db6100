//! What a report says otherwise of a container that a unit of systemd makes: whom a person asks is systemd, and what is kept is an image.

use super::report::{Entry, Verdict};
use crate::model::Service;
use crate::rotation::{Record, StuckReason};

/// See [`Record::stands`]: how things stand after this, where the words for containers that change places would be wrong.
pub fn stands(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::RolledBack => Some("its unit runs the old image and is well; the last log lines of the new one are kept"),
        Verdict::Stayed => Some("its unit runs the new image, as `rotate.on_failure=stay` says; the old image is kept"),
        Verdict::FailedLate => Some("its unit is left as it is"),
        Verdict::Rotated => Some("its unit runs the new image and is well"),
        Verdict::Failed
        | Verdict::Held
        | Verdict::Stuck
        | Verdict::Left
        | Verdict::Unanswered
        | Verdict::Withdrawn
        | Verdict::DryRun
        | Verdict::Skipped
        | Verdict::Orphaned => None,
    }
}

/// The same for one that needs a person. Of the new image nothing is said: another hand may have removed it.
pub fn stands_stuck(reason: &StuckReason) -> &'static str {
    match reason {
        StuckReason::PredecessorRefused { .. } | StuckReason::PredecessorSick { .. } => {
            "the old image is there; rotate touches nothing more until it is run again"
        }
        StuckReason::NothingLeft => "the old image is not there; rotate touches nothing more until it is run again",
        StuckReason::NameTaken { .. } | StuckReason::Apart { .. } | StuckReason::ActRefused { .. } | StuckReason::NotMadeAgain { .. } => {
            "its unit is left as it is; rotate touches nothing more until it is run again"
        }
    }
}

/// For one that needs a person: what happened, and what to do. An act may be refused before the unit is touched, too: it is not said what serves.
pub fn stuck(record: &Record, service: &Service, reason: &StuckReason) -> (String, String) {
    let (unit, name) = (&service.name, &record.unit);
    let (status, journal) = (format!("{} status {unit}", service.manager.systemctl()), service.manager.journal(unit));
    let (why, none_serves) = (record.why_stuck(reason), "neither the new nor the old image serves");
    let (message, then) = match reason {
        StuckReason::PredecessorRefused { .. } | StuckReason::PredecessorSick { .. } => (
            format!("{none_serves}: {why}"),
            format!("remove the cause, then run `rotate now {name}`: it restarts the unit with the old image"),
        ),
        StuckReason::NothingLeft => (
            format!("{none_serves}: {why}"),
            format!("load the old image again, then run `rotate now {name}`: it restarts the unit with it"),
        ),
        StuckReason::NameTaken { .. } | StuckReason::Apart { .. } | StuckReason::ActRefused { .. } | StuckReason::NotMadeAgain { .. } => (
            why,
            format!(
                "remove the cause (load the old image again, if that is not to be had), then run `rotate now {name}`: it goes on from there"
            ),
        ),
    };
    (message, format!("see `{status}` and `{journal}`; {then}"))
}

/// For a new image that is not well while the old one is kept.
pub fn way_back(record: &Record, service: &Service) -> String {
    let (journal, name) = (service.manager.journal(&service.name), &record.unit);
    format!("read its log (`{journal}`); `rotate rollback {name}` restarts its unit with the old image, which is kept while this lasts")
}

/// For one of which the engine does not tell.
pub fn unanswered(service: &Service) -> String {
    let systemctl = service.manager.systemctl();
    format!("see `{systemctl} status {}` and whether `podman ps` answers there; the next run goes on from there", service.name)
}

/// The same entry; with those that a restart of its unit stopped, and that are not up again.
pub fn with_down(entry: Entry, service: &Service) -> Entry {
    if service.down.is_empty() || !matches!(entry.verdict, Verdict::Rotated | Verdict::RolledBack | Verdict::Stayed) {
        return entry;
    }
    let (names, systemctl) = (service.down.join(", "), service.manager.systemctl());
    let told = format!("{names}, which ran before and was stopped by the restart of {}, did not come up again", service.name);
    let message = entry.message.map_or_else(|| told.clone(), |message| format!("{message}; {told}"));
    let (containers, units): (Vec<&String>, Vec<&String>) = service.down.iter().partition(|name| service.siblings.contains(name));
    let units = units.iter().map(|unit| format!("`{systemctl} status {unit}`"));
    let all: Vec<String> = units.chain(containers.iter().map(|name| format!("`podman logs {name}`"))).collect();
    let see = format!("see {}", all.join(", "));
    let help = entry.help.map_or_else(|| see.clone(), |help| format!("{see}; {help}"));
    Entry { message: Some(message), help: Some(help), reason: entry.reason.or(Some("dependent_down")), is_fault: true, ..entry }
}
