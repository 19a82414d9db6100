//! Podman: what its own API tells of a container (libpod 4.3–5.8, `GET /libpod/containers/{id}/json`), and how its client is asked for another.

mod command;
mod difference;
mod options;

use serde_json::Value;

pub(super) use command::create_request;
pub(super) use difference::{explains, is_default, is_operational};

/// True if the document is libpod's: no other engine names the runtime like this.
pub(super) fn is_libpod(document: &Value) -> bool {
    document.get("OCIRuntime").is_some()
}
