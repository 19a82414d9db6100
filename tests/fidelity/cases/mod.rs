//! The cases: one file a theme, each a container or two, and its walk.

mod client;
mod health;
mod identity;
mod limits;
mod namespaces;
mod network;
mod security;
mod storage;
mod tied;

use crate::case::{Case, Group};

/// Every case there is.
pub fn all() -> impl Iterator<Item = &'static Case> {
    let groups: [&[Group]; 6] =
        [&identity::GROUPS, &health::GROUPS, &network::GROUPS, &namespaces::GROUPS, &security::GROUPS, &storage::GROUPS];
    groups.into_iter().flatten().flat_map(|group| group.cases).chain(&client::CASES).chain(&limits::CASES).chain(&tied::CASES)
}
