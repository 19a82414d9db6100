//! What is forgotten, so that the store does not grow without end.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::params;

use super::{SqliteStore, StoreError};

/// Closed records that are kept of each unit.
pub const KEPT_RECORDS: u32 = 50;
/// How long anything is kept that nothing needs.
pub const KEPT_FOR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Of each unit dry runs go before rotations, the oldest first. A record that is open or kept is never among them.
const RECORDS: &str = "
    DELETE FROM rotation WHERE stage = 'closed' AND (changed_at < ?1 OR id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (
                PARTITION BY unit ORDER BY json_extract(record, '$.purpose') = 'rotate' DESC, opened_at DESC
            ) AS place FROM rotation WHERE stage = 'closed'
        ) WHERE place > ?2
    ))";

impl SqliteStore {
    /// Moves the write-ahead log into the file and empties it: what a record has forgotten still stands there. Beside a reader, or on a full disk,
    /// that is left to the next time.
    pub(super) fn empty_log(&self) {
        let db = self.connection();
        let emptied = db.busy_timeout(Duration::ZERO).and_then(|()| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        let emptied = db.busy_timeout(super::file::BUSY).and(emptied);
        if let Err(error) = emptied {
            tracing::debug!("the store's log is not emptied: {error}");
        }
    }

    pub(super) fn delete_old(&self, now: Timestamp) -> Result<(), StoreError> {
        let oldest = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN).to_string();
        self.write(|db| db.execute(RECORDS, params![oldest, KEPT_RECORDS]))?;
        self.write(|db| db.execute("DELETE FROM seen WHERE last_at < ?1", [&oldest]))?;
        self.write(|db| db.execute("DELETE FROM equal WHERE reference NOT IN (SELECT reference FROM seen)", []))?;
        self.write(|db| db.execute("DELETE FROM hold WHERE until < ?1", [now.to_string()])).map(drop)
    }
}
