//! What the file is before SQLite may have it: whether it is ours, was cut to nothing, or was left in the middle of a change.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// `rota` in ASCII: SQLite's `application_id`, by which the file is known to be ours.
pub const MARK: u32 = 0x726f_7461;
/// How long one that writes is waited for.
pub const BUSY: Duration = Duration::from_secs(5);

/// To be called before anything else is done with the file. A change of the format that was cut short is undone: a connection that only reads could not.
///
/// Errors: [`StoreError::Damaged`] if it is empty and was not before, where SQLite would begin anew in silence.
pub fn settle(state_dir: &Path) -> Result<(), StoreError> {
    let path = state_dir.join("rotate.db");
    if is_emptied(state_dir) {
        return Err(StoreError::Damaged { path, detail: "it is empty, and was not before".to_owned() });
    }
    let unreadable = |source| StoreError::Io { path: path.clone(), source };
    let journal = state_dir.join("rotate.db-journal");
    if path.exists()
        && journal.exists()
        && (has_our_mark(&path).map_err(unreadable)? || is_of_an_empty_file(&journal).map_err(unreadable)?)
    {
        let sql = |e| StoreError::of(&path, e);
        let connection =
            Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(sql)?;
        connection.busy_timeout(BUSY).map_err(sql)?;
        connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0)).map_err(sql)?;
    }
    Ok(())
}

/// True if the file was cut to nothing: what lies beside it is made only once there is something in it.
fn is_emptied(state_dir: &Path) -> bool {
    let length = |name: &str| fs::metadata(state_dir.join(name)).ok().map(|m| m.len());
    length("rotate.db") == Some(0) && (length("rotate.db-wal").is_some_and(|length| length > 0) || length("reserve").is_some())
}

/// Looks for our mark in the file itself, where it stands from the first write on (source: sqlite.org/fileformat2.html, application id at 68).
pub fn has_our_mark(path: &Path) -> io::Result<bool> {
    Ok(number_at(path, 68)? == Some(MARK))
}

/// True if what the journal undoes began with an empty file: then nothing of anybody's is in it (source: sqlite.org/fileformat2.html, the
/// rollback journal, initial size of the database in pages at 16).
fn is_of_an_empty_file(journal: &Path) -> io::Result<bool> {
    Ok(number_at(journal, 16)? == Some(0))
}

fn number_at(path: &Path, offset: usize) -> io::Result<Option<u32>> {
    let mut head = Vec::new();
    File::open(path)?.take(128).read_to_end(&mut head)?;
    Ok(head.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes))
}
