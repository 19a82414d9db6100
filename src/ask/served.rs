//! Which engines are served.

use std::sync::Arc;

use super::{AskError, AwayError, Records, SocketError, Where};
use crate::config::{Config, EngineChoice};
use crate::model::EngineName;
use crate::store::{SqliteStore, Store, StoreError};
use crate::user;

/// An engine that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// What it is called; none: it is the only one, wherever it was found.
    pub name: Option<EngineName>,
    /// Somebody expects it to answer. One of `podman:*` need not be there: a user who lingers may have no Podman.
    pub is_expected: bool,
    /// What was recorded before engines had names is its.
    pub is_heir: bool,
}

impl Served {
    /// True if an engine with this error is one that somebody expects to answer: not if another hand serves it.
    pub fn is_missed(&self, error: &AskError) -> bool {
        let is_others = matches!(error, AskError::Socket(SocketError::Away { why: AwayError::OwnRotate { .. }, .. }));
        self.is_expected && !is_others
    }
}

impl Where {
    /// The engines that are served, in the order in which they are. An engine that was named with `--engine` is the only one.
    ///
    /// Errors: the records of users who do not linger any more cannot be read.
    pub fn served(&self, config: &Config, records: &Records) -> Result<Vec<Served>, StoreError> {
        if config.engines.is_empty() || self.flag.as_deref().is_some_and(|flag| !flag.is_empty()) {
            return Ok(vec![Served { name: None, is_expected: true, is_heir: true }]);
        }
        let mut all: Vec<Served> = Vec::new();
        let mut add = |name: EngineName, is_expected: bool| match all.iter_mut().find(|served| served.name.as_ref() == Some(&name)) {
            Some(known) => known.is_expected |= is_expected,
            None => all.push(Served { name: Some(name), is_expected, is_heir: false }),
        };
        for choice in &config.engines {
            match choice {
                EngineChoice::One(name) => add(name.clone(), true),
                EngineChoice::OfUsers(kind) => {
                    let names = user::lingering().into_iter().filter_map(|user| format!("{}:{user}", kind.word()).parse().ok());
                    names.for_each(|name| add(name, false));
                    // Of a user who was deleted, or lingers no more, what is under way is not forgotten.
                    for name in records.engines()?.into_iter().filter(|name| name.kind() == *kind && name.user().is_some()) {
                        // Records that cannot be read keep no other engine from being served; their own is told whenever it is asked.
                        let is_left = |store: Arc<SqliteStore>| store.open_rotations().map_or(true, |open| !open.is_empty());
                        if records.of(Some(&name), false).map_or(true, is_left) {
                            add(name, true);
                        }
                    }
                }
            }
        }
        if let Some(heir) = heir(&all) {
            all[heir].is_heir = true;
        }
        Ok(all)
    }
}

/// As the only one it would have been found first: Docker's before Podman's, the host's own before users'.
fn heir(all: &[Served]) -> Option<usize> {
    let rank = |served: &Served| served.name.as_ref().map(|name| (name.user().is_some(), name.kind()));
    (0..all.len()).min_by_key(|&at| (rank(&all[at]), at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<Served> {
        let name = |text: &&str| Served { name: text.parse().ok(), is_expected: true, is_heir: false };
        names.iter().map(name).collect()
    }

    #[test]
    fn what_was_recorded_before_is_of_the_engine_that_was_found_first_then() {
        for (names, first) in [
            (&["podman", "docker"][..], "docker"),
            (&["podman:alice", "podman"], "podman"),
            (&["podman:bob", "podman:alice"], "podman:bob"),
            (&["docker:alice", "podman"], "podman"),
        ] {
            let all = named(names);
            let found = heir(&all).and_then(|at| all[at].name.clone()).map(|name| name.to_string());
            assert_eq!(found.as_deref(), Some(first), "{names:?}");
        }
    }
}
