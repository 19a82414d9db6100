//! A pull by Docker's API: one long answer, a line of JSON at a time.

use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt;
use tokio::time::Instant;

use super::calls::Calls;
use super::pull_pace::Pace;
use super::pull_progress::Layers;
use super::registry_auth::registry_auth;
use super::{EngineError, Pull};
use crate::model::Reference;

/// See [`super::Engine::pull`]. Ends as soon as the answer comes too slowly.
pub async fn pull(calls: &Calls, typed: &bollard::Docker, reference: &Reference, with: Pull<'_>) -> Result<(), EngineError> {
    let call = format!("pull {reference}");
    let platform = with.platform.map(|platform| platform.as_str().to_owned()).unwrap_or_default();
    let options = CreateImageOptions { from_image: Some(reference.to_string()), platform, ..Default::default() };
    let auth = with.credential.map(|credential| registry_auth(credential, reference));
    let mut stream = std::pin::pin!(typed.create_image(Some(options), None, auth));
    let (mut layers, mut pace) = (Layers::default(), Pace::new(Instant::now()));
    // A line with `errorDetail` inside an answer of 200 arrives here as an error (facts 1.9).
    loop {
        let line = calls.ask(&call, pace.left(Instant::now()), async { stream.next().await.transpose() }).await;
        let Some(line) = line.map_err(|error| pace.explain(error))? else { break };
        pace.take(&line, Instant::now());
        if let Some(sum) = layers.add(&line) {
            (with.progress)(sum);
        }
    }
    Ok(())
}
