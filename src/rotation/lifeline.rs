//! Whether it was the same engine from one look to the next: a stream that the engine holds open until it goes away. An exit that is seen over
//! a restart of the engine is no evidence against a container.

use std::time::Duration;

use futures_util::future::FutureExt;

use crate::engine::{Engine, EngineError, Life};

/// Without a stream, a look that took so long is one over a restart: an engine that is restarted behind a socket of systemd's is not gone, only slow.
const SLOW: Duration = Duration::from_secs(3);
/// So many restarts are borne: a proxy that ends every stream soon, or a slow host, must not keep a gate open for ever.
const MOST: u32 = 5;

/// One process's hold on the engine.
#[derive(Default)]
pub struct Lifeline {
    life: Option<Life>,
    cuts: u32,
    is_deaf: bool,
}

impl Lifeline {
    /// Takes hold, unless it is held. An engine that gives no stream is judged by how long it takes to answer.
    ///
    /// Errors: [`EngineError::Unreachable`].
    pub async fn hold(&mut self, engine: &dyn Engine) -> Result<(), EngineError> {
        if self.life.is_some() || self.is_deaf || self.cuts >= MOST {
            return Ok(());
        }
        match engine.life().await {
            Ok(life) => self.life = Some(life),
            Err(error @ EngineError::Unreachable { .. }) => return Err(error),
            Err(error) => {
                tracing::debug!("the engine gives no stream of events: {error}");
                self.is_deaf = true;
            }
        }
        Ok(())
    }

    /// True if the engine has gone away since it was held, or may have: asked after a look that took so long.
    ///
    /// A new engine answers only after the old one's connections are closed, so that a stream that is open now was open when the look was answered.
    pub fn is_cut(&mut self, took: Duration) -> bool {
        let is_cut = match &mut self.life {
            Some(life) => life.now_or_never().is_some(),
            None => took >= SLOW && self.cuts < MOST,
        };
        if is_cut {
            self.life = None;
            self.cuts += 1;
        }
        is_cut
    }
}
