//! The create request for a container that was made through Podman's API: what libpod's own create takes (`SpecGenerator`, libpod 5.4–5.8).
//!
//! No document of Podman shows all of a container. Three are read here: `inspect`; what `podman generate spec` says of it, which has static
//! addresses, overlays and devices as they were asked for; and of the description that its runtime got, the part that has kernel settings and rules
//! for devices. The engine's room puts the latter two under [`NOTES`]: `Generator` and `Runtime`.

mod basic;
mod confinement;
mod health;
mod held;
mod namespaces;
mod network;
mod storage;

pub use health::{is_default_check, is_default_field};

use serde_json::{Map, Value, json};

use crate::model::{NOTES, Reference};
use crate::spec::config::user_config;
use crate::spec::document::{Container, Images, SpecError, is_nothing};

/// All that is known of the predecessor.
struct Source<'a> {
    container: Container<'a>,
    images: Images<'a>,
    /// `podman generate spec`.
    generator: &'a Value,
    /// `config.json` of its runtime, in part.
    runtime: &'a Value,
    /// `Config` without what the old image says.
    typed: Map<String, Value>,
}

/// Writes what `POST /libpod/containers/create` takes, without a name. Pure.
///
/// What equals the old image's default is left out. Errors: [`SpecError`] if the notes are missing, or if the container has something that cannot
/// be asked for.
pub fn create_request(container: Container<'_>, images: Images<'_>, image: &str) -> Result<Value, SpecError> {
    let notes = &container.0[NOTES];
    let (generator, runtime) = (&notes["Generator"], &notes["Runtime"]);
    if !generator.is_object() || !runtime.is_object() {
        let why = "it was made through Podman's API, and what Podman keeps of that was not there to be read";
        return Err(SpecError::CannotCarry { field: "OCIConfigPath", why });
    }
    let source = Source { container, images, generator, runtime, typed: user_config(container, images) };
    held::check(&source)?;
    let mut spec = Spec(Map::new());
    basic::put(&source, &mut spec)?;
    health::put(&source, &mut spec);
    storage::put(&source, &mut spec);
    confinement::put(&source, &mut spec)?;
    namespaces::put(&source, &mut spec);
    network::put(&source, &mut spec);
    // A short name Podman would look for among its own first.
    let image = image.parse::<Reference>().map_or_else(|_| image.to_owned(), |image| image.whole_name());
    spec.put("image", image);
    Ok(json!({ "Generator": spec.0 }))
}

/// The request as it grows.
struct Spec(Map<String, Value>);

impl Spec {
    /// What says nothing is left out: Podman puts its default there, as it did when it created the predecessor.
    fn put(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        if !is_nothing(&value) && value != "" {
            self.0.insert(field.to_owned(), value);
        }
    }

    /// The same under the same name as in `podman generate spec`.
    fn copy(&mut self, source: &Source<'_>, fields: &[&str]) {
        for field in fields {
            self.put(field, source.generator[*field].clone());
        }
    }
}
