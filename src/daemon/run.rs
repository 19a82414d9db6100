//! The loop: begins what is due, feeds the watchdog, listens to signals. It waits for whatever comes first, and for nothing without an end.

use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::desk::State;
use super::{Agenda, Agendas, DaemonError, Moment, Outcome, Pass, Timetable, memory, standby, systemd};
use crate::ask::{AskError, Exit, Problem, Records, Served, Where};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Loaded, LogLevel};
use crate::control::{self, Desk};
use crate::host;
use crate::store::{Store, StoreError};

/// Without a watchdog: how often the wall clock is looked at, which may have been set.
const LOOK: Duration = Duration::from_secs(60);

/// While it comes to rest: a container may take longer to stop than systemd would wait.
const EXTENSION: Duration = Duration::from_secs(60);
/// What was asked and is answered takes this long to be written, at most.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// What the daemon starts with.
pub struct Start {
    /// Where the engine is looked for.
    pub engine: Where,
    /// The directory of lock and store.
    pub state_dir: PathBuf,
    /// Where it listens.
    pub socket: PathBuf,
    /// The configuration, at first and after each SIGHUP.
    pub load: Box<dyn Fn() -> Result<Loaded, ConfigError> + Send>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// From now on so much is logged.
    pub set_log_level: Box<dyn Fn(LogLevel) + Send>,
}

/// Runs until SIGTERM or SIGINT. Ready, for systemd, once the configuration, the lock, the store and the socket stand; the engine may come later.
///
/// Errors: what keeps it from being ready.
pub async fn run(start: Start, loaded: Loaded) -> Result<Exit, DaemonError> {
    let (mut hangup, mut terminate, mut interrupt) =
        (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (_lock, store) = tokio::select! {
        taken = standby::take(&start.state_dir, &start.socket) => taken?,
        _ = terminate.recv() => return Ok(Exit::Done),
        _ = interrupt.recv() => return Ok(Exit::Done),
    };
    // One that cannot be read ends the start.
    store.last_run()?;
    let records = Records::writing(start.state_dir.clone()).with_main(store);
    let state = Arc::new(State::new(start.engine.clone(), records, loaded, Arc::clone(&start.clock)));
    let seed = host::seed()?;
    let mut timetable = usable(&state.loaded().config, seed, &state)?;
    warn_of_unknown_zone(&timetable);
    let mut agendas = Agendas::default();
    agendas.serve(&state.served(), |served| begin(&state, served, &timetable));
    let listener = control::listen(&start.socket).await?;
    let server = control::serve(listener, Arc::clone(&state) as Arc<dyn Desk>);
    systemd::ready();
    tracing::info!("rotate {} is ready at {}", env!("CARGO_PKG_VERSION"), start.socket.display());

    // Twice as often as it must.
    let look = systemd::watchdog().map_or(LOOK, |most| (most / 2).min(LOOK));
    let mut work: Option<Work> = None;
    loop {
        feed(&state);
        // Users come and go.
        agendas.serve(&state.served(), |served| begin(&state, served, &timetable));
        if work.is_none()
            && let Some((served, pass)) = agendas.due(moment(&state))
        {
            let (state, engine) = (Arc::clone(&state), served.clone());
            work = Some((served, pass, tokio::spawn(async move { state.pass(&engine, pass).await })));
        }
        state.set_next_run(agendas.next_run());
        let pause = if work.is_some() { look } else { agendas.pause(moment(&state)).min(look) };
        tokio::select! {
            (served, pass, outcome) = ended(&mut work) => {
                work = None;
                agendas.ended(&served, pass, outcome, state.look_at(&served), moment(&state));
                if pass == Pass::Run {
                    look_up_zone(&state, &mut agendas, &mut timetable, seed);
                }
                if outcome == Outcome::Done && state.is_well() {
                    systemd::status(&at_rest(&agendas));
                }
            }
            () = state.clock.sleep(pause) => {}
            () = state.is_changed.notified() => {
                agendas.look(|served| state.look_at(served), moment(&state));
                if state.is_well() {
                    systemd::status(&at_rest(&agendas));
                }
            }
            _ = hangup.recv() => reload(&start, &state, &mut agendas, &mut timetable, seed),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
        memory::give_back();
    }
    tracing::info!("coming to rest");
    systemd::stopping();
    state.interrupt.set();
    // What waited for its turn is told that there is none; what is under way comes to rest. A second signal does not wait.
    loop {
        tokio::select! {
            () = state.rest() => break,
            () = tokio::time::sleep(look.min(EXTENSION / 2)) => {
                feed(&state);
                if !state.pulse.is_lost() {
                    systemd::extend(EXTENSION);
                }
            }
            _ = terminate.recv() => return Ok(Exit::Failed),
            _ = interrupt.recv() => return Ok(Exit::Failed),
        }
    }
    server.drain(LAST_ANSWERS).await;
    drop(std::fs::remove_file(&start.socket));
    Ok(Exit::Done)
}

/// A pass that is under way: over which engine, and which.
type Work = (Served, Pass, JoinHandle<Outcome>);

/// The pass that has ended, and how. A pass that panicked is one that could not go on: the next start of it finds what it left.
async fn ended(work: &mut Option<Work>) -> (Served, Pass, Outcome) {
    match work {
        Some((served, pass, handle)) => {
            let outcome = handle.await.unwrap_or(Outcome::Failed);
            (served.clone(), *pass, outcome)
        }
        None => pending().await,
    }
}

/// The agenda of an engine that is served from now on. A run that was missed while nobody served it happens now.
fn begin(state: &State, served: &Served, timetable: &Timetable) -> Agenda {
    served.span().in_scope(|| {
        let is_missed = match last_run(state, served) {
            Ok(last_run) => state.loaded().config.catch_up && timetable.is_missed(last_run, state.clock.at()),
            Err(error) => {
                tracing::warn!("cannot read when the last run was made: {error}");
                false
            }
        };
        if is_missed {
            tracing::info!("a run was missed while rotate was not running: it happens now");
        }
        Agenda::new(timetable.beginning(state.clock.at()), is_missed)
    })
}

/// When its last run began. Of one that is new it is noted that from now on there is something that can be missed.
fn last_run(state: &State, served: &Served) -> Result<Option<Timestamp>, StoreError> {
    let Some(store) = state.known_store(served)? else { return Ok(None) };
    let last_run = store.last_run()?;
    if last_run.is_none()
        && let Err(error) = store.begin_run(state.clock.at())
    {
        tracing::warn!("cannot note when rotate was first started: {error}");
    }
    Ok(last_run)
}

/// Fed by the loop, and only while what it waits for may still come.
fn feed(state: &State) {
    if state.is_busy() && state.pulse.is_lost() {
        tracing::error!("a pass hangs: the watchdog is not fed any more, so that systemd starts rotate anew");
        return;
    }
    systemd::feed();
}

fn moment(state: &State) -> Moment {
    Moment { at: state.clock.at(), elapsed: state.clock.elapsed() }
}

fn at_rest(agendas: &Agendas) -> String {
    agendas.next_run().map_or_else(|| "no run is due".to_owned(), |at| format!("next run: {}", at.strftime("%Y-%m-%d %H:%M:%SZ")))
}

/// The zone's rules may have changed since: governments do that, and the host's database follows. One that is gone from it stays as it was.
fn look_up_zone(state: &State, agendas: &mut Agendas, timetable: &mut Timetable, seed: u64) {
    match usable(&state.loaded().config, seed, state) {
        Ok(looked_up) => {
            agendas.set_timetable(&looked_up, moment(state));
            *timetable = looked_up;
        }
        Err(error) => tracing::warn!("the schedule stays as it is: {}", error.problem().error),
    }
}

/// Looks whether the daemon can work with this configuration.
fn usable(config: &Config, seed: u64, state: &State) -> Result<Timetable, DaemonError> {
    state.engine.check(config).map_err(AskError::from)?;
    Ok(Timetable::new(config, seed, state.clock.at())?)
}

fn warn_of_unknown_zone(timetable: &Timetable) {
    if timetable.is_zone_unknown() {
        tracing::warn!(
            "this host does not say its time zone (`TZ`, /etc/localtime), or has no such zone: the schedule is read in UTC. Set `time_zone`, or \
             `timedatectl set-timezone`; the package is `tzdata`"
        );
    }
}

/// SIGHUP. A pass that is under way ends with the configuration that it began with.
fn reload(start: &Start, state: &State, agendas: &mut Agendas, timetable: &mut Timetable, seed: u64) {
    systemd::reloading();
    match (start.load)() {
        Err(error) => state.refuse_config(Problem::from(&error)),
        Ok(loaded) => match usable(&loaded.config, seed, state) {
            Err(error) => state.refuse_config(error.problem()),
            Ok(read) => {
                warn_of_unknown_zone(&read);
                agendas.set_timetable(&read, moment(state));
                *timetable = read;
                (start.set_log_level)(loaded.config.log_level);
                if loaded.config.state_dir != state.loaded().config.state_dir {
                    tracing::warn!("`state_dir` is another now: that takes effect when rotate is started anew");
                }
                state.put_in_force(loaded);
                systemd::status(&at_rest(agendas));
                tracing::info!("the configuration was read again and is in force; {}", at_rest(agendas));
            }
        },
    }
    systemd::ready();
}
