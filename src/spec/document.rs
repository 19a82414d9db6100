//! The engine's documents, read without assuming more than the two functions need.

use serde_json::{Map, Value};

/// The two images of a rotation, as `GET /images/{id}/json` gave them.
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// What the predecessor was made from.
    pub old: &'a Value,
    /// What the successor is made from.
    pub new: &'a Value,
}

/// A document is not what its name promises; nothing was made from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The predecessor's document lacks a part that every engine sends.
    #[error("the container's document has no `{missing}`")]
    NotAContainer {
        /// The part, as a path.
        missing: &'static str,
    },
    /// An image's document lacks a part that every engine sends.
    #[error("the {which} image's document has no `{missing}`")]
    NotAnImage {
        /// `old` or `new`.
        which: &'static str,
        /// The part, as a path.
        missing: &'static str,
    },
    /// The container is connected to one network under two names. Docker makes this of `--network` with the beginning of an id, and can then not start the container
    /// a second time, so it must not be stopped (seen on Docker 26.1.5: «endpoint with name web already exists»).
    #[error("the container is connected twice to one network, as `{one}` and as `{other}`, and cannot be started again by its engine")]
    SameNetworkTwice {
        /// One name in `NetworkSettings.Networks`.
        one: String,
        /// The other.
        other: String,
    },
    /// An option of Podman that this version does not know: nobody knows where the command's options end.
    #[error("it was created with `{option}`, which this version of rotate does not know")]
    UnknownOption {
        /// Without its value, which may be a secret.
        option: String,
    },
    /// An option of Podman that cannot be given again.
    #[error("it was created with `{option}`, which cannot be said again: {why}")]
    CannotRepeat {
        /// The option.
        option: String,
        /// What would be lost.
        why: &'static str,
    },
    /// Something that no create request can ask for again.
    #[error("`{field}` cannot be carried over: {why}")]
    CannotCarry {
        /// Where the predecessor's document shows that it has it.
        field: &'static str,
        /// What would be lost.
        why: &'static str,
    },
}

/// One container's document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Container<'a>(pub &'a Value);

impl<'a> Container<'a> {
    /// The predecessor, if the parts are there that a successor is made from.
    pub fn checked(document: &'a Value) -> Result<Self, SpecError> {
        let container = Self(document);
        if container.short_id().is_empty() {
            return Err(SpecError::NotAContainer { missing: "Id" });
        }
        for missing in ["Config", "HostConfig"] {
            if !document[missing].is_object() {
                return Err(SpecError::NotAContainer { missing });
            }
        }
        Ok(container)
    }

    /// The whole id; empty if there is none.
    pub fn id(self) -> &'a str {
        text(&self.0["Id"])
    }

    /// The id's first 12 digits, which engines use as host name and alias; empty if there is no such id.
    pub fn short_id(self) -> &'a str {
        self.id().get(..12).unwrap_or("")
    }

    /// The name without the slash that Docker puts before it.
    pub fn name(self) -> &'a str {
        text(&self.0["Name"]).trim_start_matches('/')
    }

    /// `Config`.
    pub fn config(self) -> &'a Value {
        &self.0["Config"]
    }

    /// `HostConfig`.
    pub fn host(self) -> &'a Value {
        &self.0["HostConfig"]
    }

    /// `NetworkSettings.Networks`, by the network's name.
    pub fn networks(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.0["NetworkSettings"]["Networks"].as_object().into_iter().flatten()
    }

    /// `Mounts`, in no order.
    pub fn mounts(self) -> impl Iterator<Item = &'a Value> {
        list(&self.0["Mounts"]).iter()
    }

    /// What is mounted at this path.
    pub fn mount_at(self, destination: &str) -> Option<&'a Value> {
        self.mounts().find(|mount| is_same_path(text(&mount["Destination"]), destination))
    }
}

/// A text, or nothing where there is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A list's items, or none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a list.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Value::as_str)
}

/// An object's entries, or none.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// True if the value says nothing: null, an empty list, an empty object. Engines write the three for the same (Go's nil and empty); `""`, 0 and false are values.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// True if both name the same path inside a container: engines clean a path in `Mounts[].Destination` that stands as typed elsewhere (`/data/`).
pub(super) fn is_same_path(one: &str, other: &str) -> bool {
    let parts = |path: &'_ str| path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect::<Vec<_>>();
    one == other || (one.starts_with('/') && other.starts_with('/') && parts(one) == parts(other))
}

/// Removes a key without disturbing the order of the rest.
pub(super) fn remove(map: &mut Map<String, Value>, key: &str) {
    map.shift_remove(key);
}
