//! What an engine tells at once of its containers: exits, and each answer about their health.

use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::calls::{Calls, LOOK};
use super::{EngineError, Life};

/// Listens at `path` to what becomes of these containers, by name or id. `exit` is the engine's word for one (Docker: `die`; libpod: `died`).
///
/// How much a frame of the answer holds does not matter: one or many, it is time for a look.
pub async fn listen(calls: &Calls, path: &str, exit: &str, containers: &[String]) -> Result<Life, EngineError> {
    let filters = json!({ "type": ["container"], "event": [exit, "health_status"], "container": containers }).to_string();
    let path = format!("{path}?stream=true&filters={}", utf8_percent_encode(&filters, NON_ALPHANUMERIC));
    let body = calls.open("listen to events", LOOK, &path).await?.into_body();
    Ok(stream::unfold(body, |mut body| async { body.frame().await?.ok().map(|_| ((), body)) }).boxed())
}
