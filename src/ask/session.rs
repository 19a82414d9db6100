//! What a pass works with: configuration, engine, registry, clock. Connects anew each time: an engine may have been upgraded since.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{AskError, Place, Served, SocketError, Where};
use crate::clock::Clock;
use crate::config::{Loaded, RegistryVia};
use crate::cycle::{Cycle, EngineRegistry};
use crate::engine::{self, Engine, EngineError};
use crate::host;
use crate::interrupt::Interrupt;
use crate::model::EngineName;
use crate::registry::{Credentials, HttpRegistry, Registry, Unreadable, Whose};
use crate::rotation::Watcher;
use crate::store::Store;

/// An engine that answered, and all else that a pass needs.
pub struct Session {
    name: Option<EngineName>,
    /// The same as records note it.
    noted_name: String,
    loaded: Arc<Loaded>,
    engine: Arc<dyn Engine>,
    registry: Box<dyn Registry>,
    clock: Arc<dyn Clock>,
    interrupt: Arc<Interrupt>,
    is_alone: bool,
    agent: String,
    boot: String,
}

/// What a session is made with.
#[derive(Clone)]
pub struct With {
    /// Where engines are looked for.
    pub at: Where,
    /// The configuration.
    pub loaded: Arc<Loaded>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Asked to stop?
    pub interrupt: Arc<Interrupt>,
    /// How long each look at the engine may take.
    pub patience: Duration,
}

impl Session {
    /// Connects to one of the engines that are served. Changes nothing anywhere.
    pub async fn new(with: &With, served: &Served, all: &[Served]) -> Result<Self, AskError> {
        let With { at, loaded, clock, interrupt, patience } = with.clone();
        let place = at.place(served, all, &loaded.config).await?;
        let engine = engine::connect(&place.socket, patience).await.map_err(|error| away(&place, error))?;
        let info = engine.info().await?;
        tracing::debug!(version = info.version, socket = %place.socket.display(), "engine");
        let whose = place.user.as_ref().map_or_else(Whose::ours, |user| Whose::of_user(user.id, &user.home));
        // What was begun needs no registry any more, and a service may be down.
        let registry: Box<dyn Registry> = match (Credentials::load(info.registries.is_podman, &whose), loaded.config.registry_via) {
            (Err(error), _) => Box::new(Unreadable(error)),
            (Ok(credentials), RegistryVia::Rotate) => Box::new(HttpRegistry::of(info.registries, credentials, &whose)),
            (Ok(credentials), RegistryVia::Engine) => Box::new(EngineRegistry::new(engine.clone(), credentials)),
        };
        let (agent, boot) = (host::agent().map_err(AskError::Host)?, host::boot().map_err(AskError::Host)?);
        let noted_name = place.name.as_ref().map(ToString::to_string).unwrap_or_default();
        Ok(Self { name: place.name, noted_name, loaded, engine, registry, clock, interrupt, is_alone: true, agent, boot })
    }

    /// What the engine is called, if it is at one of the usual places.
    pub fn name(&self) -> Option<&EngineName> {
        self.name.as_ref()
    }

    /// The engine.
    pub(super) fn engine(&self) -> &dyn Engine {
        &*self.engine
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
            name: Some(&self.noted_name),
            is_alone: self.is_alone,
            agent: &self.agent,
            boot: &self.boot,
        }
    }
}

/// The socket of one that is turned off stays there.
fn away(place: &Place, error: EngineError) -> AskError {
    let is_left = matches!(&error, EngineError::Unreachable { cause, .. } if cause.kind() == io::ErrorKind::ConnectionRefused);
    match place.name.clone().zip(place.left()).filter(|_| is_left && place.is_named) {
        Some((engine, why)) => SocketError::Away { engine, why }.into(),
        None => error.into(),
    }
}
