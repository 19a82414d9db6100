//! When the last scheduled run began, as the one row of its table.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{SqliteStore, StoreError};

impl SqliteStore {
    pub(super) fn insert_run(&self, at: Timestamp) -> Result<(), StoreError> {
        self.write(|db| db.execute("INSERT OR REPLACE INTO run (rowid, begun_at) VALUES (1, ?1)", [at.to_string()])).map(drop)
    }

    pub(super) fn select_run(&self) -> Result<Option<Timestamp>, StoreError> {
        let found = self.connection().query_row("SELECT begun_at FROM run", [], |row| row.get::<_, String>(0)).optional();
        let text = found.map_err(|e| StoreError::of(&self.path, e))?;
        let damaged = |_| StoreError::Damaged { path: self.path.clone(), detail: "the last run".to_owned() };
        text.map(|text| text.parse().map_err(damaged)).transpose()
    }
}
