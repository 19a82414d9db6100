//! The probes of a rotation that are under way. They go on while the loop waits, and never hold up a look.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, pending, select_all};

use super::ask::ask;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::model::{ContainerId, Probe};
use crate::rotation::{Answer, Observed, Proof, Record};

/// One probe that has ended.
#[derive(Debug)]
pub struct Sample {
    /// Whose.
    pub container: ContainerId,
    /// When it was begun: time since the process began.
    pub begun: Duration,
    /// What came of it.
    pub answer: Answer,
}

/// Probes under way, at most one a container. Dropped, they end, and so do the commands that they run on the host.
pub struct Prober<'a> {
    engine: &'a dyn Engine,
    clock: &'a dyn Clock,
    under_way: Vec<(ContainerId, BoxFuture<'a, Sample>)>,
}

impl<'a> Prober<'a> {
    /// None under way.
    pub fn new(engine: &'a dyn Engine, clock: &'a dyn Clock) -> Self {
        Self { engine, clock, under_way: Vec::new() }
    }

    /// Begins each probe that is due, of those containers that are judged by one and run.
    pub fn begin_due(&mut self, record: &Record, observed: &Observed) {
        let probed =
            record.members.iter().zip(&observed.members).filter_map(|(member, view)| Some((record.terms_of(member).probe.as_ref()?, view)));
        for (probe, container) in probed.flat_map(|(probe, view)| [(probe, &view.successor), (probe, &view.predecessor)]) {
            let Some(container) = container else { continue };
            let is_judged_by_it = matches!(container.gate.proof, Proof::Probe { .. });
            let is_due =
                container.watch.as_ref().is_some_and(|watch| watch.is_running() && watch.next_probe(probe.interval) <= observed.now);
            if is_judged_by_it && is_due && self.under_way.iter().all(|(id, _)| *id != container.id) {
                self.begin(container.id.clone(), probe.clone());
            }
        }
    }

    fn begin(&mut self, container: ContainerId, probe: Probe) {
        let (engine, begun) = (self.engine, self.clock.elapsed());
        let id = container.clone();
        let asked = async move {
            let answer = ask(engine, &id, &probe).await;
            Sample { container: id, begun, answer }
        };
        self.under_way.push((container, asked.boxed()));
    }

    /// Waits for the next one to end; for ever if none is under way. Nothing is lost if the wait ends early.
    pub async fn next(&mut self) -> Sample {
        if self.under_way.is_empty() {
            return pending().await;
        }
        let (sample, index, _) = select_all(self.under_way.iter_mut().map(|(_, asked)| asked)).await;
        drop(self.under_way.swap_remove(index));
        sample
    }
}
