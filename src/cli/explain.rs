//! `rotate explain`.

use super::args::ExplainArgs;
use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::config::Loaded;
use crate::store::SqliteStore;

/// Shows what decides about one container. Takes no lock and writes nothing.
pub async fn run(args: &Args, explain: &ExplainArgs, printer: &Printer) -> Result<Exit, CliError> {
    let Loaded { config, origins, .. } = setup::load(args)?;
    let state_dir = setup::state_dir(args, &config);
    let setup = Setup::new(args, config).await?;
    let store = SqliteStore::read(&state_dir)?;
    let explanation = setup.cycle(&store, &|_| {}).explain(&explain.name, &origins).await?;
    printer.explanation(&explanation);
    Ok(Exit::Done)
}
