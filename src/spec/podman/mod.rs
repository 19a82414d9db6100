//! Podman: what its own API tells of a container (libpod 4.3–5.8, `GET /libpod/containers/{id}/json`), and how its client is asked for another.

mod command;
mod difference;
mod generator;
mod heeded;
mod limits;
mod numbers;
mod options;
mod request;
mod search_path;
mod ulimits;

use serde_json::Value;

use super::document::{Container, Images, SpecError, is_nothing, texts};

pub(super) use difference::{explains, is_default, is_operational};
pub(super) use generator::{is_default_check, is_default_field};
pub(super) use search_path::is_given as is_path_given;

/// The image as the command named it that made the container: its description shows a tag where that was an id (seen on 5.4).
pub fn image_of_command(container: &Value) -> Option<&str> {
    let typed: Vec<&str> = texts(&container["Config"]["CreateCommand"]).collect();
    command::image_of(&typed)
}

/// The request for a successor: the command line of Podman's client for what was made by it, a document for what was made through the API.
pub(super) fn create_request(container: Container<'_>, images: Images<'_>, image: &str) -> Result<Value, SpecError> {
    if is_nothing(&container.config()["CreateCommand"]) {
        return generator::create_request(container, images, image);
    }
    request::create_request(container, image, &images.old["Config"]["Env"])
}

/// Errors if the command that made the container cannot be said again. What was made through the API has none, and takes more to tell.
pub(super) fn check_command(container: Container<'_>) -> Result<(), SpecError> {
    if is_nothing(&container.config()["CreateCommand"]) {
        return Ok(());
    }
    request::create_request(container, "", &Value::Null).map(|_| ())
}

/// True if this option of `podman create` takes a value, false if it is a switch; none if it is not known here, so that a container made with it is
/// held.
pub fn option_takes_value(name: &str) -> Option<bool> {
    options::known(name).map(|known| known.takes_value)
}

/// True if the document is libpod's: no other engine names the runtime like this.
pub(super) fn is_libpod(document: &Value) -> bool {
    document.get("OCIRuntime").is_some()
}
