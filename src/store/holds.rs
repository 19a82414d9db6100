//! Holds as rows.

use rusqlite::params;

use super::{SqliteStore, StoreError};
use crate::model::Hold;

impl SqliteStore {
    pub(super) fn insert_hold(&self, hold: &Hold) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO hold (name, reason, until, at) VALUES (?1, ?2, ?3, ?4)";
        let Hold { name, reason, until, at } = hold;
        self.write(|db| db.execute(sql, params![name, reason, until.map(|until| until.to_string()), at.to_string()])).map(drop)
    }

    pub(super) fn select_holds(&self) -> Result<Vec<Hold>, StoreError> {
        type Texts = (String, Option<String>, Option<String>, String);
        let sql = |e| StoreError::of(&self.path, e);
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT name, reason, until, at FROM hold ORDER BY name").map_err(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).map_err(sql)?;
        let mut all = Vec::new();
        for row in rows {
            let (name, reason, until, at): Texts = row.map_err(sql)?;
            let damaged = || StoreError::Damaged { path: self.path.clone(), detail: format!("the hold of `{name}`") };
            let until = until.map(|text| text.parse()).transpose().map_err(|_| damaged())?;
            let at = at.parse().map_err(|_| damaged())?;
            all.push(Hold { name, reason, until, at });
        }
        Ok(all)
    }

    pub(super) fn delete_hold(&self, name: &str) -> Result<bool, StoreError> {
        self.write(|db| db.execute("DELETE FROM hold WHERE name = ?1", [name])).map(|rows| rows > 0)
    }
}
