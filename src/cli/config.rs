//! `rotate config`.

use super::args::{ConfigArgs, ConfigWhat};
use super::error::CliError;
use super::render::Printer;
use super::{Args, Exit, setup};
use crate::config::Config;

/// Checks the configuration, or shows it. Asks no engine, changes nothing.
pub fn run(args: &Args, config: &ConfigArgs, printer: &Printer) -> Result<Exit, CliError> {
    match &config.what {
        ConfigWhat::Check { file: Some(path) } => printer.checked(&Config::load(path, true)?.files),
        ConfigWhat::Check { file: None } => printer.checked(&setup::load(args)?.files),
        ConfigWhat::Show => printer.values(&setup::load(args)?.values()),
    }
    Ok(Exit::Done)
}
