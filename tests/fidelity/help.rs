//! What the host's own client offers, read from its help: each engine's client has other options.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::case::{Case, Proof};
use crate::cases;
use crate::lab::Host;

/// `network connect` before the options that are of a network's endpoint.
const COMMANDS: [(&str, &[&str]); 3] = [("", &["run"]), ("", &["create"]), ("network connect ", &["network", "connect"])];

/// Every long option of the shared host's client, as [`Case::option`] has it.
pub fn options() -> &'static BTreeSet<String> {
    static OPTIONS: OnceLock<BTreeSet<String>> = OnceLock::new();
    OPTIONS.get_or_init(|| read(Host::shared()))
}

/// Options that a rootless engine takes and has not the right to apply, and a word of the lines that look at their effect inside.
pub const ROOTLESS_LACKS: [(&str, &str); 3] =
    [("--domainname", "kernel/domainname"), ("--device", "/dev/mine"), ("--oom-score-adj", "oom_score_adj")];

/// What containers can have here: all options, without those that a rootless engine cannot apply.
pub fn usable(host: &Host) -> BTreeSet<String> {
    let is_rootless = host.engine().ends_with("-rootless");
    let lacks = |option: &str| is_rootless && ROOTLESS_LACKS.iter().any(|(lacking, _)| *lacking == option);
    options().iter().filter(|option| !lacks(option)).cloned().collect()
}

fn read(host: &Host) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (prefix, command) in COMMANDS {
        let help = host.docker(&[command, &["--help"]].concat());
        let found: Vec<&str> = help.lines().filter_map(option).collect();
        assert!(found.len() > 5, "docker {command:?} --help reads differently now:\n{help}");
        all.extend(found.iter().map(|option| format!("{prefix}{option}")));
    }
    all
}

/// `--env` of `  -e, --env list    Set environment variables`; a line that goes on with an option's text begins further right.
fn option(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let first = text.split_whitespace().find(|word| !(word.len() == 3 && word.ends_with(',')))?;
    (line.len() - text.len() <= 6 && text.starts_with('-') && first.starts_with("--")).then_some(first)
}

#[test]
fn every_option_of_the_hosts_client_has_a_case() {
    let cases: BTreeSet<&str> = cases::all().map(|Case { option, .. }| *option).collect();
    let offered = options();
    let without: Vec<&String> = offered.iter().filter(|option| !cases.contains(option.as_str())).collect();
    assert!(without.is_empty(), "these options have no case in tests/fidelity/cases: {without:?}");
    assert!(offered.len() > 100, "{offered:?}");
    for Case { option, proof } in cases::all() {
        if let Proof::NothingToCarry(why) = proof {
            println!("{option:24} nothing to carry: {why}");
        }
    }
}
