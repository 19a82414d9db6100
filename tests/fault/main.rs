//! The agent killed -9 before and after each of its calls to the engine, then run once more: nothing is lost, nothing is left over.

#[path = "../lab/mod.rs"]
mod lab;

mod killed;
mod restarted;
