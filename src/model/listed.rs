//! A container as the engine lists it.

use super::ContainerId;

/// What a list tells without a look at the container itself (Docker API 1.41–1.51, ContainerSummary). IPC and PID namespaces are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The engine's id.
    pub id: ContainerId,
    /// Its name without the leading slash.
    pub name: String,
    /// The image as typed when it was created; an id if its tag has moved.
    pub image: String,
    /// The container, id or name, in whose network it lives.
    pub shares_network_of: Option<String>,
    /// Names of the containers that it is `--link`ed to.
    pub linked_to: Vec<String>,
}
