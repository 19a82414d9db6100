//! The agent killed -9 before and after each of its calls to the engine, or the engine restarted at it, then run once more: nothing is lost, nothing
//! is left over.
//!
//! These are the first rows of the campaign (`tests/campaign`), which has the others: more scenarios, more harms, the daemon, every engine.

#[path = "../lab/mod.rs"]
mod lab;
mod machine;

use std::sync::{LazyLock, Mutex, PoisonError, RwLock};

use lab::{Host, Want, lacks, policy};
use machine::{Cell, Harm, Healer, Line, Permits, Scenario};

const KILLS: [Harm; 2] = [Harm::KillBefore, Harm::KillAfter];
static PERMITS: LazyLock<Permits> = LazyLock::new(|| Permits::of(at_once()));
/// The engine is everybody's: who takes it away does so alone.
static ENGINE: RwLock<()> = RwLock::new(());

const REQUIRED: Want = Want {
    what: "containers that require others (`--requires`) and whose restart policy can be changed: Podman from 5.4 on",
    is_on: |host| machine::scenario("required").is_some_and(|scenario| scenario.is_on(host.engine())),
};

/// Cells of all rows at the same time: they wait more than they work, but for Podman, where each caller is a process.
fn at_once() -> usize {
    if Host::shared().has_podman() { 3 } else { 6 }
}

#[test]
fn an_update_killed_before_or_after_any_call_is_finished_by_the_next_run() {
    at_each_call("update", &KILLS, 1);
}

#[test]
fn a_sick_image_killed_before_or_after_any_call_is_rolled_back_by_the_next_run() {
    at_each_call("sick", &KILLS, 1);
}

#[test]
fn a_rollback_that_a_person_asked_for_and_that_is_killed_at_any_call_is_finished_by_the_next_run() {
    at_each_call("rollback", &[Harm::KillAfter], 1);
}

#[test]
fn two_of_which_one_requires_the_other_are_rotated_together_though_the_agent_is_killed_at_any_call() {
    if !lacks(&REQUIRED) {
        at_each_call("required", &KILLS, 1);
    }
}

/// Until its gate it is what any sick image is.
#[test]
fn a_sick_image_that_is_to_stay_stays_though_the_agent_is_killed_at_any_call_from_its_start_on() {
    at_each_call("sick-stays", &[Harm::KillAfter], START);
}

#[test]
fn a_dry_run_killed_at_any_call_leaves_nothing_behind() {
    at_each_call("dry-run", &KILLS, 1);
}

#[test]
fn an_update_whose_engine_is_restarted_before_any_call_is_finished_by_the_next_run() {
    let _alone = ENGINE.write().unwrap_or_else(PoisonError::into_inner);
    let row = Row::of("update");
    row.check(|cells, tell| machine::batch(Host::shared(), Harm::EngineRestart, cells, at_once(), tell), &[Harm::EngineRestart], 1);
}

/// A cell that was survived.
fn survived(healer: &str, harm: &str) -> Line {
    let [engine, scenario, healer, harm] = ["docker-26.1", "update", healer, harm].map(str::to_owned);
    Line { engine, scenario, healer, harm, k: 1, of: 1, ..Line::default() }
}

#[test]
fn the_table_tells_of_each_healer_what_was_not_tried() {
    let mut lines: Vec<Line> = Harm::all().map(|harm| survived("now", harm.name())).collect();
    lines.push(survived("daemon", "kill-before"));
    let text = machine::markdown(&lines, "tests/campaign", "");
    let (_, untried) = text.split_once("Not tried:\n").expect("it says what was not tried");
    let told: Vec<&str> = untried.lines().collect();
    assert!(told[0].starts_with("- docker-26.1, healed by `rotate now`: not at all sick, crash, "), "{untried}");
    assert!(told[1].starts_with("- docker-26.1, healed by the daemon: not at all sick, crash, "), "{untried}");
    assert!(told[2].starts_with("- docker-26.1, healed by the daemon, update: kill-after, refuse, "), "{untried}");
    assert_eq!(told.len(), 3, "{untried}");
    assert!(!told[..2].iter().any(|line| line.contains(" update,")), "{untried}");
}

#[test]
fn what_a_person_wrote_into_the_table_is_there_in_the_next_one() {
    let lines = [survived("now", "kill-before")];
    let first = machine::markdown(&lines, "tests/campaign", "Beside other work.\n\nTwo days.\n");
    let second = machine::markdown(&[lines, [survived("daemon", "late")]].concat(), "tests/campaign --all", machine::note(&first));
    assert!(second.contains("\nBeside other work.\n\nTwo days.\n") && second.contains("Command: `tests/campaign --all`."), "{second}");
    assert_eq!(machine::note(&second), machine::note(&first));
}

/// The call of an update that starts the successor.
const START: usize = 9;

fn at_each_call(name: &str, harms: &[Harm], first: usize) {
    let _others_too = ENGINE.read().unwrap_or_else(PoisonError::into_inner);
    // Where no policy can be changed, any other is held.
    let row = if policy("always") == "no" { Row::of(&format!("{name}-no")) } else { Row::of(name) };
    row.check(|cells, tell| machine::pool(Host::shared(), cells.to_vec(), &PERMITS, tell), harms, first);
}

/// A scenario, and how many calls it takes when nothing harms it.
struct Row {
    scenario: &'static Scenario,
    calls: usize,
}

impl Row {
    fn of(name: &str) -> Row {
        let scenario = machine::scenario(name).expect("a row of the campaign");
        let calls = Mutex::new(0);
        let row = Row { scenario, calls: 0 };
        machine::pool(Host::shared(), vec![row.cell(Harm::Nothing, 0)], &PERMITS, |_, found| {
            assert!(found.problems.is_empty(), "{name}:\n{}", found.told());
            *calls.lock().unwrap_or_else(PoisonError::into_inner) = found.counted().len();
        });
        Row { calls: calls.into_inner().unwrap_or_else(PoisonError::into_inner), ..row }
    }

    fn cell(&self, harm: Harm, k: usize) -> Cell {
        Cell { scenario: self.scenario, harm, k, healer: Healer::Now, voids: 0 }
    }

    /// Does each harm at each call from this one on.
    fn check(&self, play: impl FnOnce(&[Cell], &(dyn Fn(Cell, machine::Found) + Sync)), harms: &[Harm], first: usize) {
        let (name, failed) = (self.scenario.name, Mutex::new(Vec::new()));
        let cells: Vec<Cell> = harms.iter().flat_map(|&harm| (first..=self.calls).map(move |k| self.cell(harm, k))).collect();
        assert!(cells.len() >= 2 && self.calls >= first, "{name} takes {} calls", self.calls);
        play(&cells, &|cell: Cell, found: machine::Found| {
            if !found.problems.is_empty() {
                let told = format!("{name}, {} {}:\n{}", cell.harm.words(), cell.k, found.told());
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(told);
            }
        });
        let words: Vec<&str> = harms.iter().map(|harm| harm.words()).collect();
        println!("{name}, {}: {} cells of {} calls", words.join(", "), cells.len(), self.calls);
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        assert!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
    }
}
