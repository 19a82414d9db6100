//! A pass over one engine, of the daemon's own accord.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::Instrument;

use super::desk::State;
use super::{Outcome, Pass, systemd};
use crate::ask::{AskError, Exit, Problem, Served, Session};
use crate::clock::Clock;
use crate::cycle::{Report, Request};
use crate::engine::LOOK;
use crate::rotation::Stage;
use crate::store::Store;

impl State {
    /// When something of this engine that is open or kept wants to be looked at. None: nothing is.
    pub(super) fn look_at(&self, served: &Served) -> Option<Timestamp> {
        let now = self.clock.at();
        match self.posts.store(served, &self.records).and_then(|store| store.open_rotations()) {
            // What is open is not to be forgotten, whatever left it so; what cannot be read may be.
            Ok(records) => {
                records.iter().map(|record| if record.stage == Stage::Kept { record.keep_until.unwrap_or(now) } else { now }).min()
            }
            Err(error) => {
                tracing::error!("{error}");
                Some(now)
            }
        }
    }

    /// A pass of the daemon's own accord.
    pub(super) async fn pass(&self, served: &Served, pass: Pass) -> Outcome {
        let _turn = self.turn().await;
        if self.interrupt.is_set() {
            return Outcome::Failed;
        }
        let mut report = Report::default();
        let ended = self.do_pass(served, pass, &mut report).instrument(served.span()).await;
        self.standing().doing = None;
        served.span().in_scope(|| self.posts.teller(served).report(&report, ended.is_ok()));
        match ended.map_err(|error| (served.is_missed(&error), served.failed(error).problem())) {
            Ok(()) => {
                self.goes_on(served);
                Outcome::Done
            }
            Err((is_missed, problem)) => {
                self.cannot_go_on(served, &problem, is_missed);
                Outcome::Failed
            }
        }
    }

    fn goes_on(&self, served: &Served) {
        if self.posts.replace_problem(served, None).is_some() {
            served.span().in_scope(|| tracing::info!("a pass got through again"));
        }
        self.standing().problems.remove(&served.label());
    }

    /// Told once, as long as it stays the same.
    fn cannot_go_on(&self, served: &Served, problem: &Problem, is_missed: bool) {
        let before = self.posts.replace_problem(served, Some(problem.error.clone()));
        let is_news = before.as_ref() != Some(&problem.error);
        let text = format!("{} Trying again: {}. Now: {}. {}", waits(problem), problem.error, problem.state, problem.help);
        if !is_missed && problem.exit == Exit::NoEngine {
            if is_news {
                tracing::info!("{text}");
            }
            return;
        }
        if is_news {
            tracing::warn!("{text}");
        }
        self.standing().problems.insert(served.label(), problem.error.clone());
        systemd::status(&format!("{} {}", waits(problem), problem.error));
    }

    async fn do_pass(&self, served: &Served, pass: Pass, report: &mut Report) -> Result<(), AskError> {
        let with = self.with(Arc::clone(&self.pulse) as Arc<dyn Clock>, LOOK);
        let all = self.standing().served.clone();
        let session = Session::new(&with, served, &all).await?;
        let store = self.records.of(session.name(), served.is_heir)?;
        self.posts.keep(served, &store);
        let watcher = |progress| self.went_on(served.named(progress));
        let cycle = session.cycle(&*store, &watcher);
        let teller = self.posts.teller(served);
        // Looking after what is kept is done each minute, and no reason to ask again.
        if pass == Pass::Run || !teller.has_looked() {
            teller.warning(cycle.warning().await.as_ref());
        }
        match pass {
            Pass::Run => {
                tracing::info!("a scheduled run begins");
                let begun_at = self.clock.at();
                cycle.run(&Request::default(), report).await?;
                // Noted at its end: one that was cut short is made up for at the next start. One that cannot be noted happens once more then.
                if !self.interrupt.is_set()
                    && let Err(error) = store.begin_run(begun_at)
                {
                    tracing::warn!("cannot note that a run was made: {error}");
                }
                Ok(())
            }
            Pass::Resume => Ok(cycle.resume(Some(&[]), report).await?),
        }
    }
}

fn waits(problem: &Problem) -> &'static str {
    if problem.exit == Exit::NoEngine { "Waiting for the engine." } else { "A pass could not go on." }
}
