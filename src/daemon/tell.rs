//! What a pass did, for the log: a line for each thing that a person would want to know, once as long as it stays the same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::ask::View;
use crate::cycle::{Entry, Report, Verdict};
use crate::model::Warning;

/// Remembers what was told of an engine.
#[derive(Default)]
pub struct Teller {
    /// By container.
    told: Mutex<HashMap<String, String>>,
    /// The last look at what is so about the whole engine; none: there was none yet.
    warning: Mutex<Option<Option<Warning>>>,
}

impl Teller {
    /// True if [`Teller::warning`] was told before.
    pub fn has_looked(&self) -> bool {
        self.warning.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Warns, if that is news.
    pub fn warning(&self, warning: Option<&Warning>) {
        let mut before = self.warning.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(warning) = warning.filter(|warning| before.as_ref().and_then(Option::as_ref) != Some(*warning)) {
            tracing::warn!("{warning}");
        }
        *before = Some(warning.cloned());
    }

    /// Tells what is news. What was wrong and is not mentioned any more, in a report of a pass that was not ended early, may be told again.
    pub fn report(&self, report: &Report, is_whole: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::new();
        let is_told = |entry: &&Entry| entry.is_fault || !matches!(entry.verdict, Verdict::Skipped | Verdict::Withdrawn | Verdict::DryRun);
        for entry in report.entries.iter().filter(is_told) {
            let text = line(entry);
            if told.get(&entry.name) != Some(&text) {
                let rotation = entry.rotation.as_deref().unwrap_or_default();
                match entry.verdict {
                    Verdict::Rotated if entry.is_fault => tracing::error!(container = %entry.name, rotation, "{text}"),
                    Verdict::Rotated => tracing::info!(container = %entry.name, rotation, "{text}"),
                    // Nothing is down: it was not asked about, or nobody answered.
                    Verdict::Skipped => tracing::warn!(container = %entry.name, rotation, "{text}"),
                    Verdict::RolledBack
                    | Verdict::Stayed
                    | Verdict::FailedLate
                    | Verdict::Failed
                    | Verdict::Held
                    | Verdict::Stuck
                    | Verdict::Orphaned
                    | Verdict::Left
                    | Verdict::Unanswered
                    | Verdict::Withdrawn
                    | Verdict::DryRun => tracing::error!(container = %entry.name, rotation, "{text}"),
                }
            }
            now.insert(entry.name.clone(), text);
        }
        if is_whole {
            told.clear();
        }
        told.extend(now);
    }
}

fn line(entry: &Entry) -> String {
    let view = View::report(&Report { is_dry_run: false, entries: vec![entry.clone()] });
    match view.trouble.first() {
        Some(trouble) => format!("{}. Now: {}. {}", trouble.error, trouble.state, trouble.help),
        None => view.rows.first().map(|row| row.join("  ")).unwrap_or_default(),
    }
}
