//! One pass from inventory to outcome, the same for the daemon and for `rotate now`: first what an earlier run left, then what is new.

mod adopt;
mod asking;
mod auth_files;
mod drop_ins;
mod edited;
mod engine_registry;
mod explain;
mod gone;
mod history;
mod hold;
mod left_images;
mod lost;
mod pins;
mod planning;
mod report;
mod report_along;
mod report_stuck;
mod report_unit;
mod required;
mod restore;
mod resume;
mod rotate;
mod shared_tag;
mod status;
mod survey;
mod taken_over;

use std::collections::HashMap;
use std::io;

use async_trait::async_trait;

pub use engine_registry::EngineRegistry;
pub use explain::Explanation;
pub use history::{Past, Step, history, last_rotations};
pub use report::{Entry, Report, Verdict};
pub use rotate::Request;
pub use status::{Kept, Last, Status};

use crate::clock::Clock;
use crate::config::{Config, Origins};
use crate::engine::{Engine, EngineError};
use crate::interrupt::Interrupt;
use crate::model::{Credential, Reference};
use crate::registry::{Registry, RegistryError};
use crate::rotation::{Keyring, Rotation, RunError, Watcher};
use crate::store::{Store, StoreError};

/// Everything that a pass works with.
pub struct Cycle<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// What is new, and the credentials for pulls.
    pub registry: &'a dyn Registry,
    /// What outlives the process.
    pub store: &'a dyn Store,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Asked to stop?
    pub interrupt: &'a Interrupt,
    /// The operator's wishes.
    pub config: &'a Config,
    /// Where each of them is written.
    pub origins: &'a Origins,
    /// Is told what goes on in rotations.
    pub watcher: &'a Watcher<'a>,
    /// Makes ids of rotations: six random hex digits.
    pub random_id: &'a (dyn Fn() -> io::Result<String> + Send + Sync),
    /// What the engine is called; empty: it has no name. None: that does not matter, there is no other.
    pub name: Option<&'a str>,
    /// False if another agent may be at work on the same engine, and knows rotations that our store does not.
    pub is_alone: bool,
    /// See [`crate::host::agent`].
    pub agent: &'a str,
    /// See [`crate::host::boot`].
    pub boot: &'a str,
}

/// The pass could not go on. What it had done before stands in its report, and in the store.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    /// The engine, outside of a rotation.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A rotation that the next run goes on with.
    #[error("the rotation of {0}")]
    Rotation(#[from] RunError),
    /// The credentials for registries cannot be read. What was left is finished.
    #[error(transparent)]
    Credentials(RegistryError),
    /// A name that no container has.
    #[error("there is no container named `{name}`")]
    NoSuchContainer {
        /// As typed.
        name: String,
    },
    /// Nothing to roll back to.
    #[error("nothing is kept for `{name}`")]
    NothingKept {
        /// As typed.
        name: String,
    },
    /// Another hand put a container of its own under the name.
    #[error("the container named `{name}` is not the one that rotate put there")]
    NotOurs {
        /// As typed.
        name: String,
    },
    /// Another hand made a container that requires the one that would have to go.
    #[error("`{by}` requires the container named `{name}` (--requires), by its id, and was made after that one's rotation")]
    Required {
        /// As typed.
        name: String,
        /// The other one.
        by: String,
    },
    /// The operating system gave no random number.
    #[error("no random number to be had: {0}")]
    Random(#[from] std::io::Error),
}

impl Cycle<'_> {
    fn rotation(&self) -> Rotation<'_> {
        Rotation {
            engine: self.engine,
            store: self.store,
            clock: self.clock,
            interrupt: self.interrupt,
            keyring: self,
            agent: self.agent,
            boot: self.boot,
            watcher: self.watcher,
            is_held_before_tag: false,
            is_run_stopped: false,
        }
    }
}

#[async_trait]
impl Keyring for Cycle<'_> {
    async fn credential(&self, reference: &Reference) -> Result<Option<Credential>, String> {
        self.registry.credential(reference).await.map_err(|error| error.to_string())
    }
}

/// What the registry said of each reference of a pass: asked once, however many containers follow it.
type Answers = HashMap<Reference, Result<crate::model::Digest, crate::plan::Reason>>;
