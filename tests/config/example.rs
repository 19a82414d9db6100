//! `config/rotate.toml.example`: complete, and true to the defaults.

use std::path::Path;

use rotate::config::{Config, KEYS};

const EXAMPLE: &str = include_str!("../../config/rotate.toml.example");

/// A key as the example shows it.
struct Shown {
    /// With its table before it.
    name: String,
    /// Its line without the comment sign, in its table.
    text: String,
    /// What stands above it about its default.
    prose: &'static str,
}

fn keys() -> Vec<Shown> {
    let (mut keys, mut prose, mut table) = (Vec::new(), "", "");
    for line in EXAMPLE.lines() {
        match line.strip_prefix('#') {
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => {
                let (name, _) = key.split_once(' ').unwrap_or((key, ""));
                let inside = table.trim_matches(['[', ']']);
                let name = if inside.is_empty() { name.to_owned() } else { format!("{inside}.{name}") };
                keys.push(Shown { name, text: format!("{table}\n{key}\n"), prose });
            }
            _ if line.starts_with('[') => table = line,
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
    let names: Vec<String> = keys().into_iter().map(|key| key.name).collect();
    assert_eq!(names, KEYS);
    let is_key = |line: &&str| line.starts_with('#') && line[1..].starts_with(|c: char| c.is_ascii_lowercase());
    // Which of the two counted could only be guessed, so only one of them may stand there.
    let without = EXAMPLE.lines().filter(|line| !line.starts_with("#engine ="));
    parse(&without.map(|line| if is_key(&line) { format!("{}\n", &line[1..]) } else { format!("{line}\n") }).collect::<String>());
}

#[test]
fn each_key_is_its_default_or_says_that_it_has_none() {
    for Shown { text, prose, .. } in keys() {
        match prose {
            "# Default: as shown." => assert_eq!(parse(&text), Config::default(), "{text}"),
            _ => {
                assert!(prose.starts_with("# Not set by default: "), "{text}: {prose}");
                assert_ne!(parse(&text), Config::default(), "{text}");
            }
        }
    }
}
