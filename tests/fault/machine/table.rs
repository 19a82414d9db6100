//! The table: a row for each scenario and harm, a column for each engine, and in each field how many calls were survived.

use std::collections::{BTreeMap, BTreeSet};

use super::harm::Harm;
use super::ledger::{Line, TOGETHER};
use super::note::marked;
use super::scenario::{ALL, Scenario};
use super::untried::untried;

type Key<'a> = (&'a str, &'a str, &'a str);

/// As Markdown. `command`: what was run for it. `note`: what a person has to say about it.
pub fn markdown(lines: &[Line], command: &str, note: &str) -> String {
    let lines = &newest(lines);
    let engines: BTreeSet<&str> = lines.iter().map(|line| line.engine.as_str()).collect();
    let mut fields: BTreeMap<Key, BTreeMap<&str, Vec<&Line>>> = BTreeMap::new();
    for line in lines {
        fields.entry((&line.scenario, &line.harm, &line.healer)).or_default().entry(&line.engine).or_default().push(line);
    }
    let failed = lines.iter().filter(|line| !line.problems.is_empty()).count();
    let mut text = "# Every cut\n\nThe agent cut off at each of its calls to the engine, healed, and looked at: is anything lost, does anything run twice, is anything left\n\
                    over, does the history tell what happened, does a further run do nothing? Made by `tests/campaign`, which says how.\n\n"
        .to_owned();
    let cells = lines.iter().filter(|line| line.scenario != TOGETHER).count();
    text += &format!("{cells} cells; {failed} failures. Command: `{command}`.{}\n\n", time(lines));
    text += &marked(note);
    text += &podman(&engines);
    text += &engines.iter().map(|engine| about(lines, engine)).collect::<String>();
    text += &format!("\n| scenario | harm | healed by | {} |\n", engines.iter().copied().collect::<Vec<_>>().join(" | "));
    text += &format!("| --- | --- | --- |{}\n", " --- |".repeat(engines.len()));
    for (scenario, harm, healer) in rows() {
        let Some(row) = fields.get(&(scenario.name, harm.name(), healer)) else { continue };
        let fields = engines.iter().map(|engine| row.get(engine).map_or_else(String::new, |lines| field(lines)));
        text += &format!("| {} | {} | {healer} | {} |\n", scenario.name, harm.words(), fields.collect::<Vec<_>>().join(" | "));
    }
    text + "\n" + &beside(lines) + &failed_cells(lines) + &untried(lines)
}

/// How long the runs took, one beside the other: a file of an older campaign does not tell.
fn time(lines: &[Line]) -> String {
    let mut runs: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in lines {
        let seconds = runs.entry((&line.engine, &line.run)).or_default();
        *seconds = line.seconds.max(*seconds);
    }
    let untimed = runs.values().filter(|seconds| **seconds == 0).count();
    let but = if untimed == 0 { String::new() } else { format!(", and those of {untimed} runs that do not tell") };
    format!(
        " {} minutes of all runs, the boots of their hosts not among them{but}; the limit is 75 on 2 cores.",
        runs.values().sum::<u64>().div_ceil(60)
    )
}

fn podman(engines: &BTreeSet<&str>) -> String {
    if engines.iter().any(|engine| engine.starts_with("podman")) {
        return String::new();
    }
    "All engines in the table are Docker's: Podman's are not in the usual extent.\n\n".to_owned()
}

/// What was looked at beside the cells, and which cells had to be tried again.
fn beside(lines: &[Line]) -> String {
    let together: Vec<&Line> = lines.iter().filter(|line| line.scenario == TOGETHER).collect();
    let left = together.iter().filter(|line| !line.problems.is_empty()).count();
    let voids = |line: &&Line| line.voids > 0;
    let (void, tries) = (lines.iter().filter(voids).count(), lines.iter().map(|line| line.voids).sum::<usize>());
    format!(
        "Volumes that nobody uses were counted before and after each of {} pools and batches of cells: {left} left some.\n\n\
         {void} cells were void and tried again, {tries} times in all: the engine had lost a container that nobody had touched, by its own death.\n\n",
        together.len()
    )
}

fn failed_cells(lines: &[Line]) -> String {
    let failed: Vec<String> = lines
        .iter()
        .filter(|line| !line.problems.is_empty())
        .map(|line| {
            let harm = Harm::named(&line.harm).map_or(line.harm.as_str(), |harm| harm.words());
            let problems: Vec<String> = line.problems.iter().map(|problem| problem.lines().next().unwrap_or_default().to_owned()).collect();
            let problems = problems.join("; ");
            let call = line.call.split('?').next().unwrap_or_default();
            format!("- {}, {}, {harm}, call {} (`{call}`), {}: {}\n", line.engine, line.scenario, line.k, line.healer, problems)
        })
        .collect();
    if failed.is_empty() { String::new() } else { format!("Failed:\n{}\n", failed.concat()) }
}

/// Of each cell what the last run found.
fn newest(lines: &[Line]) -> Vec<Line> {
    let key = |line: &Line| (line.engine.clone(), line.scenario.clone(), line.harm.clone(), line.healer.clone(), line.k);
    let mut last = BTreeMap::new();
    for line in lines {
        let run = last.entry(key(line)).or_insert_with(|| line.run.clone());
        *run = line.run.clone().max(run.clone());
    }
    lines.iter().filter(|line| last[&key(line)] == line.run).cloned().collect()
}

fn rows() -> impl Iterator<Item = (&'static Scenario, Harm, &'static str)> {
    ALL.iter().flat_map(|scenario| Harm::all().flat_map(move |harm| ["now", "daemon"].map(|healer| (scenario, harm, healer))))
}

fn about(lines: &[Line], engine: &str) -> String {
    let of = |part: fn(&Line) -> &String| -> String {
        let all: BTreeSet<&str> = lines.iter().filter(|line| line.engine == engine).map(|line| part(line).as_str()).collect();
        all.into_iter().collect::<Vec<_>>().join(", ")
    };
    format!("- {engine}: version {}; run of {}\n", of(|line| &line.version), of(|line| &line.run))
}

/// `12 of 12`, or which calls were not survived. A call that was tried several times has to be survived each time.
fn field(lines: &[&Line]) -> String {
    let tried: BTreeSet<usize> = lines.iter().map(|line| line.k).collect();
    let failed: BTreeSet<usize> = lines.iter().filter(|line| !line.problems.is_empty()).map(|line| line.k).collect();
    let of = lines.iter().map(|line| line.of).max().unwrap_or(0);
    if tried.contains(&0) {
        return if failed.is_empty() { format!("whole, {of} calls") } else { "**not**".to_owned() };
    }
    let mut text = format!("{} of {}", tried.len() - failed.len(), tried.len());
    if tried.len() < of {
        text += &format!(" (of {of} calls)");
    }
    if !failed.is_empty() {
        let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
        text += &format!(", **not {}**", failed.join(", "));
    }
    let times = lines.len() / tried.len().max(1);
    if times > 1 { format!("{text}, {times} times each") } else { text }
}
