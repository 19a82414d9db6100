//! The plan: what is rotated, in which order, and everything else with its reason.

use std::collections::BTreeMap;

use super::{Candidate, Skipped};
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
pub fn order(mut rotations: Vec<Planned>, mut skipped: Vec<Skipped>) -> Plan {
    rotations.sort_by(|a, b| a.candidate.container.name().cmp(b.candidate.container.name()));
    skipped.sort_by(|a, b| a.name.cmp(&b.name));
    Plan { rotations, skipped, limits: Vec::new(), not_followed: BTreeMap::new() }
}
