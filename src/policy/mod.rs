//! Config + labels of one container -> one typed `Policy`. Pure; knows neither engine nor container.

mod error;
mod podman;
mod probe;
mod setting;
mod watchtower;

use std::collections::BTreeMap;
use std::time::Duration;

pub use error::{PolicyError, ProbeError};
pub use setting::{Setting, Source, settings};

use crate::config::{Config, FailurePolicy, Mode, OnLateFailure, Select, duration, flag, positive_duration};
use crate::model::{Probe, StopSignal};

/// Every label that a person may set.
pub const LABELS: &[&str] = &[
    "rotate.enable",
    "rotate.mode",
    "rotate.min_age",
    "rotate.keep_old",
    "rotate.min_healthy",
    "rotate.deadline",
    "rotate.oneshot",
    "rotate.on_failure",
    "rotate.on_late_failure",
    "rotate.health.http",
    "rotate.health.tcp",
    "rotate.health.exec",
    "rotate.health.command",
    "rotate.health.interval",
    "rotate.health.timeout",
    "rotate.health.retries",
    "rotate.health.status",
    "rotate.health.text",
];

/// The label that rotate itself gives to a trial. It is no policy.
pub const TRIAL_LABEL: &str = "rotate.trial";

const PREFIX: &str = "rotate.";

/// What is to be done with one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether it is rotated at all.
    pub selection: Selection,
    /// What is done about a newer image.
    pub mode: Mode,
    /// How long a digest must have been seen on its tag before it is used. Zero: at once.
    pub min_age: Duration,
    /// How long the predecessor is kept after its successor has proved itself. Zero: not at all.
    pub keep_old: Duration,
    /// How long the successor must stay well; longer than zero. None: 10 s without a HEALTHCHECK, 2 s after one turned healthy. Set, it holds for both.
    pub min_healthy: Option<Duration>,
    /// How long the successor may take to its first well moment; longer than zero. None: computed from the HEALTHCHECK, 5 minutes without.
    pub deadline: Option<Duration>,
    /// True if an exit with code 0 passes the gate.
    pub oneshot: bool,
    /// What becomes of a successor that fails its gate.
    pub on_failure: FailurePolicy,
    /// What is done when the successor fails after its proof, while the predecessor is kept.
    pub on_late_failure: OnLateFailure,
    /// What is asked of the successor instead of its HEALTHCHECK; none: the HEALTHCHECK, else that it runs.
    pub probe: Option<Probe>,
    /// What the container is stopped with, instead of its own stop signal.
    pub stop_signal: Option<StopSignal>,
    /// Whose tag it follows.
    pub follows: Follows,
    /// The file with the credentials for its image, instead of the usual ones (Podman's label).
    pub auth_file: Option<String>,
    /// Labels that are the image's own and hence no policy, ascending. Only to be shown.
    pub ignored: Vec<String>,
    /// Labels of Watchtower and of Podman that rotate does not follow, ascending. Only to be shown.
    pub not_followed: Vec<String>,
}

/// Whether a container is rotated, and on whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// `rotate.enable=true`, Watchtower's `.enable`, or Podman's `io.containers.autoupdate`.
    ByLabel,
    /// `select = "all"`, and no label against it.
    BySelectAll,
    /// `rotate.enable=false`: stronger than `select = "all"`, and than being named.
    OptedOut,
    /// `select = "labelled"`, and no label. Rotated only if named.
    NotSelected,
}

/// Whose tag a container follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// That of the image's registry.
    Registry,
    /// The engine's own, wherever a person has put it (Podman's `io.containers.autoupdate=local`).
    Local,
}

impl Selection {
    /// True if such a container is taken: one that is not selected only if it was named, one that has opted out never.
    pub fn takes(self, is_named: bool) -> bool {
        match self {
            Self::ByLabel | Self::BySelectAll => true,
            Self::OptedOut => false,
            Self::NotSelected => is_named,
        }
    }
}

/// What is to be done with a container that has these `labels` and was made from an image with these `image_labels`.
///
/// A label beats the file. One whose value equals the image's own is no policy, whatever it says: an image's author is not the operator. Pure.
///
/// Errors: the first label, ascending, that is unknown or has a bad value; but a container that has opted out stays opted out, whatever else it carries.
pub fn policy(config: &Config, labels: &BTreeMap<String, String>, image_labels: &BTreeMap<String, String>) -> Result<Policy, PolicyError> {
    let mut policy = Policy::without_labels(config);
    let mut draft = probe::Draft::new(config.health);
    let mut first_error = None;
    for (label, value) in labels.iter().filter(|(label, _)| is_ours(label)) {
        if image_labels.get(label) == Some(value) {
            policy.ignored.push(label.clone());
            continue;
        }
        let applied = match draft.take(label, value, &config.commands) {
            Some(taken) => taken,
            None if label.starts_with(watchtower::PREFIX) => policy.take_watchtower(label, value),
            None if label.starts_with(podman::PREFIX) => policy.take_podman(label, value),
            None => policy.apply(label, value),
        };
        if let Err(error) = applied {
            first_error.get_or_insert(error);
        }
    }
    match draft.finish() {
        Ok(probe) => policy.probe = probe,
        Err(error) => {
            first_error.get_or_insert(error);
        }
    }
    match first_error {
        Some(error) if policy.selection != Selection::OptedOut => Err(error),
        _ => Ok(policy),
    }
}

/// Also Watchtower's and Podman's; and `Rotate.Enable`: it can only be meant for us, and is refused with a suggestion.
fn is_ours(label: &str) -> bool {
    let is_rotate = label.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    label != TRIAL_LABEL && (is_rotate || label.starts_with(watchtower::PREFIX) || label.starts_with(podman::PREFIX))
}

impl Policy {
    fn without_labels(config: &Config) -> Self {
        Self {
            selection: match config.select {
                Select::Labelled => Selection::NotSelected,
                Select::All => Selection::BySelectAll,
            },
            keep_old: config.keep_old,
            min_healthy: config.min_healthy,
            deadline: config.deadline,
            oneshot: false,
            mode: config.mode,
            min_age: config.min_age,
            on_failure: FailurePolicy::Rollback,
            on_late_failure: config.on_late_failure,
            probe: None,
            stop_signal: None,
            ignored: Vec::new(),
            follows: Follows::Registry,
            auth_file: None,
            not_followed: Vec::new(),
        }
    }

    fn apply(&mut self, label: &str, value: &str) -> Result<(), PolicyError> {
        let bad = |reason| PolicyError::BadValue { label: label.to_owned(), value: value.to_owned(), reason };
        match label {
            "rotate.enable" => self.selection = if flag(value).map_err(bad)? { Selection::ByLabel } else { Selection::OptedOut },
            "rotate.mode" => self.mode = Mode::read(value).map_err(bad)?,
            "rotate.min_age" => self.min_age = duration(value).map_err(bad)?,
            "rotate.on_failure" => self.on_failure = FailurePolicy::read(value).map_err(bad)?,
            "rotate.on_late_failure" => self.on_late_failure = OnLateFailure::read(value).map_err(bad)?,
            "rotate.keep_old" => self.keep_old = duration(value).map_err(bad)?,
            "rotate.min_healthy" => self.min_healthy = Some(positive_duration(value).map_err(bad)?),
            "rotate.deadline" => self.deadline = Some(positive_duration(value).map_err(bad)?),
            "rotate.oneshot" => self.oneshot = flag(value).map_err(bad)?,
            _ => return Err(PolicyError::UnknownLabel { label: label.to_owned() }),
        }
        Ok(())
    }
}
