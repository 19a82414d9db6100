//! What a script works on: an engine, and the hands of others on the same host. One is a host of the lab, the other the simulation.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rotate::engine::Engine;
use rotate::model::{ContainerId, Digest};

/// What a container of an image does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Serves, its health check passes, exits 0 when it is asked to stop.
    Healthy,
    /// The same, and its image declares a volume at `/data`.
    WithVolume,
    /// Serves; its health check fails.
    Sick,
    /// Serves, without a health check.
    Serves,
    /// Serves, without a health check, and ignores SIGTERM.
    Stubborn,
    /// Exits 0 at once.
    Ends,
    /// Exits 1 at once.
    Fails,
    /// The image names a program that is not in it.
    Missing,
}

impl Program {
    /// True if a container of it does not stay up: what it is doing at a look is a matter of luck.
    pub fn is_brief(self) -> bool {
        matches!(self, Self::Ends | Self::Fails)
    }
}

/// What somebody else does on the host.
#[derive(Debug, Clone)]
pub enum Hand {
    Stop(ContainerId),
    Kill(ContainerId),
    Start(ContainerId),
    Restart(ContainerId),
    Rename(ContainerId, String),
    Remove {
        container: ContainerId,
        is_forced: bool,
        with_volumes: bool,
    },
    /// Its process is killed from outside: the engine did not ask for it.
    Die(ContainerId),
    PruneContainers,
    /// Those without a tag.
    PruneImages,
    /// Those without a container.
    PruneAllImages,
    Tag {
        image: String,
        name: String,
    },
    RemoveImage {
        image: String,
        is_forced: bool,
    },
    MakeNetwork {
        name: String,
        subnet: String,
    },
    RemoveNetwork(String),
    /// Another process of the host listens on a port.
    TakePort(u16),
    FreePort,
    /// What [`Hand::HoldStarts`] needs; before the container is made.
    PrepareHold,
    /// No start of those that can be held comes to its end until [`World::release_starts`].
    HoldStarts,
    RestartEngine,
    /// The engine dies at once and is started again.
    KillEngine,
    /// Every process of the host dies at once; it is booted again.
    CutPower,
}

/// A call whose client hangs up before it is answered.
#[derive(Debug, Clone)]
pub enum Lost {
    Start(ContainerId),
    Stop(ContainerId),
}

/// An engine with its host and its registry. Names that a script uses are made unique by [`World::name`].
#[async_trait(?Send)]
pub trait World {
    /// For people: which one it is.
    fn title(&self) -> String;
    /// The engine, as it can be reached now.
    fn engine(&self) -> Arc<dyn Engine>;
    /// The full name of a container, volume, network or repository of this script.
    fn name(&self, name: &str) -> String;
    /// `ADDRESS:PORT` of the registry.
    fn registry(&self) -> String;
    /// Pushes an image as `REPOSITORY:latest`; another version, another digest.
    fn publish(&self, repository: &str, version: &str, program: Program) -> Digest;
    /// What a person would be told: done, or refused.
    async fn hand(&self, hand: &Hand) -> Result<(), String>;
    /// Makes a call and hangs up half a second later; it must not have been answered by then.
    async fn lose(&self, call: &Lost);
    /// Ends [`Hand::HoldStarts`].
    fn release_starts(&self);
    /// Writes a text into a volume.
    fn mark(&self, volume: &str, text: &str);
    /// The text in a volume; none if there is none, or no volume.
    fn marked(&self, volume: &str) -> Option<String>;
    /// Returns when the program of a running container has set up its answer to signals.
    async fn ready(&self, container: &ContainerId);
    /// A reference to an image whose pull breaks off with an error in the middle of a good answer.
    fn broken_pull(&self) -> String;
    /// No pull breaks off any more.
    fn mend_pull(&self);
    /// Time goes by.
    async fn pass(&self, time: Duration);
    /// How much time has gone by, to give up after too much of it.
    fn now(&self) -> Duration;
}
