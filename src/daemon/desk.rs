//! The daemon's state, and everything that is done with it: one thing that writes at a time, in the order in which it was asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{MutexGuard as Turn, Notify, Semaphore, broadcast};

use super::posts::Posts;
use super::pulse::Pulse;
use super::standing::{Standing, open_units};
use super::systemd;
use crate::ask::{self, Ask, AskError, Exit, Problem, Records, Round, Served, View, Where, With};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::control::Desk;
use crate::interrupt::Interrupt;
use crate::rotation::{Doing, Progress};
use crate::store::{SqliteStore, StoreError};

/// Questions that have their turn or wait for it; more are sent away.
const WAITING: usize = 16;
/// Questions that change nothing and are answered at the same time; more wait.
const READING: usize = 8;
/// Lines that a slow watcher may lag behind before it misses some.
const LAG: usize = 256;

/// Shared by the loop and by all connections.
pub struct State {
    pub(super) engine: Where,
    pub(super) records: Records,
    pub(super) posts: Posts,
    pub(super) clock: Arc<dyn Clock>,
    /// The signs of life of whatever holds the turn.
    pub(super) pulse: Arc<Pulse>,
    pub(super) interrupt: Arc<Interrupt>,
    /// Something that the agenda depends on was changed by a question.
    pub(super) is_changed: Notify,
    progress: broadcast::Sender<Progress>,
    turn: tokio::sync::Mutex<()>,
    waiting: Semaphore,
    reading: Semaphore,
    standing: Mutex<Standing>,
}

impl State {
    pub(super) fn new(engine: Where, records: Records, loaded: Loaded, clock: Arc<dyn Clock>) -> Self {
        let standing = Standing::new(Arc::new(loaded), clock.at());
        Self {
            engine,
            records,
            posts: Posts::default(),
            pulse: Arc::new(Pulse::new(Arc::clone(&clock))),
            clock,
            interrupt: Arc::default(),
            is_changed: Notify::new(),
            progress: broadcast::Sender::new(LAG),
            turn: tokio::sync::Mutex::new(()),
            waiting: Semaphore::new(WAITING),
            reading: Semaphore::new(READING),
            standing: Mutex::new(standing),
        }
    }

    pub(super) fn standing(&self) -> MutexGuard<'_, Standing> {
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

    /// The engines that are served, as far as that can be said now.
    pub(super) fn served(&self) -> Vec<Served> {
        let loaded = self.loaded();
        match self.engine.served(&loaded.config, &self.records) {
            Ok(served) => {
                let mut standing = self.standing();
                standing.problems.retain(|label, _| served.iter().any(|one| one.label() == *label));
                standing.served = served;
            }
            // Those of before are served on.
            Err(error) => tracing::error!("{error}"),
        }
        self.standing().served.clone()
    }

    /// The records of an engine. Nothing is made for a user who lingers and has no engine.
    pub(super) fn known_store(&self, served: &Served) -> Result<Option<Arc<SqliteStore>>, StoreError> {
        let has_records = || self.records.engines().map(|known| served.name.as_ref().is_some_and(|name| known.contains(name)));
        if !served.is_expected && !has_records()? {
            return Ok(None);
        }
        self.posts.store(served, &self.records).map(Some)
    }

    pub(super) async fn turn(&self) -> Turn<'_, ()> {
        let turn = self.turn.lock().await;
        self.pulse.beat();
        turn
    }

    /// True if the last pass over each engine got through.
    pub(super) fn is_well(&self) -> bool {
        self.standing().problems.is_empty()
    }

    pub(super) fn with(&self, clock: Arc<dyn Clock>, patience: Duration) -> With {
        let (at, loaded, interrupt) = (self.engine.clone(), self.loaded(), Arc::clone(&self.interrupt));
        With { at, loaded, clock, interrupt, patience }
    }

    pub(super) fn went_on(&self, progress: Progress) {
        self.pulse.beat();
        let doing = match &progress.what {
            Doing::Acting { act } => Some(format!("{}: {act}", progress.whose())),
            Doing::Proving { .. } | Doing::Awaiting { .. } => Some(format!("{}: see whether the container is well", progress.whose())),
            Doing::Pulling { .. } => None, // the pull is known
        };
        if let Some(doing) = doing {
            self.does(doing);
        }
        // Nobody watching is no error.
        let _ = self.progress.send(progress);
    }

    fn does(&self, what: String) {
        let mut standing = self.standing();
        if standing.doing.as_ref().is_none_or(|(before, _)| *before != what) {
            systemd::status(&what);
            standing.doing = Some((what, self.clock.at()));
        }
    }

    async fn answer_in_turn(&self, ask: &Ask) -> Result<View, Problem> {
        let _turn = self.turn().await;
        if self.interrupt.is_set() {
            return Err(busy("the daemon is stopping"));
        }
        let _changed = Changed(&self.is_changed);
        let answer = self.answer_now(ask, Arc::clone(&self.pulse) as Arc<dyn Clock>).await.map_err(|error| error.problem());
        self.standing().doing = None;
        match &answer {
            Ok(view) => {
                view.trouble.iter().for_each(|t| tracing::error!("{}. Now: {}. {}", t.error, t.state, t.help));
                view.problem.iter().for_each(|p| tracing::error!("{}. Now: {}. {}", p.error, p.state, p.help));
            }
            Err(problem) => tracing::error!("{}. Now: {}. {}", problem.error, problem.state, problem.help),
        }
        answer
    }

    async fn answer_now(&self, ask: &Ask, clock: Arc<dyn Clock>) -> Result<View, AskError> {
        let (with, served) = (self.with(clock, ask.patience()), self.served());
        if ask.is_of_the_store() {
            return ask::of_the_stores(ask, &with, &served, &self.records).await;
        }
        let watcher = |progress| self.went_on(progress);
        Round::connect(&with, served, ask).await?.answer(ask, &self.records, &watcher).await
    }
}

/// Tells the loop at its end, also where that is a panic: a rotation may be open.
struct Changed<'a>(&'a Notify);

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl Desk for State {
    async fn answer(&self, ask: Ask) -> Result<View, Problem> {
        if !ask.writes() {
            // Each asks the engine with many connections.
            let _reading = self.reading.acquire().await;
            if matches!(ask.bare(), Ask::Status {}) {
                return self.status(&ask).await;
            }
            return self.answer_now(&ask, Arc::clone(&self.clock)).await.map_err(|error| error.problem());
        }
        let Ok(_waiting) = self.waiting.try_acquire() else { return Err(busy("too many questions wait for their turn")) };
        tracing::info!("asked at the socket: {ask:?}");
        self.answer_in_turn(&ask).await
    }

    fn progress(&self) -> broadcast::Receiver<Progress> {
        self.progress.subscribe()
    }

    fn state(&self) -> Value {
        self.standing().document(self.is_busy())
    }

    fn metrics(&self) -> Result<String, Problem> {
        self.exposition().map_err(|error| AskError::from(error).problem())
    }
}

impl State {
    /// How things stand, and how the daemon does; the latter also where the engine says nothing.
    async fn status(&self, ask: &Ask) -> Result<View, Problem> {
        match self.answer_now(ask, Arc::clone(&self.clock)).await.map_err(|error| error.problem()) {
            Ok(mut view) => {
                view.below.extend(self.standing().lines());
                if let Value::Object(document) = &mut view.document {
                    document.insert("daemon".to_owned(), self.state());
                }
                Ok(view)
            }
            Err(problem) => {
                let mut lines = vec![problem.state];
                lines.extend(self.standing().lines());
                lines.extend(self.served().iter().flat_map(|served| open_units(served, &self.posts, &self.records)));
                Err(Problem { state: lines.join("; "), ..problem })
            }
        }
    }
}

fn busy(error: &str) -> Problem {
    let state = "nothing was changed".to_owned();
    Problem { error: error.to_owned(), state, help: "ask again in a while".to_owned(), exit: Exit::Busy }
}
