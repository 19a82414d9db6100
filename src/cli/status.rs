//! `rotate status`.

use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::cycle::Status;
use crate::store::SqliteStore;

/// Shows how things stand. Takes no lock and writes nothing. Exit code 3 if a person is needed, 1 if a container is unwell after its rotation.
pub async fn run(args: &Args, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let store = SqliteStore::read(&state_dir)?;
    let all = setup.cycle(&store, &|_| {}).status().await?;
    printer.status(&all);
    let any = |is: fn(&Status) -> bool| all.iter().any(is);
    Ok(match (any(|status| status.stuck.is_some()), any(|status| status.unwell.is_some())) {
        (true, _) => Exit::PersonNeeded,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Done,
    })
}
