//! `config/rotate.toml.example`: complete, and true to the defaults.

use std::path::Path;

use rotate::config::{Config, KEYS};

const EXAMPLE: &str = include_str!("../../config/rotate.toml.example");

/// Each key's line without its comment sign, and what the prose above says of its default.
fn keys() -> Vec<(&'static str, &'static str)> {
    let mut keys = Vec::new();
    let mut prose = "";
    for line in EXAMPLE.lines() {
        match line.strip_prefix('#') {
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => keys.push((key, prose)),
            _ => prose = line,
        }
    }
    keys
}

fn parse(text: &str) -> Config {
    Config::parse(Path::new("rotate.toml.example"), text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn example_as_shipped_is_the_defaults() {
    assert_eq!(parse(EXAMPLE), Config::default());
}

#[test]
fn example_has_every_key_once_and_parses_with_all_of_them() {
    let names: Vec<&str> = keys().iter().filter_map(|(line, _)| line.split(' ').next()).collect();
    assert_eq!(names, KEYS);
    parse(&keys().iter().map(|(line, _)| format!("{line}\n")).collect::<String>());
}

#[test]
fn each_key_is_its_default_or_says_that_it_has_none() {
    for (line, prose) in keys() {
        match prose {
            "# Default: as shown." => assert_eq!(parse(line), Config::default(), "{line}"),
            _ => {
                assert!(prose.starts_with("# Not set by default: "), "{line}: {prose}");
                assert_ne!(parse(line), Config::default(), "{line}");
            }
        }
    }
}
