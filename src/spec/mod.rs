//! What a successor shall be, and whether it became that.
//!
//! [`create_request`] writes the body of `POST /containers/create` for the successor of a container; [`compare`] says, leaf by leaf, how the engine's
//! description of the successor differs from that of the predecessor, and which rule explains each difference; [`predict`] says so before there is a successor. Pure: documents go in as the engine sent them.
//! Docker's documents and Podman's are told apart by themselves; what is particular about the latter is in `podman/`.

mod carried;
mod compare;
mod config;
mod create;
mod difference;
mod document;
mod explain;
mod image_default;
mod kinship;
mod network;
mod operational;
mod path;
mod podman;
mod predict;
mod same_meaning;
mod sources;
mod stale;
mod tree;
mod volumes;

pub use compare::compare;
pub use create::{cannot_repeat, create_request};
pub use difference::{Difference, Rule};
pub use document::{Images, SpecError};
pub use kinship::is_made_after;
pub use network::{endpoint, leave_main_network, missing_networks};
pub use operational::OPERATIONAL;
pub use podman::image_of_command;
pub use podman::option_takes_value as podman_option_takes_value;
pub use predict::predict;
pub use sources::bind_sources;
pub use volumes::volumes_born;
