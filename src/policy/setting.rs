//! Where each value of a policy comes from. Pure; only to be shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Policy;
use crate::config::{Config, duration_text};
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
    /// `rotate.toml`.
    File,
    /// Nobody's. Also a key in the file that says the default.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Label { label } => write!(f, "label {label}"),
            Self::File => f.write_str("rotate.toml"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Every value of a policy that was judged from these `labels` over this file, with its source.
pub fn settings(policy: &Policy, config: &Config, labels: &BTreeMap<String, String>) -> Vec<Setting> {
    let default = Config::default();
    let from = |names: &[&str], is_in_file: bool| {
        let label = names.iter().find(|name| labels.contains_key(**name) && !policy.ignored.iter().any(|ignored| ignored == *name));
        match label {
            Some(label) => Source::Label { label: (*label).to_owned() },
            None if is_in_file => Source::File,
            None => Source::Default,
        }
    };
    let setting = |key, value, from| Setting { key, value, from };
    let probe = ["rotate.health.http", "rotate.health.tcp", "rotate.health.exec", "rotate.health.command"];
    let mode = match policy.mode {
        crate::config::Mode::Watch => ["rotate.mode", "com.centurylinklabs.watchtower.monitor-only"].as_slice(),
        crate::config::Mode::Rotate => &["rotate.mode"],
    };
    let mut all = vec![
        setting("mode", Some(policy.mode.word().to_owned()), from(mode, config.mode != default.mode)),
        setting("min_age", Some(duration_text(policy.min_age)), from(&["rotate.min_age"], config.min_age != default.min_age)),
        setting("keep_old", Some(duration_text(policy.keep_old)), from(&["rotate.keep_old"], config.keep_old != default.keep_old)),
        setting("min_healthy", policy.min_healthy.map(duration_text), from(&["rotate.min_healthy"], config.min_healthy.is_some())),
        setting("deadline", policy.deadline.map(duration_text), from(&["rotate.deadline"], config.deadline.is_some())),
        setting("oneshot", Some(policy.oneshot.to_string()), from(&["rotate.oneshot"], false)),
        setting("on_failure", Some(policy.on_failure.word().to_owned()), from(&["rotate.on_failure"], false)),
        setting(
            "on_late_failure",
            Some(policy.on_late_failure.word().to_owned()),
            from(&["rotate.on_late_failure"], config.on_late_failure != default.on_late_failure),
        ),
        setting("health", policy.probe.as_ref().map(|probe| probe.check.to_string()), from(&probe, false)),
    ];
    if let Some(Probe { interval, timeout, retries, .. }) = &policy.probe {
        let (file, unset) = (config.health, default.health);
        all.extend([
            setting("health.interval", Some(duration_text(*interval)), from(&["rotate.health.interval"], file.interval != unset.interval)),
            setting("health.timeout", Some(duration_text(*timeout)), from(&["rotate.health.timeout"], file.timeout != unset.timeout)),
            setting("health.retries", Some(retries.to_string()), from(&["rotate.health.retries"], file.retries != unset.retries)),
        ]);
    }
    if let Some(signal) = &policy.stop_signal {
        all.push(setting("stop_signal", Some(signal.to_string()), from(&["com.centurylinklabs.watchtower.stop-signal"], false)));
    }
    all
}
