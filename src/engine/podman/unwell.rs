//! Podman tells at once that a container has turned unhealthy, if it is asked to wait for that. Its events tell the same by way of the journal, a quarter
//! of a second later (5.4.2).

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use hyper::Method;

use crate::engine::EngineError;
use crate::engine::calls::Calls;

/// How often Podman looks.
const LOOK_EVERY: &str = "25ms";
/// First they change places, and need the engine for themselves.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Of one that does not run, has no HEALTHCHECK, or is unhealthy already, it tells at once: not asked again before.
const PAUSE: Duration = Duration::from_millis(200);
/// Asked anew after so long, so that a service that is gone is noticed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells each time that there may be something to see. Ends where Podman cannot wait for it (4.3 knows no such condition).
pub fn unwell(calls: Arc<Calls>, container: &str) -> BoxStream<'static, ()> {
    let call = format!("wait for container {container} to turn unhealthy");
    let path = format!("/libpod/containers/{container}/wait?condition=unhealthy&interval={LOOK_EVERY}");
    let ask = |(pause, calls, call, path): (Duration, Arc<Calls>, String, String)| async move {
        tokio::time::sleep(pause).await;
        match calls.raw(&call, PATIENCE, Method::POST, &path, None).await {
            // That of a unit is gone for the time of a restart.
            Ok(_) | Err(EngineError::Unanswered { .. } | EngineError::Refused { status: 404, .. }) => {
                Some(((), (PAUSE, calls, call, path)))
            }
            Err(_) => None,
        }
    };
    stream::unfold((FIRST_PAUSE, calls, call, path), ask).boxed()
}
