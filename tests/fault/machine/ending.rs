//! How an agent ended, and whether it told a person what became of the containers: never a panic, never a silent success.

use std::time::Duration;

use super::check;
use super::scenario::{End, Next, Task};
use super::world::{Start, World};
use crate::lab::{Outcome, within};

/// How a panic ends.
const PANIC: i32 = 101;

/// Of an agent that ended by itself; what a signal ended had no chance to tell. `ends`: which one has to have each name after a success. `is_calm`: nobody
/// else stops containers, so that what is said of them can be looked at.
pub fn problems(world: &World, outcome: &Outcome, ends: &[End], is_calm: bool) -> Vec<String> {
    let problems = match outcome.status {
        _ if has_panicked(outcome) => vec!["it panicked".to_owned()],
        None => Vec::new(),
        Some(0) => world.starts.iter().zip(ends).filter_map(|(start, end)| silent_success(world, start, *end, &outcome.stdout)).collect(),
        Some(_) => untold(world, &outcome.stderr, is_calm),
    };
    problems.into_iter().map(|problem| format!("{problem}: {outcome}")).collect()
}

fn has_panicked(outcome: &Outcome) -> bool {
    outcome.status == Some(PANIC) || is_panic(&outcome.stdout) || is_panic(&outcome.stderr)
}

pub fn is_panic(said: &str) -> bool {
    said.contains("panicked")
}

/// What is there is as if it had succeeded, or the line on the container says why it has not been tried.
fn silent_success(world: &World, start: &Start, end: End, stdout: &str) -> Option<String> {
    let seen = check::end(world, start);
    let tells = |why: &str| stdout.lines().any(|line| line.starts_with(&start.name) && line.contains(why));
    // What was down with its engine and nobody started is not rotated.
    if (tells("does not run") || tells("somebody stopped it")) && !check::serves(world.s.host, start) {
        return None;
    }
    if seen != end {
        return Some(format!("it ended with 0, and the {seen:?} one has the name {}", start.name));
    }
    let is_asked_back = matches!(world.scenario.task, Task::DryRun | Task::Rollback);
    let is_told = tells("is refused here") || start.service.next == Next::Same;
    (end == End::Old && !is_asked_back && !is_told)
        .then(|| format!("it ended with 0, and does not tell why {} has the old image", start.name))
}

/// An error is three lines: what happened, to which container; how it stands; what to do.
fn untold(world: &World, stderr: &str, is_calm: bool) -> Vec<String> {
    let lines: Vec<&str> = stderr.lines().collect();
    let after = |line: Option<&&str>, word: &str| line.and_then(|line| line.strip_prefix(word)).is_some_and(|text| !text.trim().is_empty());
    let (mut problems, mut is_named) = (Vec::new(), false);
    for (n, error) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("error:")) {
        if !after(lines.get(n + 1), "state:") || !after(lines.get(n + 2), "help:") {
            problems.push(format!("it does not tell how things stand, or what to do, after {error:?}"));
        }
        let of = world.starts.iter().find(|start| error.contains(&format!("`{}`", start.name)));
        is_named |= of.is_some();
        let state = lines.get(n + 1).copied().unwrap_or_default();
        problems.extend(of.filter(|_| is_calm).and_then(|start| untrue(world, start, error, state)));
    }
    if !is_named {
        problems.push("it does not tell which container it failed with".to_owned());
    }
    problems
}

/// What serves serves, what is down is down.
fn untrue(world: &World, start: &Start, error: &str, state: &str) -> Option<String> {
    let serves = ["serves as before", "runs as before", "runs under its name"].iter().any(|words| state.contains(words));
    let is_down = error.contains("IS DOWN");
    let is_as_told = || (check::serves(world.s.host, start) != is_down).then_some(());
    ((serves || is_down) && within(Duration::from_secs(2), is_as_told).is_none())
        .then(|| format!("it is not true of {} that {state:?}", start.name))
}
