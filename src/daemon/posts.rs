//! What the daemon remembers of each engine that it serves: where its records are, what was told of it, and what keeps its passes from going on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::tell::Teller;
use crate::ask::{Records, Served};
use crate::store::{SqliteStore, StoreError};

/// By the engine's label.
#[derive(Default)]
pub struct Posts(Mutex<HashMap<String, Post>>);

#[derive(Default)]
struct Post {
    /// Of the engine that answered last, where it was not named.
    store: Option<Arc<SqliteStore>>,
    teller: Arc<Teller>,
    /// Told already.
    problem: Option<String>,
}

impl Posts {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Post>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine's records. Of the only one, as long as it has not answered yet, what lies in the state directory itself.
    pub fn store(&self, served: &Served, records: &Records) -> Result<Arc<SqliteStore>, StoreError> {
        if served.name.is_some() {
            return records.of(served.name.as_ref(), served.is_heir);
        }
        let known = self.all().entry(served.label()).or_default().store.clone();
        known.map_or_else(|| records.main(), Ok)
    }

    /// Its records are these.
    pub fn keep(&self, served: &Served, store: &Arc<SqliteStore>) {
        self.all().entry(served.label()).or_default().store = Some(Arc::clone(store));
    }

    /// Tells of it what is news.
    pub fn teller(&self, served: &Served) -> Arc<Teller> {
        Arc::clone(&self.all().entry(served.label()).or_default().teller)
    }

    /// What keeps its passes from going on, or nothing. Returns what it was before.
    pub fn replace_problem(&self, served: &Served, problem: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.all().entry(served.label()).or_default().problem, problem)
    }
}
