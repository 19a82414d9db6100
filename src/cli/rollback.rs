//! `rotate rollback`.

use super::args::RollbackArgs;
use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::store::{Lock, SqliteStore};

/// Takes the lock and the kept predecessor back.
pub async fn run(args: &Args, rollback: &RollbackArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let _lock = Lock::take(&state_dir)?;
    let store = SqliteStore::open(&state_dir)?;
    setup::listen_to_signals(&setup.interrupt)?;
    let watcher = |progress| printer.progress(&progress);
    let report = setup.cycle(&store, &watcher).roll_back(&rollback.name).await?;
    Ok(printer.report(&report))
}
