//! `rotate daemon`.

use std::sync::Arc;

use super::error::CliError;
use super::log::SetLevel;
use super::places::Places;
use super::{Args, setup};
use crate::ask::{Exit, Where};
use crate::clock::SystemClock;
use crate::daemon::{self, Start};

/// Runs until it is told to end.
pub async fn run(args: &Args, set_log_level: SetLevel) -> Result<Exit, CliError> {
    let loaded = setup::load(args)?;
    set_log_level(loaded.config.log_level);
    let from = args.config.clone();
    let start = Start {
        engine: Where::new(args.engine.clone(), Places::ours().are_own()),
        state_dir: setup::state_dir(args, &loaded.config),
        socket: args.socket.clone().unwrap_or_else(|| Places::ours().socket),
        load: Box::new(move || setup::load_from(from.as_deref())),
        clock: Arc::new(SystemClock::start()),
        set_log_level,
    };
    Ok(daemon::run(start, loaded).await?)
}
