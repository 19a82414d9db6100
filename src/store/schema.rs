//! Opens the SQLite file, knows its format, and nothing of what the rows mean.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::error::is_disk_full;
use super::file::{BUSY, MARK, has_our_mark, settle};
use super::reserve::give_space;

const APPLICATION_ID: i64 = MARK as i64;
/// The format that this version writes: SQLite's `user_version`.
const FORMAT: i64 = 3;

/// What format 2 changed. A reader of an older file has these tables in memory, empty: it migrates nothing.
const HOLD: &str = "TABLE hold (name TEXT PRIMARY KEY, reason TEXT, until TEXT, at TEXT NOT NULL) STRICT;";
const SEEN: &str = "TABLE seen (
        reference TEXT PRIMARY KEY, digest TEXT NOT NULL, first_at TEXT NOT NULL, last_at TEXT NOT NULL
    ) STRICT;";
/// What format 3 added: when the last scheduled run began. One row.
const RUN: &str = "TABLE run (begun_at TEXT NOT NULL) STRICT;";

/// What all formats have.
const COMMON: &str = "
    CREATE TABLE rotation (
        id TEXT PRIMARY KEY, unit TEXT NOT NULL, stage TEXT NOT NULL, opened_at TEXT NOT NULL, changed_at TEXT NOT NULL,
        record TEXT NOT NULL -- JSON
    ) STRICT;
    CREATE INDEX rotation_stage ON rotation (stage, changed_at);
    CREATE TABLE refused (
        unit TEXT PRIMARY KEY, reference TEXT NOT NULL, digest TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE equal (
        image TEXT NOT NULL, reference TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (image, reference, digest)
    ) STRICT;
";

fn schema() -> String {
    format!("{COMMON} CREATE {HOLD} CREATE {SEEN} CREATE {RUN}")
}

/// From format 1. It noted when a digest was seen first, not whether another was seen in between: that is no ground to wait less.
fn from_format_1() -> String {
    format!("DROP TABLE seen; CREATE {HOLD} CREATE {SEEN} CREATE {RUN}")
}

/// The store in one SQLite file, `rotate.db` in the state directory.
#[derive(Debug)]
pub struct SqliteStore {
    pub(super) path: PathBuf,
    pub(super) state_dir: PathBuf,
    connection: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens the store for writing; creates directory (0700) and file (0600) if they are absent. The caller holds the [`super::Lock`].
    ///
    /// Write-ahead log, and synced before each write returns.
    /// Errors: [`StoreError::NotOurs`], [`StoreError::Newer`], [`StoreError::Damaged`]; such a file is never changed.
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        create_dir(state_dir).map_err(|source| StoreError::Io { path: state_dir.to_owned(), source })?;
        let opened = match Self::open_once(state_dir) {
            // What was held back is for this moment, too: a repair must be able to begin on a full disk.
            Err(StoreError::Full(_) | StoreError::Io { .. } | StoreError::Sqlite { .. }) if give_space(state_dir)? => {
                Self::open_once(state_dir)
            }
            opened => opened,
        };
        match opened {
            Err(StoreError::Full(path) | StoreError::Io { path, .. } | StoreError::Sqlite { path, .. }) if is_disk_full(&path) => {
                Self::open_unshared(state_dir).map_err(|_| StoreError::Full(path))
            }
            opened => opened,
        }
    }

    /// Without the index that readers share, for which there is no room: what was begun can be read, and so be brought to rest, though
    /// nothing can be written.
    fn open_unshared(state_dir: &Path) -> Result<Self, StoreError> {
        let path = state_dir.join("rotate.db");
        let sql = |e| StoreError::of(&path, e);
        if !has_our_mark(&path).map_err(|source| StoreError::Io { path: path.clone(), source })? {
            return Err(StoreError::NotOurs(path));
        }
        let store = Self::connect(state_dir, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        store.connection().pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(sql)?;
        store.check()?;
        let found = format(&store.connection()).map_err(sql)?;
        if found != FORMAT {
            return Err(StoreError::Full(path));
        }
        store.connection().pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        Ok(store)
    }

    fn open_once(state_dir: &Path) -> Result<Self, StoreError> {
        let path = state_dir.join("rotate.db");
        if !path.exists() {
            // Of a file that somebody moved away: beside a new one it would say that something had been in it.
            give_space(state_dir)?;
        }
        settle(state_dir)?;
        let is_new = !path.exists() || fs::metadata(&path).is_ok_and(|m| m.len() == 0);
        if !is_new {
            // Looked at through a read-only connection first, so that a file of another program is not even touched.
            let store = Self::connect(state_dir, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            store.check()?;
        }
        let store = Self::connect(state_dir, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let sql = |e| StoreError::of(&path, e);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        {
            let mut connection = store.connection();
            bring_up_to_date(&mut connection, is_new).map_err(sql)?;
            connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
            connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
            // What a record forgets is overwritten: an environment may hold secrets.
            connection.pragma_update(None, "secure_delete", true).map_err(sql)?;
        }
        Ok(store)
    }

    /// Opens the store to read beside the one that writes. Where there is no store yet, it is an empty one in memory.
    pub fn read(state_dir: &Path) -> Result<Self, StoreError> {
        let path = state_dir.join("rotate.db");
        let sql = |e| StoreError::of(&path, e);
        settle(state_dir)?;
        match fs::metadata(&path) {
            Ok(file) if file.len() > 0 => {}
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StoreError::Io { path, source: e }),
            _ => {
                let connection = Connection::open_in_memory().map_err(sql)?;
                connection.execute_batch(&schema()).map_err(sql)?;
                return Ok(Self { path: path.clone(), state_dir: state_dir.to_owned(), connection: Mutex::new(connection) });
            }
        }
        // Read-write, because a reader of a write-ahead log may have to create its index; nothing is written.
        let store = Self::connect(state_dir, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        store.check()?;
        {
            let connection = store.connection();
            let missing = match format(&connection).map_err(sql)? {
                1 => format!("CREATE TEMP {HOLD} CREATE TEMP {SEEN} CREATE TEMP {RUN}"),
                2 => format!("CREATE TEMP {RUN}"),
                _ => String::new(),
            };
            connection.execute_batch(&missing).map_err(sql)?;
            connection.pragma_update(None, "query_only", true).map_err(sql)?;
        }
        Ok(store)
    }

    fn connect(state_dir: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let path = state_dir.join("rotate.db");
        let connection =
            Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|e| StoreError::of(&path, e))?;
        connection.busy_timeout(BUSY).map_err(|e| StoreError::of(&path, e))?;
        Ok(Self { path, state_dir: state_dir.to_owned(), connection: Mutex::new(connection) })
    }

    fn check(&self) -> Result<(), StoreError> {
        let sql = |e| StoreError::of(&self.path, e);
        let connection = self.connection();
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        if number("application_id").map_err(sql)? != APPLICATION_ID {
            return Err(StoreError::NotOurs(self.path.clone()));
        }
        let found = format(&connection).map_err(sql)?;
        if found > FORMAT {
            return Err(StoreError::Newer { path: self.path.clone(), found, known: FORMAT });
        }
        let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(sql)?;
        if verdict != "ok" {
            return Err(StoreError::Damaged { path: self.path.clone(), detail: verdict });
        }
        Ok(())
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held left SQLite's own transaction unfinished, which it rolls back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In one transaction, and before anything else is written: a file is empty, or known to be ours, and of one format.
fn bring_up_to_date(connection: &mut Connection, is_new: bool) -> rusqlite::Result<()> {
    let change = match format(connection)? {
        _ if is_new => schema(),
        1 => from_format_1(),
        2 => format!("CREATE {RUN}"),
        _ => return Ok(()),
    };
    let transaction = connection.transaction()?;
    transaction.execute_batch(&change)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Creates the state directory for its owner alone, so that it is there after a power cut: what is written in it later is safe only then.
pub(super) fn create_dir(state_dir: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = state_dir.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists()).collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state_dir)?;
    for parent in missing.iter().filter_map(|dir| dir.parent()) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        // Where that may not even be read, its owner has seen to it.
        if let Ok(parent) = fs::File::open(parent) {
            parent.sync_all()?;
        }
    }
    Ok(())
}
