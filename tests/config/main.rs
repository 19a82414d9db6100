//! `rotate.toml` and labels: what is accepted, and every refusal to the letter. No engine.

mod command;
mod drop_ins;
mod durations;
mod example;
mod files;
mod generated;
mod podman;
mod policies;
mod probes;
mod settings;
mod values;
mod watchtower;

use std::path::Path;

use rotate::config::{Config, ConfigError};
use rustix::process::{Uid, geteuid};
use rustix::thread::set_thread_res_uid;

/// The three lines that a person sees, source and all.
fn three_lines(error: &ConfigError) -> String {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{cause}\n{}\n{}", error.state(), error.help())
}

/// Root reads everything; as another user, for this thread only, it is refused as an operator would be.
fn as_nobody<T>(act: impl FnOnce() -> T) -> T {
    let (root, nobody) = (Uid::ROOT, Uid::from_raw(65534));
    let is_root = geteuid().is_root();
    if is_root {
        set_thread_res_uid(root, nobody, root).expect("another user");
    }
    let result = act();
    if is_root {
        set_thread_res_uid(root, root, root).expect("root again");
    }
    result
}

/// Parses `text` as `rotate.toml` and compares: the configuration, or message and help.
fn check(text: &str, expected: Result<Config, (&str, &str)>) {
    let expected = expected.map_err(|(message, help)| format!("{message}\nnothing was changed\n{help}"));
    let parsed = Config::parse(Path::new("rotate.toml"), text).map_err(|error| three_lines(&error));
    assert_eq!(parsed, expected, "\n{text}");
}
