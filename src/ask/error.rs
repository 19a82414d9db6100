//! Every error that ends an answer: its message, what is true now, what to do, and the exit code.

use std::io;

use super::problem::chain;
use super::{Exit, Problem, SocketError};
use crate::cycle::CycleError;
use crate::engine::EngineError;
use crate::rotation::RunError;
use crate::store::{LockError, StoreError};
use crate::text::list;

/// What ends an answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Which socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Another process is at work, or the lock cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pass.
    #[error(transparent)]
    Cycle(#[from] CycleError),
    /// A question that the store alone cannot answer.
    #[error("that needs an engine")]
    NeedsEngine,
    /// Of one engine among several.
    #[error("{engine}: {}", whole(.error))]
    On {
        /// What it is called.
        engine: String,
        /// What ended its answer. Part of the clause, hence no source of its own.
        error: Box<AskError>,
    },
    /// No engine of this name is served.
    #[error("no engine named `{engine}` is served here")]
    NoSuchEngine {
        /// As typed.
        engine: String,
        /// Those that are.
        served: Vec<String>,
    },
    /// A name that containers of several engines have.
    #[error("there is a container named `{name}` on {}", list(.engines, "and"))]
    Ambiguous {
        /// As typed.
        name: String,
        /// The engines.
        engines: Vec<String>,
    },
    /// The operating system.
    #[error("cannot learn about this host: {0}")]
    Host(io::Error),
}

impl AskError {
    /// What is true now.
    fn state(&self) -> String {
        match self {
            Self::Engine(error) | Self::Cycle(CycleError::Engine(error)) => error.state().to_owned(),
            Self::Lock(error) => error.state().to_owned(),
            Self::Store(error) | Self::Cycle(CycleError::Store(error)) => error.state().to_owned(),
            Self::Cycle(CycleError::Rotation(error)) => error.state(),
            Self::On { error, .. } => error.state(),
            Self::NoSuchEngine { .. } | Self::Ambiguous { .. } => "nothing was changed".to_owned(),
            Self::Socket(_) | Self::Host(_) | Self::NeedsEngine | Self::Cycle(_) => "nothing was changed".to_owned(),
        }
    }

    /// What to do.
    fn help(&self) -> String {
        match self {
            Self::Socket(error) => error.help(),
            Self::Engine(error) | Self::Cycle(CycleError::Engine(error)) => error.help(),
            Self::Lock(error) => error.help().to_owned(),
            Self::Store(error) | Self::Cycle(CycleError::Store(error)) => error.help().to_owned(),
            Self::Cycle(CycleError::Credentials(error)) => error.help().to_string(),
            Self::Cycle(CycleError::Rotation(error)) => {
                let cause = match error {
                    RunError::Engine { source, .. } if source.is_of_the_engine() => source.help(),
                    RunError::Engine { .. } => "see whether the engine still answers (`docker ps`)".to_owned(),
                    RunError::Store { source, .. } => source.help().to_owned(),
                };
                format!("{cause}; then run `rotate now {}`, which goes on from there, as a daemon does by itself", error.unit())
            }
            Self::Cycle(CycleError::NoSuchContainer { .. }) => "`rotate status` lists the containers".to_owned(),
            Self::Cycle(CycleError::NothingKept { .. }) => {
                "a predecessor is kept for `keep_old` after a rotation; `rotate status` lists what is kept".to_owned()
            }
            Self::Cycle(CycleError::NotOurs { .. }) => {
                "its predecessor is still kept: `rotate status` names it; start it by hand under another name, or remove what has the name"
                    .to_owned()
            }
            Self::Cycle(CycleError::Required { by, .. }) => {
                format!("remove `{by}`, run this again, and make `{by}` anew: it will require the one that has the name then")
            }
            Self::On { engine, error } => match error.exit() {
                Exit::NotPermitted if engine != "docker" => {
                    format!("{}; the daemon's unit may with the drop-in podman-engines.conf: docs/systemd.md", error.help())
                }
                _ => error.help(),
            },
            Self::NoSuchEngine { served, .. } if served.is_empty() => "`engines` in rotate.toml names those that are served".to_owned(),
            Self::NoSuchEngine { served, .. } => format!("served are {}; `engines` in rotate.toml names them", list(served, "and")),
            Self::Ambiguous { name, engines } => {
                let all: Vec<String> = engines.iter().map(|engine| format!("{engine}/{name}")).collect();
                format!("write which one: {}", list(&all, "or"))
            }
            Self::NeedsEngine => "start the engine".to_owned(),
            Self::Cycle(CycleError::Random(_)) | Self::Host(_) => "see that /proc is mounted".to_owned(),
        }
    }

    /// The same, to be shown.
    pub fn problem(&self) -> Problem {
        Problem { error: chain(self), state: self.state(), help: self.help(), exit: self.exit() }
    }

    /// The exit code.
    fn exit(&self) -> Exit {
        match self {
            Self::Cycle(CycleError::Credentials(_)) => Exit::Configuration,
            Self::On { error, .. } => error.exit(),
            Self::NoSuchEngine { .. } | Self::Ambiguous { .. } => Exit::Usage,
            Self::Socket(SocketError::NoneFound(_) | SocketError::Away { .. } | SocketError::Owner { .. }) | Self::NeedsEngine => {
                Exit::NoEngine
            }
            Self::Socket(_) => Exit::Configuration,
            Self::Engine(error) | Self::Cycle(CycleError::Engine(error) | CycleError::Rotation(RunError::Engine { source: error, .. })) => {
                engine(error)
            }
            Self::Lock(LockError::Held { .. }) => Exit::Busy,
            Self::Lock(LockError::Io { source, .. }) => io_error(source),
            Self::Store(error) | Self::Cycle(CycleError::Store(error) | CycleError::Rotation(RunError::Store { source: error, .. })) => {
                match error {
                    StoreError::Io { source, .. } => io_error(source),
                    _ => Exit::Configuration,
                }
            }
            Self::Cycle(
                CycleError::NoSuchContainer { .. }
                | CycleError::NothingKept { .. }
                | CycleError::NotOurs { .. }
                | CycleError::Required { .. },
            ) => Exit::Usage,
            Self::Cycle(CycleError::Random(_)) | Self::Host(_) => Exit::Failed,
        }
    }
}

fn whole(error: &AskError) -> String {
    chain(error)
}

fn engine(error: &EngineError) -> Exit {
    match error {
        EngineError::Unreachable { cause, .. } if cause.kind() == io::ErrorKind::PermissionDenied => Exit::NotPermitted,
        EngineError::Unreachable { .. }
        | EngineError::NotAnEngine { .. }
        | EngineError::Silent { .. }
        | EngineError::Unsupported { .. }
        | EngineError::Unanswered { .. }
        | EngineError::Refused { .. }
        | EngineError::Garbage { .. } => Exit::NoEngine,
    }
}

fn io_error(source: &io::Error) -> Exit {
    if source.kind() == io::ErrorKind::PermissionDenied { Exit::NotPermitted } else { Exit::Configuration }
}
