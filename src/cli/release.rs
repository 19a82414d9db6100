//! `rotate release`.

use super::args::ReleaseArgs;
use super::error::CliError;
use super::render::Printer;
use super::{Args, Exit, setup};
use crate::store::{Lock, SqliteStore, Store};

/// Takes the lock and ends the holds. Asks no engine: what is released need not exist any more.
pub fn run(args: &Args, release: &ReleaseArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (_, state_dir) = setup::config(args)?;
    let _lock = Lock::take(&state_dir)?;
    let store = SqliteStore::open(&state_dir)?;
    let mut all = Vec::new();
    for name in &release.names {
        let name = name.trim_start_matches('/');
        all.push((name.to_owned(), store.release(name)?));
    }
    printer.released(&all);
    Ok(Exit::Done)
}
