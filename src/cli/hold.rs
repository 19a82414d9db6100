//! `rotate hold`.

use super::args::HoldArgs;
use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::store::{Lock, SqliteStore};

/// Takes the lock and notes the hold. Touches no container.
pub async fn run(args: &Args, hold: &HoldArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let _lock = Lock::take(&state_dir)?;
    let store = SqliteStore::open(&state_dir)?;
    let holds = setup.cycle(&store, &|_| {}).hold(&hold.names, hold.reason.as_deref(), hold.until).await?;
    printer.held(&holds);
    Ok(Exit::Done)
}
