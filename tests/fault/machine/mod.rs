//! The campaign's machine: one cell is a scenario, cut at its k-th mutating call by one harm, and healed by a run or by the daemon.
//!
//! A cell never panics over what it finds: it collects what a user would call lost, wrong or left over.
#![allow(dead_code)] // the tests use a part of it, the campaign all

mod batch;
mod cell;
mod check;
mod daemon;
mod ending;
mod found;
mod harm;
mod history;
mod ledger;
mod meeting;
mod note;
mod pod;
mod pool;
mod scenario;
mod stage;
mod table;
mod unit;
mod untried;
mod world;

#[allow(unused_imports)]
pub use self::{
    batch::batch,
    cell::{Cell, Healer},
    check::unused_volumes,
    found::Found,
    harm::Harm,
    ledger::{Line, TOGETHER, read, write},
    meeting::Permits,
    note::note,
    pool::{pool, quietly},
    scenario::{ALL, Scenario, scenario},
    table::markdown,
};
