//! Whether the history tells what happened.

use serde_json::Value;

use super::scenario::{End, Next, Scenario, Task};
use super::world::Start;

/// Not over.
const OPEN: [&str; 4] = ["left", "unanswered", "stuck", "orphaned"];

/// What is wrong with the rotations of one container, newest first, if this one serves. `may_turn_back`: the engine was taken away, or said no;
/// a pull without an answer is given up, too.
pub fn problems(scenario: &Scenario, start: &Start, end: End, document: &Value, may_turn_back: bool) -> Vec<String> {
    let all: Vec<&str> = document["rotations"].as_array().into_iter().flatten().filter_map(|past| past["verdict"].as_str()).collect();
    let count = |verdict: &str| all.iter().filter(|told| **told == verdict).count();
    let newest = all.first().copied().unwrap_or("nothing");
    let (expected, else_only): (&str, &[&str]) = match (scenario.task, end, start.service.next) {
        (Task::DryRun, ..) => ("nothing", &[]),
        (Task::Rollback, End::Old, _) => ("rolled_back", &[]),
        (_, End::New, Next::Good) => ("rotated", &["withdrawn"]),
        (_, End::New, _) => ("stayed", &["withdrawn"]),
        (_, End::Old, Next::NoCommand) => ("failed", &["withdrawn"]),
        (_, End::Old, _) => ("rolled_back", &["withdrawn"]),
    };
    let mut problems = Vec::new();
    if OPEN.iter().any(|open| all.contains(open)) {
        problems.push(format!("a rotation of {} is open", start.name));
    }
    if newest != expected {
        problems.push(format!("the last rotation of {} is told to be {newest:?}, and it is {expected:?}", start.name));
    }
    if !may_turn_back {
        if count(expected) > 1 && !scenario.is_tried_again() {
            problems.push(format!("{} is told to be {expected:?} {} times", start.name, count(expected)));
        }
        if let Some(odd) = all.iter().find(|told| **told != expected && !else_only.contains(told)) {
            problems.push(format!("a rotation of {} is told to be {odd:?}", start.name));
        }
    }
    if problems.is_empty() { problems } else { [problems, vec![format!("history: {all:?}")]].concat() }
}
