//! What keeps an act from being done.

use crate::engine::EngineError;
use crate::model::{ContainerId, Reference};
use crate::spec::SpecError;

/// An act that was not done, or not surely.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The engine's side.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine did not tell what has to be known before: the act itself was not asked for.
    #[error(transparent)]
    Look(EngineError),
    /// No create request can say what the predecessor is.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The engine called a pull done and does not have the image: its stream had ended early in good form.
    #[error("the engine called the pull of {0} done and does not have it")]
    NotPulled(Reference),
    /// The engine does not show what the image brings along: the successor cannot be compared with it.
    #[error("the engine shows nothing of the image {0}, of which a part is missing from its store")]
    ImageBlank(String),
    /// The engine called a connection made and does not show it.
    #[error("the engine called the connection to the network {0} made and does not show it")]
    NotConnected(String),
    /// Why the credential for a pull cannot be had.
    #[error("{0}")]
    NoCredential(String),
    /// Two would be at work on the same volumes.
    #[error(
        "the engine says that the {other} has ended, and its processes still run on this host{tried}: what is to be started would be a second one at \
         its volumes (`systemd-cgls` shows them, under {id}; once they are ended it can start)"
    )]
    StillRuns {
        /// The container that is to be down.
        other: String,
        /// Its id in full, which is part of its cgroup's name.
        id: ContainerId,
        /// What was done about it in vain, as the middle of a sentence; empty if nothing.
        tried: String,
    },
    /// The record names something that is not there. A record that was edited by hand can do that.
    #[error("the record of this rotation names no {0}")]
    Record(&'static str),
}
