//! What was not tried. A harm counts by who healed it: `rotate now` and the daemon come to the same end in different ways.

use std::collections::{BTreeMap, BTreeSet};

use super::harm::Harm;
use super::ledger::Line;
use super::scenario::ALL;

const HEALERS: [(&str, &str); 2] = [("now", "`rotate now`"), ("daemon", "the daemon")];

/// As Markdown, a line for all scenarios of which the same is missing.
pub fn untried(lines: &[Line]) -> String {
    let tried: BTreeSet<[&str; 4]> =
        lines.iter().map(|line| [&line.engine, &line.healer, &line.scenario, &line.harm].map(String::as_str)).collect();
    let engines: BTreeSet<&str> = lines.iter().map(|line| line.engine.as_str()).collect();
    let harms: Vec<&str> = Harm::all().filter(|harm| *harm != Harm::Nothing).map(Harm::name).collect();
    let mut text = "Not tried:\n".to_owned();
    for (engine, (healer, words)) in engines.iter().flat_map(|engine| HEALERS.map(|healer| (*engine, healer))) {
        let mut by_missing: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
        for scenario in ALL.iter().filter(|scenario| scenario.is_on(engine)) {
            let is_tried = |harm: &&str| tried.contains(&[engine, healer, scenario.name, *harm]);
            by_missing.entry(harms.iter().copied().filter(|harm| !is_tried(harm)).collect()).or_default().push(scenario.name);
        }
        by_missing.remove(&Vec::new());
        if let Some(none) = by_missing.remove(&harms) {
            let names = if none.len() == ALL.iter().filter(|scenario| scenario.is_on(engine)).count() {
                "any scenario".to_owned()
            } else {
                none.join(", ")
            };
            text += &format!("- {engine}, healed by {words}: not at all {names}\n");
        }
        for (missing, scenarios) in by_missing {
            text += &format!("- {engine}, healed by {words}, {}: {}\n", scenarios.join(", "), missing.join(", "));
        }
    }
    text
}
