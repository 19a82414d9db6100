//! `rotate.toml` and labels: what is accepted, and every refusal to the letter. No engine.

mod durations;
mod example;
mod files;
mod policies;
mod values;

use std::path::Path;

use rotate::config::{Config, ConfigError};

/// The three lines that a person sees, source and all.
fn three_lines(error: &ConfigError) -> String {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{cause}\n{}\n{}", error.state(), error.help())
}

/// Parses `text` as `rotate.toml` and compares: the configuration, or message and help.
fn check(text: &str, expected: Result<Config, (&str, &str)>) {
    let expected = expected.map_err(|(message, help)| format!("{message}\nnothing was changed\n{help}"));
    let parsed = Config::parse(Path::new("rotate.toml"), text).map_err(|error| three_lines(&error));
    assert_eq!(parsed, expected, "\n{text}");
}
