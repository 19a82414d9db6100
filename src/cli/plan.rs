//! `rotate plan`.

use super::args::PlanArgs;
use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::cycle::Request;
use crate::store::SqliteStore;

/// Shows the plan. Takes no lock and writes nothing.
pub async fn run(args: &Args, plan: &PlanArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let store = SqliteStore::read(&state_dir)?;
    let request = Request { names: plan.names.clone(), ..Request::default() };
    let plan = setup.cycle(&store, &|_| {}).plan(&request).await?;
    printer.plan(&plan);
    Ok(Exit::Done)
}
