//! `rotate.toml` and `rotate.d/*.toml` -> `Config`, in stages: the files are read (`load`), each as written (`fragment`), one over the other (`merge`), each
//! value checked (`validate`). Reads those files and nothing else.
//!
//! Every value keeps its file, line and column until it is checked; where it came from (`origin`) is kept beside the configuration, to be shown (`show`).

mod choice;
mod commands;
mod duration;
mod engine_address;
mod engine_choice;
mod error;
mod fragment;
mod load;
mod merge;
mod origin;
mod position;
mod settings;
mod show;
mod validate;
mod value;

pub use choice::{FailurePolicy, LogLevel, Mode, OnFailure, OnLateFailure, RegistryVia, Select};
pub use commands::Commands;
pub use duration::{DurationError, LONGEST_DURATION, duration_text, parse_duration};
pub use engine_address::{EngineAddress, EngineAddressError};
pub use engine_choice::EngineChoice;
pub use error::ConfigError;
pub use fragment::KEYS;
pub use load::DEFAULT_PATH;
pub use merge::Loaded;
pub use origin::{Origin, Origins};
pub use position::Position;
pub use settings::{Config, HealthDefaults};
pub use show::Shown;
pub use value::{Found, Kind, ValueError};

pub(crate) use value::{duration, flag, positive_duration, retries};
