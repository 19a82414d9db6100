//! `rotate config`.

use serde_json::json;

use super::args::{ConfigArgs, ConfigWhat};
use super::error::CliError;
use super::printer::Printer;
use super::{Args, setup, values};
use crate::ask::{Exit, JSON_VERSION};
use crate::config::Config;

/// Checks the configuration, or shows it. Asks no engine, changes nothing.
pub fn run(args: &Args, config: &ConfigArgs, printer: &Printer) -> Result<Exit, CliError> {
    let files = match &config.what {
        ConfigWhat::Check { file: Some(path) } => Config::load(path, true)?.files,
        ConfigWhat::Check { file: None } => setup::load(args)?.files,
        ConfigWhat::Show => {
            let all = setup::load(args)?.values();
            printer.text(&json!({ "version": JSON_VERSION, "values": all }), &values::lines(&all));
            return Ok(Exit::Done);
        }
    };
    let names: Vec<_> = files.iter().map(|path| path.to_string_lossy()).collect();
    printer.text(&json!({ "version": JSON_VERSION, "files": names }), &values::checked(&files));
    Ok(Exit::Done)
}
