//! What Docker tells at once of containers: each change of their health.
//!
//! Of exits it would tell, too, and an engine that is restarted stops its containers first: whoever looks in that moment takes it for the end of a sick one.

use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::calls::{Calls, LOOK};
use super::{EngineError, Life};

/// Listens to what is told of these containers, by name or id.
///
/// How much a frame of the answer holds does not matter: one or many, it is time for a look.
pub async fn listen(calls: &Calls, containers: &[String]) -> Result<Life, EngineError> {
    let filters = json!({ "type": ["container"], "event": ["health_status"], "container": containers }).to_string();
    let path = format!("/events?filters={}", utf8_percent_encode(&filters, NON_ALPHANUMERIC));
    let body = calls.open("listen to events", LOOK, &path).await?.into_body();
    Ok(stream::unfold(body, |mut body| async { body.frame().await?.ok().map(|_| ((), body)) }).boxed())
}
