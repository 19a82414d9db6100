//! The plan: what is rotated, in which order, and everything else with its reason.

use std::collections::{BTreeMap, BTreeSet};

use super::{Along, Candidate, SharedTags, Skipped};
use crate::model::{Digest, RateLimit};

/// A container that is rotated.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What and how.
    pub candidate: Candidate,
    /// To what.
    pub digest: Digest,
    /// See [`super::Known::pulled_as`].
    pub pulled_as: Option<Digest>,
    /// Those that require it, directly or not, each after those that it requires: they are made anew with it, and go back with it.
    pub along: Vec<Along>,
    /// Others that systemd makes of the tag that is moved, and that are not rotated with it: their next start brings the new image, too. For whom it is moved
    /// makes no difference to them.
    pub also_moves: Vec<String>,
}

impl Planned {
    /// All that it brings.
    pub fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        let along = self.along.iter().map(|along| &along.candidate).chain(&self.candidate.dependents);
        std::iter::once(&self.candidate).chain(along)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.candidates().map(|candidate| candidate.container.name())
    }

    /// True if both bring the same container.
    pub(super) fn shares_members_with(&self, other: &Self) -> bool {
        self.names().any(|name| other.names().any(|others| others == name))
    }
}

/// One pass over a host.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is rotated, one after the other, in this order.
    pub rotations: Vec<Planned>,
    /// Everything else, by name.
    pub skipped: Vec<Skipped>,
    /// What the registries said of their limits, by host.
    pub limits: Vec<RateLimit>,
    /// Labels of Watchtower that rotate does not follow, by container.
    pub not_followed: BTreeMap<String, Vec<String>>,
}

/// Puts a plan in order: by name, so that the same host gives the same plan twice.
pub fn order(mut rotations: Vec<Planned>, mut skipped: Vec<Skipped>, tags: &SharedTags) -> Plan {
    rotations.sort_by(|a, b| a.candidate.container.name().cmp(b.candidate.container.name()));
    skipped.sort_by(|a, b| a.name.cmp(&b.name));
    let rotated: BTreeSet<String> = rotations.iter().flat_map(|planned| planned.names().map(str::to_owned)).collect();
    for planned in &mut rotations {
        let others = tags.names(&planned.candidate.reference, planned.candidate.container.name());
        planned.also_moves = others.into_iter().filter(|name| !rotated.contains(name)).collect();
    }
    Plan { rotations, skipped, limits: Vec::new(), not_followed: BTreeMap::new() }
}
