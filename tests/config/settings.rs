//! Where each value of one container's policy comes from: what `rotate explain` shows.

use std::collections::BTreeMap;
use std::fs;

use rotate::config::Config;
use rotate::policy::{policy, settings};

/// Judges the labels over a file of this text; a line for each key, with `DIR` for the file's directory.
fn check(text: &str, labels: &[(&str, &str)], expected: &[&str]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("rotate.toml");
    fs::write(&path, text).expect("a file");
    let loaded = Config::load(&path, true).expect("a configuration");
    let labels: BTreeMap<String, String> = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
    let policy = policy(&loaded.config, &labels, &BTreeMap::new()).expect("a policy");
    let settings = settings(&policy, &loaded.origins, &labels);
    let lines = settings.iter().map(|s| format!("{} = {}, {}", s.key, s.value.as_deref().unwrap_or("-"), s.from));
    let lines: Vec<String> = lines.map(|line| line.replace(&directory.path().display().to_string(), "DIR")).collect();
    assert_eq!(lines, expected);
}

#[test]
fn each_value_names_its_label_its_line_or_the_key_that_would_say_it() {
    check(
        "keep_old = \"24h\"\non_failure = \"continue\"\n[health]\nretries = 5\n",
        &[("rotate.min_age", "3d"), ("rotate.health.tcp", ":80"), ("com.centurylinklabs.watchtower.monitor-only", "true")],
        &[
            "mode = watch, label com.centurylinklabs.watchtower.monitor-only",
            "min_age = 3d, label rotate.min_age",
            // The default, and yet somebody's word.
            "keep_old = 24h, DIR/rotate.toml:1",
            "min_healthy = -, default; rotate.toml: min_healthy",
            "deadline = -, default; rotate.toml: deadline",
            "oneshot = false, default",
            // The file's key of this name is about the run.
            "on_failure = rollback, default",
            "on_late_failure = report, default; rotate.toml: on_late_failure",
            "health = tcp :80, label rotate.health.tcp",
            "health.interval = 5s, default; rotate.toml: health.interval",
            "health.timeout = 5s, default; rotate.toml: health.timeout",
            "health.retries = 5, DIR/rotate.toml:4",
        ],
    );
}
