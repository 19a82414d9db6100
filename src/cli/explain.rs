//! `rotate explain`.

use super::args::ExplainArgs;
use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::store::SqliteStore;

/// Shows what decides about one container. Takes no lock and writes nothing.
pub async fn run(args: &Args, explain: &ExplainArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let store = SqliteStore::read(&state_dir)?;
    let explanation = setup.cycle(&store, &|_| {}).explain(&explain.name).await?;
    printer.explanation(&explanation);
    Ok(Exit::Done)
}
