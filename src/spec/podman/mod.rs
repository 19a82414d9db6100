//! Podman: what its own API tells of a container (libpod 4.3–5.8, `GET /libpod/containers/{id}/json`), and how its client is asked for another.

mod command;
mod difference;
mod options;
mod request;

use serde_json::Value;

pub(super) use difference::{explains, is_default, is_operational};
pub(super) use request::create_request;

/// True if this option of `podman create` takes a value, false if it is a switch; none if it is not known here, so that a container made with it is
/// held.
pub fn option_takes_value(name: &str) -> Option<bool> {
    options::known(name).map(|known| known.takes_value)
}

/// True if the document is libpod's: no other engine names the runtime like this.
pub(super) fn is_libpod(document: &Value) -> bool {
    document.get("OCIRuntime").is_some()
}
