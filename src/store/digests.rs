//! Refused digests, first-seen times, and digests known to be the same image, as rows.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{SqliteStore, StoreError};
use crate::model::{Digest, ImageId, Reference, RefusedDigest, Sighting};

impl SqliteStore {
    pub(super) fn insert_refused(&self, refused: &RefusedDigest) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO refused (unit, reference, digest, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let RefusedDigest { unit, reference, digest, reason, at } = refused;
        self.write(|db| db.execute(sql, params![unit, reference.to_string(), digest.as_str(), reason, at.to_string()])).map(drop)
    }

    pub(super) fn select_refused(&self) -> Result<Vec<RefusedDigest>, StoreError> {
        let sql = |e| StoreError::of(&self.path, e);
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT unit, reference, digest, reason, at FROM refused ORDER BY unit").map_err(sql)?;
        let texts = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])).map_err(sql)?;
        let mut all = Vec::new();
        for row in texts {
            let [unit, reference, digest, reason, at]: [String; 5] = row.map_err(sql)?;
            let damaged = || StoreError::Damaged { path: self.path.clone(), detail: format!("the refused digest of `{unit}`") };
            let reference = reference.parse().map_err(|_| damaged())?;
            let digest = digest.parse().map_err(|_| damaged())?;
            let at = at.parse().map_err(|_| damaged())?;
            all.push(RefusedDigest { unit, reference, digest, reason, at });
        }
        Ok(all)
    }

    pub(super) fn delete_refused(&self, unit: &str) -> Result<bool, StoreError> {
        self.write(|db| db.execute("DELETE FROM refused WHERE unit = ?1", [unit])).map(|rows| rows > 0)
    }

    /// Writes only what is new, and once a day that it is still so: a run in which nothing is new costs no sync.
    pub(super) fn note_sighting(&self, reference: &Reference, digest: &Digest, at: Timestamp) -> Result<Timestamp, StoreError> {
        let known = self.select_sighting(reference)?.filter(|sighting| sighting.digest == *digest);
        let first_at = known.map_or(at, |sighting| sighting.first_at);
        let sql = "INSERT INTO seen (reference, digest, first_at, last_at) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (reference) DO UPDATE SET digest = ?2, first_at = ?3, last_at = ?4
                   WHERE digest <> ?2 OR substr(last_at, 1, 10) <> substr(?4, 1, 10)";
        self.write(|db| db.execute(sql, params![reference.to_string(), digest.as_str(), first_at.to_string(), at.to_string()]))?;
        Ok(first_at)
    }

    pub(super) fn select_sighting(&self, reference: &Reference) -> Result<Option<Sighting>, StoreError> {
        let select = "SELECT digest, first_at FROM seen WHERE reference = ?1";
        let connection = self.connection();
        let row = connection.query_row(select, [reference.to_string()], |row| Ok([row.get::<_, String>(0)?, row.get(1)?])).optional();
        let Some([digest, first_at]) = row.map_err(|e| StoreError::of(&self.path, e))? else { return Ok(None) };
        let damaged = || StoreError::Damaged { path: self.path.clone(), detail: format!("the first-seen time of {reference}") };
        let (digest, first_at) = (digest.parse().map_err(|_| damaged())?, first_at.parse().map_err(|_| damaged())?);
        Ok(Some(Sighting { digest, first_at }))
    }

    pub(super) fn insert_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO equal (image, reference, digest) VALUES (?1, ?2, ?3)";
        self.write(|db| db.execute(sql, params![image.as_str(), reference.to_string(), digest.as_str()])).map(drop)
    }

    pub(super) fn has_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM equal WHERE image = ?1 AND reference = ?2 AND digest = ?3";
        let values = params![image.as_str(), reference.to_string(), digest.as_str()];
        let count = self.connection().query_row(sql, values, |row| row.get::<_, i64>(0));
        count.map(|n| n > 0).map_err(|e| StoreError::of(&self.path, e))
    }
}
