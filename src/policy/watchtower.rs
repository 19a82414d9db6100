//! Labels of Watchtower, for hosts that come from it: three are followed, the others named. Pure.

use super::{Policy, PolicyError, Selection};
use crate::config::{Mode, ValueError};

/// Begins every label of Watchtower's.
pub(super) const PREFIX: &str = "com.centurylinklabs.watchtower.";

impl Policy {
    /// Takes one label. They come before `rotate.*`, which therefore are stronger.
    ///
    /// - `.enable` is `rotate.enable`.
    /// - `.monitor-only=true` is `rotate.mode=watch`; `false` says nothing (Watchtower's own switch is stronger than it, too).
    /// - `.stop-signal` is what the container is stopped with.
    ///
    /// Any other, or a truth value that is none, is noted as not followed.
    /// Errors: a signal that is none: stopped with another, the container might lose what it had not saved.
    pub(super) fn take_watchtower(&mut self, label: &str, value: &str) -> Result<(), PolicyError> {
        match (label.strip_prefix(PREFIX), truth(value)) {
            (Some("enable"), Some(is_enabled)) => self.selection = if is_enabled { Selection::ByLabel } else { Selection::OptedOut },
            (Some("monitor-only"), Some(true)) => self.mode = Mode::Watch,
            (Some("monitor-only"), Some(false)) => {}
            (Some("stop-signal"), _) if value.is_empty() => {}
            (Some("stop-signal"), _) => {
                let bad = |_| PolicyError::BadValue { label: label.to_owned(), value: value.to_owned(), reason: ValueError::NotASignal };
                self.stop_signal = Some(value.parse().map_err(bad)?);
            }
            _ => self.not_followed.push(label.to_owned()),
        }
        Ok(())
    }
}

/// The words that Watchtower takes (Go, `strconv.ParseBool`).
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
