//! From the arguments to what a command works with: configuration, engine, lock, store, registry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::CliError;
use super::{Args, socket};
use crate::clock::SystemClock;
use crate::config::{Config, ConfigError, DEFAULT_PATH, Loaded, RegistryVia};
use crate::cycle::{Cycle, EngineRegistry};
use crate::engine::{Docker, Engine};
use crate::host;
use crate::interrupt::Interrupt;
use crate::registry::{Credentials, HttpRegistry, Registry};
use crate::rotation::Watcher;
use crate::store::Store;

/// What each command needs.
pub struct Setup {
    config: Config,
    engine: Arc<Docker>,
    registry: Box<dyn Registry>,
    clock: SystemClock,
    /// Set by the first SIGINT or SIGTERM.
    pub interrupt: Arc<Interrupt>,
    agent: String,
    boot: String,
}

/// The configuration, and where each value of it comes from.
pub fn load(args: &Args) -> Result<Loaded, ConfigError> {
    match &args.config {
        Some(path) => Config::load(path, true),
        None => Config::load(Path::new(DEFAULT_PATH), false),
    }
}

/// The configuration, and the state directory that arguments and configuration name.
pub fn config(args: &Args) -> Result<(Config, PathBuf), CliError> {
    let config = load(args)?.config;
    let state_dir = state_dir(args, &config);
    Ok((config, state_dir))
}

/// The state directory that the arguments name, else the configuration.
pub fn state_dir(args: &Args, config: &Config) -> PathBuf {
    args.state_dir.clone().unwrap_or_else(|| config.state_dir.clone())
}

impl Setup {
    /// Connects. Changes nothing anywhere.
    pub async fn new(args: &Args, config: Config) -> Result<Self, CliError> {
        let docker_host = std::env::var("DOCKER_HOST").ok();
        let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let socket = socket::find(args.engine.as_deref(), docker_host.as_deref(), config.engine.as_ref(), runtime_dir.as_deref())?;
        let engine = Arc::new(Docker::connect(&socket).await?);
        let info = engine.info().await?;
        tracing::debug!(version = info.version, socket = %socket.display(), "engine");
        let credentials = Credentials::load()?;
        let registry: Box<dyn Registry> = match config.registry_via {
            RegistryVia::Rotate => Box::new(HttpRegistry::new(info.registries, credentials)),
            RegistryVia::Engine => Box::new(EngineRegistry::new(engine.clone(), credentials)),
        };
        Ok(Self {
            registry,
            config,
            engine,
            clock: SystemClock::start(),
            interrupt: Arc::new(Interrupt::default()),
            agent: host::agent().map_err(CliError::Host)?,
            boot: host::boot().map_err(CliError::Host)?,
        })
    }

    /// A pass over this store.
    pub fn cycle<'a>(&'a self, store: &'a dyn Store, watcher: &'a Watcher<'a>) -> Cycle<'a> {
        Cycle {
            engine: &*self.engine,
            registry: &*self.registry,
            store,
            clock: &self.clock,
            interrupt: &self.interrupt,
            config: &self.config,
            watcher,
            agent: &self.agent,
            boot: &self.boot,
        }
    }
}

/// From now on the first SIGINT or SIGTERM asks to stop, and the second one ends the process at once.
pub fn listen_to_signals(interrupt: &Arc<Interrupt>) -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut int = signal(SignalKind::interrupt()).map_err(CliError::Host)?;
    let mut term = signal(SignalKind::terminate()).map_err(CliError::Host)?;
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
