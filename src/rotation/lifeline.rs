//! A stream that the engine holds open until it goes away. It shows whether it was the same engine from one look to the next: an exit that is seen over
//! a restart of the engine is no evidence against a container. And it tells at once when a container may have turned unwell.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{Fuse, StreamExt};

use super::{Member, Record};
use crate::clock::Clock;
use crate::engine::{Engine, EngineError, Life};

/// Without a stream, a look that took so long is one over a restart: an engine that is restarted behind a socket of systemd's is not gone, only slow.
const SLOW: Duration = Duration::from_secs(3);
/// A look that is in doubt counts only if the stream has not ended by so long after it: its end lies behind all that was told before, of which nothing is
/// read while an act or a look is under way, and whoever stands between us and the engine may close his side a moment later.
const SETTLED: Duration = Duration::from_millis(100);
/// So many restarts are borne: a proxy that ends every stream soon, or a slow host, must not keep a gate open for ever.
const MOST: u32 = 5;

/// One process's hold on the engine.
#[derive(Default)]
pub struct Lifeline {
    life: Option<Fuse<Life>>,
    cuts: u32,
    is_deaf: bool,
    /// Times at which looks had no answer.
    silences: u32,
}

impl Lifeline {
    /// Takes hold, unless it is held. An engine that gives no stream is judged by how long it takes to answer.
    ///
    /// Errors: [`EngineError::Unreachable`].
    pub async fn hold(&mut self, engine: &dyn Engine, record: &Record) -> Result<(), EngineError> {
        if self.life.is_some() || self.is_deaf || self.cuts >= MOST {
            return Ok(());
        }
        match engine.life(&of_interest(record)).await {
            Ok(life) => self.life = Some(life.fuse()),
            Err(error @ EngineError::Unreachable { .. }) => return Err(error),
            Err(error) => {
                tracing::debug!("the engine gives no stream of events: {error}");
                self.is_deaf = true;
            }
        }
        Ok(())
    }

    /// True if the engine has gone away since it was held, or may have: asked after a look that began then. One that is in doubt
    /// is worth a moment ([`super::Observed::is_doubtful`]).
    ///
    /// A new engine answers only after the old one's connections are closed, so that a stream that is open now was open when the look was answered.
    pub async fn is_cut(&mut self, clock: &dyn Clock, is_doubtful: bool, began: Duration) -> bool {
        let is_cut = match &mut self.life {
            Some(life) => {
                let end = life.for_each(|()| std::future::ready(())); // what it tells is seen by this look, or by the next one, which is a moment away
                if is_doubtful {
                    tokio::select! {
                        biased;
                        () = end => true,
                        () = clock.sleep(SETTLED) => false,
                    }
                } else {
                    end.now_or_never().is_some()
                }
            }
            None => clock.elapsed().saturating_sub(began) >= SLOW && self.cuts < MOST,
        };
        if is_cut {
            self.life = None;
            self.cuts += 1;
        }
        is_cut
    }

    /// Nothing is held any more, and none of the restarts counts; what had no answer does.
    pub fn let_go(&mut self) {
        *self = Self { silences: self.silences, ..Self::default() };
    }

    /// True if the engine may have gone away while a look failed so. `is_first`: the look before it had an answer.
    pub fn may_be_cut_by(&mut self, error: &EngineError, is_first: bool) -> bool {
        if is_first && !matches!(error, EngineError::Unreachable { .. }) {
            self.silences = self.silences.saturating_add(1);
        }
        self.silences <= MOST
    }

    /// Returns once the engine tells something, or is gone; never, if it gives no stream.
    pub async fn stir(&mut self) {
        match &mut self.life {
            Some(life) => drop(life.next().await),
            None => std::future::pending().await,
        }
    }
}

/// What may turn unwell. A unit of systemd makes another container with each start, under the same name.
fn of_interest(record: &Record) -> Vec<String> {
    let ids = |member: &Member| [Some(member.predecessor.clone()), member.successor.clone()].into_iter().flatten();
    match record.service() {
        Some(_) => record.members.iter().map(|member| member.name.clone()).collect(),
        None => record.members.iter().flat_map(ids).map(|id| id.as_str().to_owned()).collect(),
    }
}
