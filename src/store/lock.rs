//! One writer on a host: a locked file in the state directory that names its holder.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::error::is_passing;

/// The right to write the store and to rotate. Given back when dropped, or when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is held by process {holder}", .path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The other's process id, as it wrote it.
        holder: String,
    },
    /// The file cannot be used.
    #[error("cannot lock {}: {source}", .path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl LockError {
    /// True if it may go away without anybody's doing.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Held { .. } => true,
            Self::Io { source, .. } => is_passing(source),
        }
    }

    /// What is true now.
    pub fn state(&self) -> &'static str {
        "nothing was changed"
    }

    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Held { .. } => {
                "wait until it is done; `rotate status` reads beside it. A daemon holds it as long as it runs: leave out --config, --engine and --state-dir to ask that one"
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "run as root, or choose another directory with --state-dir"
            }
            Self::Io { .. } => "see that the directory exists, is writable, and lies on a local disk",
        }
    }
}

impl Lock {
    /// Takes the lock or says who has it; does not wait. Creates the directory if it is absent.
    pub fn take(state_dir: &Path) -> Result<Self, LockError> {
        let path = state_dir.join("lock");
        let failed = |source: io::Error| LockError::Io { path: path.clone(), source };
        super::schema::create_dir(state_dir).map_err(failed)?;
        let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(failed)?;
                return Err(LockError::Held { path, holder: holder.trim().to_owned() });
            }
            Err(errno) => return Err(failed(errno.into())),
        }
        // The lock is had; that a full disk takes no note of who has it must not keep a repair from going on.
        if let Err(error) = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id())) {
            tracing::warn!("cannot note in {} who holds it: {error}", path.display());
        }
        Ok(Self { _file: file })
    }
}
