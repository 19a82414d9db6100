//! `rotate status`.

use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::store::SqliteStore;

/// Shows how things stand. Takes no lock and writes nothing. Exit code 3 if a person is needed.
pub async fn run(args: &Args, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let store = SqliteStore::read(&state_dir)?;
    let all = setup.cycle(&store, &|_| {}).status().await?;
    printer.status(&all);
    Ok(if all.iter().any(|status| status.stuck.is_some()) { Exit::PersonNeeded } else { Exit::Done })
}
