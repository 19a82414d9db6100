//! Space held back in the state directory, so that a rotation that has begun can be recorded to its end on a disk that fills up.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;
use rustix::fs::{FallocateFlags, fallocate};

use super::{SqliteStore, StoreError};

/// Enough for the write-ahead log of one rotation's records many times over.
const BYTES: u64 = 2 * 1024 * 1024;

impl SqliteStore {
    pub(super) fn hold_space(&self) -> Result<(), StoreError> {
        let path = self.state_dir.join("reserve");
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(path.clone()),
            _ => StoreError::Io { path: path.clone(), source },
        };
        if fs::metadata(&path).is_ok_and(|m| m.len() >= BYTES) {
            return Ok(());
        }
        let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match fallocate(&file, FallocateFlags::empty(), 0, BYTES) {
            Ok(()) => {}
            // A file system that cannot promise space (NFS, old ZFS): written out instead.
            Err(rustix::io::Errno::OPNOTSUPP) => fs::write(&path, vec![0; usize::try_from(BYTES).unwrap_or(0)]).map_err(failed)?,
            Err(errno) => {
                // Half a reserve takes room and promises nothing.
                let _ = fs::remove_file(&path);
                return Err(failed(errno.into()));
            }
        }
        file.sync_all().map_err(failed)
    }

    /// Runs a write and tells how many rows it changed; if it fails, what was held back is for this moment: it is given up and the write
    /// tried once more.
    pub(super) fn write(&self, write: impl Fn(&Connection) -> rusqlite::Result<usize>) -> Result<usize, StoreError> {
        let once = || write(&self.connection()).map_err(|e| StoreError::of(&self.path, e));
        once().or_else(|_| give_space(&self.state_dir).and_then(|_| once()))
    }
}

/// Gives up what was held back; true if there was something.
pub(super) fn give_space(state_dir: &Path) -> Result<bool, StoreError> {
    let path = state_dir.join("reserve");
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StoreError::Io { path, source }),
    }
}
