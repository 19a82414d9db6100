//! The daemon's state, and everything that is done with it: one thing that writes at a time, in the order in which it was asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

use super::pulse::Pulse;
use super::tell::Teller;
use super::{Outcome, Pass, systemd};
use crate::ask::{self, Ask, AskError, Exit, Problem, Session, View, Where};
use crate::clock::{Clock, SystemClock};
use crate::config::Loaded;
use crate::control::Desk;
use crate::cycle::{Report, Request};
use crate::interrupt::Interrupt;
use crate::rotation::{Doing, Progress, Stage};
use crate::store::{SqliteStore, Store};

/// Questions that wait for their turn; more are sent away.
const WAITING: usize = 16;
/// Lines that a slow watcher may lag behind before it misses some.
const LAG: usize = 256;

/// Shared by the loop and by all connections.
pub struct State {
    pub(super) engine: Where,
    pub(super) store: SqliteStore,
    pub(super) clock: Arc<Pulse<SystemClock>>,
    pub(super) interrupt: Arc<Interrupt>,
    /// Something that the agenda depends on was changed by a question.
    pub(super) is_changed: Notify,
    progress: broadcast::Sender<Progress>,
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    teller: Teller,
    standing: Mutex<Standing>,
}

/// How the daemon does.
struct Standing {
    loaded: Arc<Loaded>,
    read_at: Timestamp,
    /// The configuration that was read last, if it is not in force.
    refused: Option<Problem>,
    next_run: Option<Timestamp>,
    /// What the engine keeps it waiting with.
    engine_problem: Option<String>,
}

impl State {
    pub(super) fn new(engine: Where, store: SqliteStore, loaded: Loaded) -> Self {
        let clock = Arc::new(Pulse::new(SystemClock::start()));
        let (loaded, read_at) = (Arc::new(loaded), clock.at());
        Self {
            engine,
            store,
            clock,
            interrupt: Arc::default(),
            is_changed: Notify::new(),
            progress: broadcast::Sender::new(LAG),
            turn: tokio::sync::Mutex::new(()),
            waiting: AtomicUsize::new(0),
            teller: Teller::default(),
            standing: Mutex::new(Standing { loaded, read_at, refused: None, next_run: None, engine_problem: None }),
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration in force.
    pub(super) fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.standing().loaded)
    }

    /// From now on this configuration is in force; a pass that is under way ends with the one that it began with.
    pub(super) fn put_in_force(&self, loaded: Loaded) {
        let mut standing = self.standing();
        (standing.loaded, standing.read_at, standing.refused) = (Arc::new(loaded), self.clock.at(), None);
    }

    /// A configuration that cannot be put in force: the old one stays.
    pub(super) fn refuse_config(&self, problem: Problem) {
        tracing::error!("the configuration is not put in force, the old one stays: {}. {}", problem.error, problem.help);
        self.standing().refused = Some(problem);
    }

    pub(super) fn set_next_run(&self, at: Option<Timestamp>) {
        self.standing().next_run = at;
    }

    /// True while something is being done.
    pub(super) fn is_busy(&self) -> bool {
        self.turn.try_lock().is_err()
    }

    /// Waits until nothing is being done; the interrupt keeps anything from being begun.
    pub(super) async fn rest(&self) {
        drop(self.turn.lock().await);
    }

    /// The soonest end of what is kept. None: nothing is.
    pub(super) fn kept_until(&self) -> Option<Timestamp> {
        let records = self.store.open_rotations().inspect_err(|error| tracing::error!("{error}")).unwrap_or_default();
        records.iter().filter(|record| record.stage == Stage::Kept).filter_map(|record| record.keep_until).min()
    }

    /// A pass of the daemon's own accord.
    pub(super) async fn pass(&self, pass: Pass) -> Outcome {
        let _turn = self.turn.lock().await;
        match self.do_pass(pass).await {
            Ok(report) => {
                self.teller.report(&report);
                if self.standing().engine_problem.take().is_some() {
                    tracing::info!("the engine is back");
                }
                Outcome::Done
            }
            Err(error) => {
                let problem = error.problem();
                if !matches!(problem.exit, Exit::NoEngine | Exit::NotPermitted) {
                    tracing::error!("the run could not go on: {}. Now: {}. {}", problem.error, problem.state, problem.help);
                    return Outcome::Failed;
                }
                let before = self.standing().engine_problem.replace(problem.error.clone());
                if before.as_ref() != Some(&problem.error) {
                    tracing::warn!("waiting for the engine: {}. {}", problem.error, problem.help);
                }
                systemd::status(&format!("waiting for the engine: {}", problem.error));
                Outcome::NoEngine
            }
        }
    }

    async fn do_pass(&self, pass: Pass) -> Result<Report, AskError> {
        let session = self.session().await?;
        let watcher = |progress| self.went_on(progress);
        let cycle = session.cycle(&self.store, &watcher);
        match pass {
            Pass::Run => {
                tracing::info!("a scheduled run begins");
                // A run that cannot be noted is run all the same: it may happen once more after a boot.
                if let Err(error) = self.store.begin_run(self.clock.at()) {
                    tracing::warn!("cannot note that a run begins: {error}");
                }
                Ok(cycle.run(&Request::default()).await?)
            }
            Pass::Resume => {
                let mut report = Report::default();
                cycle.resume(&mut report).await.map(|()| report).map_err(AskError::from)
            }
        }
    }

    async fn session(&self) -> Result<Session, AskError> {
        Session::new(&self.engine, self.loaded(), Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::clone(&self.interrupt)).await
    }

    fn went_on(&self, progress: Progress) {
        self.clock.beat();
        if let Doing::Acting { act } = &progress.what {
            systemd::status(&format!("{}: {act}", progress.unit));
        }
        // Nobody watching is no error.
        let _ = self.progress.send(progress);
    }

    async fn answer_in_turn(&self, ask: &Ask) -> Result<View, Problem> {
        let _turn = self.turn.lock().await;
        if self.interrupt.is_set() {
            return Err(busy("the daemon is stopping"));
        }
        let answer = self.answer_now(ask).await;
        self.is_changed.notify_one();
        answer.map_err(|error| error.problem())
    }

    async fn answer_now(&self, ask: &Ask) -> Result<View, AskError> {
        if ask.is_of_the_store() {
            return ask::answer_without_engine(ask, &self.store);
        }
        let session = self.session().await?;
        let watcher = |progress| self.went_on(progress);
        ask::answer(ask, &session.cycle(&self.store, &watcher)).await
    }
}

#[async_trait]
impl Desk for State {
    async fn answer(&self, ask: Ask) -> Result<View, Problem> {
        if !ask.writes() {
            let mut view = self.answer_now(&ask).await.map_err(|error| error.problem())?;
            if matches!(ask, Ask::Status {}) {
                self.add_to(&mut view);
            }
            return Ok(view);
        }
        tracing::info!("asked at the socket: {ask:?}");
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(busy("too many questions wait for their turn"));
        }
        let answer = self.answer_in_turn(&ask).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    fn progress(&self) -> broadcast::Receiver<Progress> {
        self.progress.subscribe()
    }

    fn state(&self) -> Value {
        let standing = self.standing();
        json!({
            "version": ask::JSON_VERSION,
            "program": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "is_busy": self.is_busy(),
            "next_run": standing.next_run,
            "engine_problem": standing.engine_problem,
            "configuration": { "files": standing.loaded.files, "read_at": standing.read_at, "refused": standing.refused },
        })
    }
}

impl State {
    /// What `status` shows of the daemon itself.
    fn add_to(&self, view: &mut View) {
        let state = self.state();
        let standing = self.standing();
        let next = standing.next_run.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
        view.below.push(format!("the daemon runs (process {}); next run: {next}", std::process::id()));
        if let Some(problem) = &standing.refused {
            let since = standing.read_at.strftime("%Y-%m-%d %H:%M:%SZ");
            view.below
                .push(format!("its configuration is that of {since}; the files have changed since and are refused: {}", problem.error));
        }
        if let Value::Object(document) = &mut view.document {
            document.insert("daemon".to_owned(), state);
        }
    }
}

fn busy(error: &str) -> Problem {
    let state = "nothing was changed".to_owned();
    Problem { error: error.to_owned(), state, help: "ask again in a while".to_owned(), exit: Exit::Busy }
}
