//! What several commands begin with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Args;
use super::error::CliError;
use super::places::Places;
use crate::ask::AskError;
use crate::config::{Config, ConfigError, Loaded, Origin};
use crate::interrupt::Interrupt;

/// The configuration, and where each value of it comes from.
pub fn load(args: &Args) -> Result<Loaded, ConfigError> {
    load_from(args.config.as_deref())
}

/// The same, of the file that somebody named.
pub fn load_from(named: Option<&Path>) -> Result<Loaded, ConfigError> {
    let Some(path) = named else {
        let Places { config, state_dir, .. } = Places::ours();
        let mut loaded = Config::load(&config, false)?;
        if let Some(own) = state_dir.filter(|_| loaded.origins.of("state_dir") == Origin::Default) {
            loaded.config.state_dir = own;
        }
        return Ok(loaded);
    };
    Config::load(path, true)
}

/// The state directory that the arguments name, else the configuration.
pub fn state_dir(args: &Args, config: &Config) -> PathBuf {
    args.state_dir.clone().unwrap_or_else(|| config.state_dir.clone())
}

/// From now on the first SIGINT or SIGTERM asks to stop, and the second one ends the process at once.
pub fn listen_to_signals(interrupt: &Arc<Interrupt>) -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut int = signal(SignalKind::interrupt()).map_err(AskError::Host)?;
    let mut term = signal(SignalKind::terminate()).map_err(AskError::Host)?;
    let interrupt = Arc::clone(interrupt);
    tokio::spawn(async move {
        loop {
            tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
            if interrupt.is_set() {
                // 128 + SIGINT, as shells have it.
                std::process::exit(130);
            }
            eprintln!("stopping as soon as one container runs under the name; once more to leave at once (the next run repairs)");
            interrupt.set();
        }
    });
    Ok(())
}
