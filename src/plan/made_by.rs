//! By whom a successor is made on Podman.

use serde::Serialize;

use super::Candidate;

/// What a successor is made out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeBy {
    /// A unit of systemd, by a restart.
    Unit,
    /// Podman's client, by the command that made the predecessor.
    Command,
    /// Podman's own API, by what it tells of a predecessor without a command.
    Api,
}

impl Candidate {
    /// None: on Docker, where there is one way.
    pub fn made_by(&self) -> Option<MadeBy> {
        match &self.service {
            Some(_) => Some(MadeBy::Unit),
            None if !self.container.is_of_podman() => None,
            None if self.container.is_made_through_api() => Some(MadeBy::Api),
            None => Some(MadeBy::Command),
        }
    }
}
