//! `rotate history`.

use super::args::HistoryArgs;
use super::error::CliError;
use super::render::Printer;
use super::{Args, Exit, setup};
use crate::cycle;
use crate::store::SqliteStore;

/// Shows what was rotated. Asks no engine, takes no lock, writes nothing.
pub fn run(args: &Args, history: &HistoryArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (_, state_dir) = setup::config(args)?;
    let store = SqliteStore::read(&state_dir)?;
    let name = history.name.as_deref();
    let all = cycle::history(&store, name, history.limit)?;
    if let (Some(name), true) = (name, all.is_empty()) {
        tracing::info!("no rotation of `{name}` is recorded");
    }
    printer.history(&all, name.is_some());
    Ok(Exit::Done)
}
