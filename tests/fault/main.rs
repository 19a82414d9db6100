//! The agent killed -9 before and after each of its calls to the engine, then run once more: nothing is lost, nothing is left over.
//!
//! These are the first rows of the campaign (`tests/campaign`), which has the others: more scenarios, more harms, the daemon, every engine.

#[path = "../lab/mod.rs"]
mod lab;
mod machine;

use std::sync::{Mutex, PoisonError};

use lab::Host;
use machine::{Cell, Harm, Healer};

/// Cells at the same time: they wait more than they work.
const AT_ONCE: usize = 3;

#[test]
fn an_update_killed_before_or_after_any_call_is_finished_by_the_next_run() {
    killed_at_each_call("update");
}

#[test]
fn a_sick_image_killed_before_or_after_any_call_is_rolled_back_by_the_next_run() {
    killed_at_each_call("sick");
}

fn killed_at_each_call(name: &str) {
    let scenario = machine::scenario(name).expect("a row of the campaign");
    let cell = |harm, k| Cell { scenario, harm, k, healer: Healer::Now };
    let failed = Mutex::new(Vec::new());
    let calls = Mutex::new(0);
    let tell = |cell: Cell, found: machine::Found| {
        if cell.harm == Harm::Nothing {
            *calls.lock().unwrap_or_else(PoisonError::into_inner) = found.counted().len();
        }
        if !found.problems.is_empty() {
            let told = format!("{name}, {} {}:\n{}", cell.harm.words(), cell.k, found.told());
            failed.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        }
    };
    machine::pool(Host::shared(), vec![cell(Harm::Nothing, 0)], 1, tell);
    let count = *calls.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(count >= 8, "an update takes 8 calls: {count}");
    let cells = [Harm::KillBefore, Harm::KillAfter].into_iter().flat_map(|harm| (1..=count).map(move |k| cell(harm, k)));
    machine::pool(Host::shared(), cells.collect(), AT_ONCE, tell);
    println!("{name}: killed before and after each of {count} calls");
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
}
