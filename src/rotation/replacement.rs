//! A container that the tool which owns a unit made in the predecessor's place while a rotation was under way. Pure.
//!
//! `compose up` takes predecessor and successor for two containers of one service: it removes one and makes another in place of the other
//! (seen with compose 2.26.1 and 2.40.3). The new one has its final name only at the end, and if the old name was not free yet, never.

use super::Member;
use crate::model::{Container, ContainerId};

const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const NUMBER: &str = "com.docker.compose.container-number";
const CONFIGURATION: &str = "com.docker.compose.config-hash";

/// What a tool put in the predecessor's place.
#[derive(Debug, Clone, PartialEq)]
pub enum Replacement {
    /// Made from the same configuration and the new image: as good as the successor, and it has to prove itself like one.
    Same(ContainerId),
    /// Made from another configuration or another image: what a person wants now.
    Other(Container),
}

impl Replacement {
    /// What `found` is to the member, if the tool made it in its place. Compose knows its containers by project, service and number.
    pub fn of(member: &Member, found: &Container) -> Option<Self> {
        let (old, new) = (member.original.labels(), found.labels());
        let is_same = |labels: &[&str]| labels.iter().all(|label| old.contains_key(*label) && old.get(*label) == new.get(*label));
        let id = found.id();
        let is_ours = id == member.predecessor || Some(&id) == member.successor.as_ref();
        if is_ours || !is_same(&[PROJECT, SERVICE, NUMBER]) {
            return None;
        }
        let is_as_good = is_same(&[CONFIGURATION]) && Some(&found.image_id()) == member.new_image.as_ref();
        Some(if is_as_good { Self::Same(id) } else { Self::Other(found.clone()) })
    }

    /// The names that compose's container has before it gets the unit's: after the one that it replaces (seen with compose 2.26.1 and 2.40.3).
    pub fn unfinished_names(member: &Member) -> impl Iterator<Item = String> + '_ {
        let replaced = std::iter::once(&member.predecessor).chain(&member.successor);
        replaced.map(|id| format!("{}_{}", id.short(), member.name))
    }
}
