//! What a pass works with: configuration, engine, registry, clock. Connects anew each time: an engine may have been upgraded since.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{AskError, SocketError, engine_socket};
use crate::clock::Clock;
use crate::config::{Config, Loaded, RegistryVia};
use crate::cycle::{Cycle, EngineRegistry};
use crate::engine::{self, Engine};
use crate::host;
use crate::interrupt::Interrupt;
use crate::registry::{Credentials, HttpRegistry, Registry, Unreadable};
use crate::rotation::Watcher;
use crate::store::Store;

/// Where the engine is looked for, besides the configuration.
#[derive(Debug, Clone, Default)]
pub struct Where {
    /// `--engine`.
    pub flag: Option<String>,
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
}

impl Where {
    /// With what this process's environment says.
    pub fn new(flag: Option<String>) -> Self {
        let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self { flag, docker_host: std::env::var("DOCKER_HOST").ok(), runtime_dir }
    }

    fn socket(&self, config: &Config) -> Result<PathBuf, SocketError> {
        engine_socket::find(self.flag.as_deref(), self.docker_host.as_deref(), config.engine.as_ref(), self.runtime_dir.as_deref())
    }

    /// Looks at what was asked for, not at whether an engine is there: one may come later.
    ///
    /// Errors: an address at which no engine can ever be.
    pub fn check(&self, config: &Config) -> Result<(), AskError> {
        match self.socket(config) {
            Ok(_) | Err(SocketError::NoneFound(_)) => Ok(()),
            Err(error @ SocketError::Address { .. }) => Err(error.into()),
        }
    }
}

/// An engine that answered, and all else that a pass needs.
pub struct Session {
    loaded: Arc<Loaded>,
    engine: Arc<dyn Engine>,
    registry: Box<dyn Registry>,
    clock: Arc<dyn Clock>,
    interrupt: Arc<Interrupt>,
    is_alone: bool,
    agent: String,
    boot: String,
}

impl Session {
    /// Connects. Changes nothing anywhere. `patience`: how long each look at the engine may take.
    pub async fn new(
        at: &Where,
        loaded: Arc<Loaded>,
        clock: Arc<dyn Clock>,
        interrupt: Arc<Interrupt>,
        patience: Duration,
    ) -> Result<Self, AskError> {
        let socket = at.socket(&loaded.config)?;
        let engine = engine::connect(&socket, patience).await?;
        let info = engine.info().await?;
        tracing::debug!(version = info.version, socket = %socket.display(), "engine");
        // What was begun needs no registry any more, and a service may be down.
        let registry: Box<dyn Registry> = match (Credentials::load(info.registries.is_podman), loaded.config.registry_via) {
            (Err(error), _) => Box::new(Unreadable(error)),
            (Ok(credentials), RegistryVia::Rotate) => Box::new(HttpRegistry::new(info.registries, credentials)),
            (Ok(credentials), RegistryVia::Engine) => Box::new(EngineRegistry::new(engine.clone(), credentials)),
        };
        let (agent, boot) = (host::agent().map_err(AskError::Host)?, host::boot().map_err(AskError::Host)?);
        Ok(Self { loaded, engine, registry, clock, interrupt, is_alone: true, agent, boot })
    }

    /// The same where a daemon may be at work on the same engine: rotations that this store does not know may be that one's.
    pub fn beside_a_daemon(self) -> Self {
        Self { is_alone: false, ..self }
    }

    /// A pass over this store.
    pub fn cycle<'a>(&'a self, store: &'a dyn Store, watcher: &'a Watcher<'a>) -> Cycle<'a> {
        Cycle {
            engine: &*self.engine,
            registry: &*self.registry,
            store,
            clock: &*self.clock,
            interrupt: &self.interrupt,
            config: &self.loaded.config,
            origins: &self.loaded.origins,
            watcher,
            random_id: &host::random_id,
            is_alone: self.is_alone,
            agent: &self.agent,
            boot: &self.boot,
        }
    }
}
