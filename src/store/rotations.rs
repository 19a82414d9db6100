//! Rotation records as rows, and the one implementation of [`Store`]; digests are in `digests.rs`.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{SqliteStore, Store, StoreError};
use crate::model::{Digest, ImageId, Reference, RefusedDigest, RotationId};
use crate::rotation::{Record, Stage};

impl SqliteStore {
    fn records(&self, query: &str, most: i64) -> Result<Vec<Record>, StoreError> {
        let sql = |e| StoreError::of(&self.path, e);
        let connection = self.connection();
        let mut statement = connection.prepare(query).map_err(sql)?;
        let rows = statement.query_map([most], |row: &Row<'_>| row.get::<_, String>(0)).map_err(sql)?;
        let mut records = Vec::new();
        for row in rows {
            let text = row.map_err(sql)?;
            let record = serde_json::from_str(&text)
                .map_err(|e| StoreError::Damaged { path: self.path.clone(), detail: format!("a rotation: {e}") })?;
            records.push(record);
        }
        Ok(records)
    }
}

impl Store for SqliteStore {
    fn reserve(&self) -> Result<(), StoreError> {
        self.hold_space()
    }

    fn save(&self, record: &Record) -> Result<(), StoreError> {
        let text = serde_json::to_string(record).map_err(|e| StoreError::Damaged { path: self.path.clone(), detail: e.to_string() })?;
        let stage = match record.stage {
            Stage::Preparing | Stage::Creating | Stage::Switching => "open",
            Stage::Kept => "kept",
            Stage::Closed => "closed",
        };
        let sql = "INSERT INTO rotation (id, unit, stage, opened_at, changed_at, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (id) DO UPDATE SET stage = ?3, changed_at = ?5, record = ?6";
        let now = Timestamp::now().to_string();
        self.write(|db| db.execute(sql, params![record.id.as_str(), record.unit, stage, record.opened_at.to_string(), now, text]))
    }

    fn has_rotation(&self, id: &RotationId) -> Result<bool, StoreError> {
        let query = "SELECT count(*) FROM rotation WHERE id = ?1";
        let count = self.connection().query_row(query, [id.as_str()], |row| row.get::<_, i64>(0));
        count.map(|n| n > 0).map_err(|e| StoreError::of(&self.path, e))
    }

    fn open_rotations(&self) -> Result<Vec<Record>, StoreError> {
        self.records("SELECT record FROM rotation WHERE stage IN ('open', 'kept') ORDER BY opened_at, id LIMIT ?1", i64::MAX)
    }

    fn history(&self, most: usize) -> Result<Vec<Record>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.records("SELECT record FROM rotation WHERE stage IN ('kept', 'closed') ORDER BY changed_at DESC, id LIMIT ?1", most)
    }

    fn refuse(&self, refused: &RefusedDigest) -> Result<(), StoreError> {
        self.insert_refused(refused)
    }

    fn refused(&self, unit: &str) -> Result<Option<RefusedDigest>, StoreError> {
        Ok(self.all_refused()?.into_iter().find(|refused| refused.unit == unit))
    }

    fn all_refused(&self) -> Result<Vec<RefusedDigest>, StoreError> {
        self.select_refused()
    }

    fn accept(&self, unit: &str) -> Result<(), StoreError> {
        self.delete_refused(unit)
    }

    fn saw(&self, reference: &Reference, digest: &Digest, at: Timestamp) -> Result<Timestamp, StoreError> {
        self.first_seen(reference, digest, at)
    }

    fn remember_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<(), StoreError> {
        self.insert_equal(image, reference, digest)
    }

    fn is_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<bool, StoreError> {
        self.has_equal(image, reference, digest)
    }
}
