//! Rotation records as rows, and the one implementation of [`Store`]; holds and digests are in files of their own.

use jiff::Timestamp;
use rusqlite::{Params, Row, params};

use super::{SqliteStore, Store, StoreError};
use crate::model::{Digest, Hold, ImageId, Reference, RefusedDigest, RotationId, Sighting};
use crate::rotation::{Record, Stage};

impl SqliteStore {
    fn records(&self, query: &str, values: impl Params) -> Result<Vec<Record>, StoreError> {
        let sql = |e| StoreError::of(&self.path, e);
        let connection = self.connection();
        let mut statement = connection.prepare(query).map_err(sql)?;
        let rows = statement.query_map(values, |row: &Row<'_>| row.get::<_, String>(0)).map_err(sql)?;
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
        self.write(|db| db.execute(sql, params![record.id.as_str(), record.unit, stage, record.opened_at.to_string(), now, text])).map(drop)
    }

    fn overwrite_forgotten(&self) {
        self.empty_log();
    }

    fn has_rotation(&self, id: &RotationId) -> Result<bool, StoreError> {
        let query = "SELECT count(*) FROM rotation WHERE id = ?1";
        let count = self.connection().query_row(query, [id.as_str()], |row| row.get::<_, i64>(0));
        count.map(|n| n > 0).map_err(|e| StoreError::of(&self.path, e))
    }

    fn open_rotations(&self) -> Result<Vec<Record>, StoreError> {
        self.records("SELECT record FROM rotation WHERE stage IN ('open', 'kept') ORDER BY opened_at, id", [])
    }

    fn history(&self, unit: Option<&str>, most: usize) -> Result<Vec<Record>, StoreError> {
        let query = "SELECT record FROM rotation WHERE json_extract(record, '$.purpose') = 'rotate' AND (?1 IS NULL OR unit = ?1
                         OR EXISTS (SELECT 1 FROM json_each(record, '$.members') WHERE json_extract(value, '$.name') = ?1))
                     ORDER BY opened_at DESC, id LIMIT ?2";
        self.records(query, params![unit, i64::try_from(most).unwrap_or(i64::MAX)])
    }

    fn last_rotations(&self) -> Result<Vec<Record>, StoreError> {
        let query = "SELECT record FROM (
                         SELECT record, unit, row_number() OVER (PARTITION BY unit ORDER BY opened_at DESC, id) AS place
                         FROM rotation WHERE json_extract(record, '$.purpose') = 'rotate'
                     ) WHERE place = 1 ORDER BY unit";
        self.records(query, [])
    }

    fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        self.delete_old(now)
    }

    fn begin_run(&self, at: Timestamp) -> Result<(), StoreError> {
        self.insert_run(at)
    }

    fn last_run(&self) -> Result<Option<Timestamp>, StoreError> {
        self.select_run()
    }

    fn hold(&self, hold: &Hold) -> Result<(), StoreError> {
        self.insert_hold(hold)
    }

    fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        self.select_holds()
    }

    fn release(&self, name: &str) -> Result<bool, StoreError> {
        self.delete_hold(name)
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

    fn accept(&self, unit: &str) -> Result<bool, StoreError> {
        self.delete_refused(unit)
    }

    fn sighting(&self, reference: &Reference) -> Result<Option<Sighting>, StoreError> {
        self.select_sighting(reference)
    }

    fn saw(&self, reference: &Reference, digest: &Digest, at: Timestamp) -> Result<Timestamp, StoreError> {
        self.note_sighting(reference, digest, at)
    }

    fn remember_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<(), StoreError> {
        self.insert_equal(image, reference, digest)
    }

    fn is_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<bool, StoreError> {
        self.has_equal(image, reference, digest)
    }
}
