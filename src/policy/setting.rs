//! Where each value of a policy comes from. Pure; only to be shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Follows, Policy};
use crate::config::{Mode, Origin, Origins, duration_text};
use crate::model::Probe;

/// One value of a container's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The key, which is also the label's end.
    pub key: &'static str,
    /// The value for people; none if nothing is said and there is no fixed default.
    pub value: Option<String>,
    /// Whose word it is.
    pub from: Source,
}

/// Whose word a value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Source {
    /// A label of the container.
    Label {
        /// Its name.
        label: String,
    },
    /// `rotate.toml`, or a file merged over it.
    File {
        /// File and line.
        at: Origin,
    },
    /// Nobody's.
    Default {
        /// The key of the file that would say it; none if only a label could.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<&'static str>,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Label { label } => write!(f, "label {label}"),
            Self::File { at } => write!(f, "{at}"),
            Self::Default { key: Some(key) } => write!(f, "default; rotate.toml: {key}"),
            Self::Default { key: None } => f.write_str("default"),
        }
    }
}

/// Every value of a policy that was judged from these `labels` over the files, with its source.
pub fn settings(policy: &Policy, origins: &Origins, labels: &BTreeMap<String, String>) -> Vec<Setting> {
    // The first of the labels that counts, else the key of the file.
    let from = |names: &[&str], key: Option<&'static str>| {
        let label = names.iter().find(|name| labels.contains_key(**name) && !policy.ignored.iter().any(|ignored| ignored == *name));
        match (label, key.map(|key| origins.of(key))) {
            (Some(label), _) => Source::Label { label: (*label).to_owned() },
            (None, Some(at @ Origin::File { .. })) => Source::File { at },
            (None, Some(Origin::Default) | None) => Source::Default { key },
        }
    };
    let setting = |key, value, from| Setting { key, value, from };
    let in_file = |key: &'static str, label, value| setting(key, value, from(&[label], Some(key)));
    let probe = ["rotate.health.http", "rotate.health.tcp", "rotate.health.exec", "rotate.health.command"];
    let mode = match policy.mode {
        Mode::Watch => ["rotate.mode", "com.centurylinklabs.watchtower.monitor-only"].as_slice(),
        Mode::Rotate => &["rotate.mode"],
    };
    let mut all = vec![
        setting("mode", Some(policy.mode.word().to_owned()), from(mode, Some("mode"))),
        in_file("min_age", "rotate.min_age", Some(duration_text(policy.min_age))),
        in_file("keep_old", "rotate.keep_old", Some(duration_text(policy.keep_old))),
        in_file("min_healthy", "rotate.min_healthy", policy.min_healthy.map(duration_text)),
        in_file("deadline", "rotate.deadline", policy.deadline.map(duration_text)),
        setting("oneshot", Some(policy.oneshot.to_string()), from(&["rotate.oneshot"], None)),
        // The file's `on_failure` is about the run, not about the container.
        setting("on_failure", Some(policy.on_failure.word().to_owned()), from(&["rotate.on_failure"], None)),
        in_file("on_late_failure", "rotate.on_late_failure", Some(policy.on_late_failure.word().to_owned())),
        setting("health", policy.probe.as_ref().map(|probe| probe.check.to_string()), from(&probe, None)),
    ];
    if let Some(Probe { interval, timeout, retries, .. }) = &policy.probe {
        all.extend([
            in_file("health.interval", "rotate.health.interval", Some(duration_text(*interval))),
            in_file("health.timeout", "rotate.health.timeout", Some(duration_text(*timeout))),
            in_file("health.retries", "rotate.health.retries", Some(retries.to_string())),
        ]);
    }
    if policy.follows == Follows::Local {
        all.push(setting("follows", Some("local".to_owned()), from(&["io.containers.autoupdate"], None)));
    }
    if let Some(file) = &policy.auth_file {
        all.push(setting("auth_file", Some(file.clone()), from(&["io.containers.autoupdate.authfile"], None)));
    }
    if let Some(signal) = &policy.stop_signal {
        all.push(setting("stop_signal", Some(signal.to_string()), from(&["com.centurylinklabs.watchtower.stop-signal"], None)));
    }
    all
}
