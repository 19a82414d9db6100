//! Labels of `podman auto-update` (podman-auto-update(1)), so that a host that has them needs no new one. Pure.

use super::{Follows, Policy, PolicyError, Selection};
use crate::config::ValueError;

/// Begins every label of it.
pub(super) const PREFIX: &str = "io.containers.autoupdate";

impl Policy {
    /// Takes one label. They come before `rotate.*`, which therefore are stronger.
    ///
    /// `registry`, and `image` as it was once called, is `rotate.enable=true`; so is `local`, and no registry is asked then; `disabled`, or nothing,
    /// is `false`. `.authfile` names a file of credentials. Any other label of it is noted as not followed.
    /// Errors: another value, which podman refuses, too.
    pub(super) fn take_podman(&mut self, label: &str, value: &str) -> Result<(), PolicyError> {
        match (label.strip_prefix(PREFIX), value) {
            (Some(""), "registry" | "image") => self.selection = Selection::ByLabel,
            (Some(""), "disabled" | "") => self.selection = Selection::OptedOut,
            (Some(""), "local") => (self.selection, self.follows) = (Selection::ByLabel, Follows::Local),
            (Some(""), _) => {
                let reason = ValueError::NotOneOf { allowed: &["registry", "local", "disabled"] };
                return Err(PolicyError::BadValue { label: label.to_owned(), value: value.to_owned(), reason });
            }
            (Some(".authfile"), file) => self.auth_file = Some(file.to_owned()).filter(|file| !file.is_empty()),
            _ => self.not_followed.push(label.to_owned()),
        }
        Ok(())
    }
}
