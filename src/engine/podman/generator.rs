//! Libpod's own create: for containers that no command can be had of.

use hyper::Method;
use serde_json::Value;

use crate::engine::EngineError;
use crate::engine::calls::{Calls, parse};
use crate::engine::docker::CHANGE;
use crate::model::ContainerId;

/// Creates a container from a `SpecGenerator` and does not start it.
pub async fn create(calls: &Calls, name: &str, generator: &Value) -> Result<ContainerId, EngineError> {
    let call = format!("create container {name}");
    let mut body = generator.clone();
    body["name"] = name.into();
    let (_, answer) = calls.raw(&call, CHANGE, Method::POST, "/libpod/containers/create", Some(body.to_string().into_bytes())).await?;
    let answer = parse(&call, &answer)?;
    let id = answer.pointer("/Id").and_then(Value::as_str);
    id.map(ContainerId::new).ok_or_else(|| EngineError::Garbage { call, detail: "it names no id".to_owned() })
}
