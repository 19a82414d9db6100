//! `rotate.toml` -> `Config`, in stages: a file as written (`fragment`), then each value checked (`validate`). Reads that file and nothing else.
//!
//! Every value keeps its file, line and column until it is checked, so that a later merge of several files can still say where each came from.

mod choice;
mod commands;
mod duration;
mod engine_address;
mod error;
mod fragment;
mod load;
mod position;
mod quote;
mod settings;
mod suggest;
mod validate;
mod value;

pub use choice::{FailurePolicy, LogLevel, Mode, OnFailure, OnLateFailure, RegistryVia, Select};
pub use commands::Commands;
pub use duration::{DurationError, LONGEST_DURATION, parse_duration};
pub use engine_address::{EngineAddress, EngineAddressError};
pub use error::ConfigError;
pub use fragment::KEYS;
pub use load::DEFAULT_PATH;
pub use position::Position;
pub use settings::{Config, HealthDefaults};
pub use value::{Found, Kind, ValueError};

pub(crate) use quote::quoted;
pub(crate) use suggest::{list, nearest};
pub(crate) use value::{duration, flag, positive_duration, retries};
