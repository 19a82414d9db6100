//! The records of each engine: a store of its own for each, so that two containers of one name are never taken for one.
//!
//! Those of the first engine that was ever served lie in the state directory itself, as they did when there was only one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::EngineName;
use crate::store::{self, SqliteStore, StoreError};

/// All stores below one state directory, each opened when it is first needed.
pub struct Records {
    state_dir: PathBuf,
    may_write: bool,
    opened: Mutex<BTreeMap<Place, Arc<SqliteStore>>>,
}

/// Where a store lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In the state directory itself.
    Main,
    /// In the folder of this engine.
    Of(EngineName),
}

impl Records {
    /// To read beside the one that writes.
    pub fn reading(state_dir: PathBuf) -> Self {
        Self { state_dir, may_write: false, opened: Mutex::default() }
    }

    /// To read and write; the caller holds the [`store::Lock`].
    pub fn writing(state_dir: PathBuf) -> Self {
        Self { state_dir, may_write: true, opened: Mutex::default() }
    }

    /// The same with the store that lies in the state directory itself, which is open already.
    pub fn with_main(self, main: SqliteStore) -> Self {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(Place::Main, Arc::new(main));
        self
    }

    /// The store that lies in the state directory itself.
    pub fn main(&self) -> Result<Arc<SqliteStore>, StoreError> {
        self.open(Place::Main)
    }

    /// The store of this engine; none: of one that has no name, because it is at a place of its own. `is_heir`: it gets what lies in the state
    /// directory itself as long as nobody has said whose that is; and from then on it is said, if it may be written.
    pub fn of(&self, engine: Option<&EngineName>, is_heir: bool) -> Result<Arc<SqliteStore>, StoreError> {
        let Some(engine) = engine else { return self.main() };
        match store::owner(&self.state_dir)? {
            Some(owner) if owner == engine.to_string() => self.main(),
            None if is_heir => {
                let main = self.main()?;
                // On a full disk what was begun is brought to its end all the same; the heir is the same the next time.
                if self.may_write
                    && let Err(error) = store::set_owner(&self.state_dir, &engine.to_string())
                {
                    tracing::warn!("cannot note that these records are those of {engine}: {error}");
                }
                Ok(main)
            }
            Some(_) | None => self.open(Place::Of(engine.clone())),
        }
    }

    /// Engines that have records here, by name: the owner of what lies in the state directory itself, and those that have a folder.
    pub fn engines(&self) -> Result<Vec<EngineName>, StoreError> {
        let owner = store::owner(&self.state_dir)?;
        Ok(owner.into_iter().chain(store::others(&self.state_dir)).filter_map(|name| name.parse().ok()).collect())
    }

    fn open(&self, place: Place) -> Result<Arc<SqliteStore>, StoreError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = opened.get(&place) {
            return Ok(Arc::clone(store));
        }
        let folder = match &place {
            Place::Main => self.state_dir.clone(),
            Place::Of(engine) => store::folder_of(&self.state_dir, &engine.to_string()),
        };
        let store = Arc::new(if self.may_write { SqliteStore::open(&folder) } else { SqliteStore::read(&folder) }?);
        opened.insert(place, Arc::clone(&store));
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hold;
    use crate::store::Store;

    fn name(text: &str) -> EngineName {
        text.parse().expect("an engine's name")
    }

    fn held(store: &dyn Store) -> Vec<String> {
        store.holds().expect("holds").into_iter().map(|hold| hold.name).collect()
    }

    #[test]
    fn what_one_engine_left_is_its_own_when_others_are_served_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let state_dir = folder.path().to_owned();
        let before = SqliteStore::open(&state_dir).expect("a store");
        let at = jiff::Timestamp::UNIX_EPOCH;
        before.hold(&Hold { name: "web".into(), reason: None, until: None, at }).expect("a write");
        drop(before);

        let (docker, podman) = (name("docker"), name("podman:alice"));
        // A reader says nothing for good.
        for _ in 0..2 {
            let reading = Records::reading(state_dir.clone());
            assert_eq!(held(&*reading.of(Some(&docker), true).expect("a store")), ["web"]);
            assert_eq!(held(&*reading.of(Some(&podman), false).expect("a store")), Vec::<String>::new());
            assert_eq!(reading.engines().expect("no note"), []);
        }
        for is_heir in [true, false, false] {
            let records = Records::writing(state_dir.clone());
            assert_eq!(held(&*records.of(Some(&docker), is_heir).expect("a store")), ["web"]);
            // Whoever comes first later inherits nothing.
            assert_eq!(held(&*records.of(Some(&podman), true).expect("a store")), Vec::<String>::new());
            assert_eq!(held(&*records.of(None, true).expect("a store")), ["web"], "one at a place of its own is asked as ever");
            assert_eq!(records.engines().expect("a note"), [docker.clone(), podman.clone()]);
        }
    }
}
