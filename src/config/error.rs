//! Why a configuration cannot be used: data, one clause each, and what to do.

use std::io;
use std::path::PathBuf;

use super::fragment::KEYS;
use super::load::LARGEST_BYTES;
use super::position::Position;
use super::value::{Found, Kind, ValueError};
use crate::text::quoted;
use crate::text::{did_you_mean, list};

/// The configuration cannot be used. Nothing has been done yet when it appears.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for does not exist.
    #[error("{} does not exist", path.display())]
    Absent {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The path is a symbolic link to nothing: somebody meant to configure something.
    #[error("{} is a link to a file that does not exist", path.display())]
    Dangling {
        /// The path of the link.
        path: PathBuf,
    },
    /// The file exists, or may exist, and cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The directory of the drop-ins exists, or may exist, and cannot be read.
    #[error("cannot read the directory {}", path.display())]
    DropIns {
        /// Its path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is larger than any configuration.
    #[error("{} is larger than {LARGEST_BYTES} bytes", path.display())]
    TooLarge {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The file is not text.
    #[error("{at}: what stands here is not UTF-8")]
    NotText {
        /// The first byte that is not.
        at: Position,
    },
    /// The text is not TOML.
    #[error("{at}: {message}")]
    Syntax {
        /// Where reading stopped.
        at: Position,
        /// The parser's own words.
        message: String,
    },
    /// A key or a table that rotate does not know.
    #[error("{at}: unknown key {}", quoted(key))]
    UnknownKey {
        /// Where the key stands.
        at: Position,
        /// The key as written.
        key: String,
    },
    /// A value that is not text.
    #[error("{at}: `{key}` takes {kind}, not {found}")]
    WrongType {
        /// Where the value stands.
        at: Position,
        /// Its key.
        key: String,
        /// What the key takes.
        kind: Kind,
        /// What was found.
        found: Found,
    },
    /// A text that the key cannot have.
    #[error("{at}: `{key}` cannot be {}: {reason}", quoted(value))]
    BadValue {
        /// Where the value stands.
        at: Position,
        /// Its key.
        key: String,
        /// The value as written.
        value: String,
        /// Why not. Part of the clause, hence no source of its own.
        reason: ValueError,
    },
}

impl ConfigError {
    /// What is true now.
    pub fn state(&self) -> &'static str {
        "nothing was changed"
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Absent { .. } => "correct the path, or leave it out: without a file the defaults hold".to_owned(),
            Self::Dangling { .. } => "repair the link, or remove it: without a file the defaults hold".to_owned(),
            Self::Unreadable { source, .. } | Self::DropIns { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "use sudo, or let the user that runs rotate read it".to_owned()
            }
            Self::Unreadable { source, .. } if matches!(source.kind(), io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory) => {
                "the path must be that of a file".to_owned()
            }
            Self::DropIns { source, .. } if matches!(source.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::NotFound) => {
                "make it a directory of *.toml files, or remove it: there need not be any".to_owned()
            }
            Self::Unreadable { .. } | Self::DropIns { .. } => {
                "look at the disk, then try again: rotate does not guess what it says".to_owned()
            }
            Self::TooLarge { .. } => "the path must be that of a rotate.toml".to_owned(),
            Self::NotText { .. } => "save the file as UTF-8".to_owned(),
            Self::Syntax { .. } => "each line is a key, `=` and a value in quotes: keep_old = \"24h\"".to_owned(),
            Self::UnknownKey { key, .. } => did_you_mean(key, KEYS, || format!("the keys are {}", list(KEYS, "and"))),
            Self::WrongType { kind, found, .. } => kind.help(found),
            Self::BadValue { reason, value, .. } => reason.help(value),
        }
    }
}
