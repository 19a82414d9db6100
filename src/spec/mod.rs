//! The successor as a document: what to ask the engine for, and what the engine must then say of it. Pure; calls no engine.
//!
//! Both follow from one idea: take away from the predecessor what its image gave (`settings.rs`); what is left is what the operator set. A create
//! request carries only that; the prediction lays it over the new image. The comparison holds the engine's answer against the prediction.

mod compare;
mod create;
mod difference;
mod leaves;
mod network;
mod predict;
mod settings;
mod volumes;

use serde_json::Value;

pub use compare::{OPERATIONAL, compare};
pub use create::{SpecError, create_request};
pub use difference::{Difference, Rule};
pub use volumes::volumes_born;

/// The two images, each as the engine sent it (`GET /images/{id}/json`).
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// What the predecessor runs.
    pub old: &'a Value,
    /// What the successor is to run.
    pub new: &'a Value,
}

/// True for what engines use alike for «not set»: nothing, null, and empty texts, lists and maps.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A field of a document; null if there is none.
fn field<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or(&Value::Null)
}

/// Items of a list; nothing if it is none.
fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
