//! Every option of the client is known: whether it takes a value decides where the image stands.

use std::collections::BTreeSet;

use super::groups::{ALL, ELSEWHERE, NOWHERE};
use super::scratch;

/// Names of the client's options, and whether a type stands after each.
fn offered(help: &str) -> impl Iterator<Item = (&str, bool, &str)> {
    // `  -e, --env stringArray   Set environment variables`: a type after the name; a switch has none, nor have a few that take a value.
    help.lines().filter_map(|line| {
        let (_, rest) = line.split_once("--").filter(|(before, _)| before.len() <= 6 && before.starts_with("  "))?;
        let (name, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len()));
        Some((name, after.starts_with(' ') && !after.starts_with("  "), line))
    })
}

#[test]
fn every_option_of_this_podman_is_known_and_so_is_whether_it_takes_a_value() {
    let s = scratch("options");
    let help = s.host.docker(&["create", "--help"]);
    let untyped =
        ["arch", "blkio-weight-device", "memory", "memory-reservation", "memory-swap", "os", "shm-size", "shm-size-systemd", "variant"];
    let mut seen = 0;
    for (name, has_type, line) in offered(&help) {
        let takes_value = has_type || untyped.contains(&name);
        assert_eq!(rotate::spec::podman_option_takes_value(name), Some(takes_value), "--{name}: {line}");
        seen += 1;
    }
    assert!(seen > 100, "only {seen} options in:\n{help}");
}

#[test]
fn every_option_of_this_podman_is_played_on_a_container_or_there_is_a_reason_why_not() {
    const LETTERS: [(&str, &str); 4] = [("-e", "env"), ("-p", "publish"), ("-v", "volume"), ("-w", "workdir")];
    let name = |word: &'static str| match word.strip_prefix("--") {
        Some(long) => long.split('=').next(),
        None => LETTERS.iter().find(|(letter, _)| *letter == word).map(|(_, name)| *name),
    };
    let in_groups = ALL.iter().flat_map(|group| group.options.iter().filter_map(|word| name(word)));
    let told = ELSEWHERE.iter().chain(&NOWHERE).flat_map(|(_, names)| names.split_whitespace());
    let (played, told): (BTreeSet<&str>, BTreeSet<&str>) = (in_groups.collect(), told.collect());
    assert_eq!(played.intersection(&told).collect::<Vec<_>>(), Vec::<&&str>::new(), "they are played, and need no word");
    let s = scratch("played");
    let help = s.host.docker(&["create", "--help"]);
    let without: Vec<&str> = offered(&help).map(|(name, ..)| name).filter(|name| !played.contains(name) && !told.contains(name)).collect();
    assert!(without.is_empty(), "these options have neither a group in tests/podman/groups.rs nor a reason there: {without:?}");
    for (why, names) in NOWHERE {
        println!("not played, {why}: {names}");
    }
}
