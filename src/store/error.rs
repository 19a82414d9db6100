//! What can go wrong with the state directory.

use std::io::{self, Read};
use std::path::PathBuf;

/// With less room than this no file of SQLite's can be made.
const SMALLEST: u64 = 64 * 1024;

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory or a file of it cannot be used.
    #[error("cannot use {}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file of that name that this program did not make.
    #[error("{} is not a store of rotate", .0.display())]
    NotOurs(PathBuf),
    /// Made by a newer version of this program.
    #[error("{} has format {found}; this version reads up to {known}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that is known here.
        known: i64,
    },
    /// The file is damaged.
    #[error("{} is damaged: {detail}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The disk is full.
    #[error("no space left for {}", .0.display())]
    Full(PathBuf),
    /// SQLite said no for another reason.
    #[error("cannot use {}: {source}", .path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// A disk or a table of files that is full, and a device that failed once: over without a change of any setting.
pub(super) fn is_passing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let passing = [Errno::NOSPC, Errno::DQUOT, Errno::MFILE, Errno::NFILE, Errno::IO, Errno::NOMEM, Errno::INTR, Errno::AGAIN];
    Errno::from_io_error(error).is_some_and(|errno| passing.contains(&errno))
}

impl StoreError {
    /// True if it may go away without anybody's doing.
    pub fn is_passing(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, OutOfMemory, SystemIoFailure};
        match self {
            Self::Full(_) => true,
            Self::Io { source, .. } => is_passing(source),
            Self::Sqlite { source, .. } => {
                matches!(source.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked | OutOfMemory | SystemIoFailure))
            }
            Self::NotOurs(_) | Self::Newer { .. } | Self::Damaged { .. } => false,
        }
    }

    /// What is true now.
    pub fn state(&self) -> &'static str {
        "the file was not changed; no container was touched by this"
    }

    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "run as root, or choose another directory with --state-dir"
            }
            Self::Io { .. } => "see that the directory exists, is writable, and lies on a local disk",
            Self::NotOurs(_) => "choose another directory with --state-dir",
            Self::Newer { .. } => "install that newer version again; going back is not possible with its store",
            Self::Damaged { .. } => {
                "move the file away and run rotate again: it takes over by the names of their containers (`….rotate-old-…`, \
                 `….rotate-next-…`) the rotations that were going on"
            }
            Self::Full(_) => "make room on that disk",
            Self::Sqlite { .. } => "see that nothing else uses the file and that the disk is sound",
        }
    }

    /// Sorts SQLite's errors by what a person can do about them.
    pub(super) fn of(path: &std::path::Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly};
        let path = path.to_owned();
        match source.sqlite_error_code() {
            // No other program's file begins so: that page was lost.
            Some(NotADatabase) if begins_with_zeros(&path) => Self::Damaged { path, detail: "it begins with zeros".to_owned() },
            Some(NotADatabase) => Self::NotOurs(path),
            Some(DatabaseCorrupt) => Self::Damaged { path, detail: source.to_string() },
            Some(DiskFull) => Self::Full(path),
            // The files beside it (`-wal`, `-shm`) cannot be made there.
            Some(CannotOpen) if is_disk_full(&path) => Self::Full(path),
            Some(CannotOpen | PermissionDenied | ReadOnly) => {
                let source = io::Error::new(io::ErrorKind::PermissionDenied, source.to_string());
                Self::Io { path, source }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}

/// True if the disk of a file has no room for anything of SQLite's.
pub(super) fn is_disk_full(path: &std::path::Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < SMALLEST)
}

fn begins_with_zeros(path: &std::path::Path) -> bool {
    let mut head = [1; 64];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == [0; 64]
}
