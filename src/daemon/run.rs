//! The loop: begins what is due, feeds the watchdog, listens to signals. It waits for whatever comes first, and for nothing without an end.

use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::desk::State;
use super::{Agenda, DaemonError, Moment, Outcome, Pass, Timetable, memory, standby, systemd};
use crate::ask::{Exit, Problem, Where};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Loaded, LogLevel};
use crate::control::{self, Desk};
use crate::host;
use crate::store::Store;

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
    let last_run = store.last_run()?;
    let catches_up = loaded.config.catch_up;
    let state = Arc::new(State::new(start.engine.clone(), store, loaded, Arc::clone(&start.clock)));
    let seed = host::seed()?;
    let timetable = usable(&state.loaded().config, seed, &state)?;
    warn_of_unknown_zone(&timetable);
    // From now on there is something that can be missed.
    if last_run.is_none()
        && let Err(error) = state.store.begin_run(state.clock.at())
    {
        tracing::warn!("cannot note when rotate was first started: {error}");
    }
    let is_missed = catches_up && timetable.is_missed(last_run, state.clock.at());
    let mut agenda = Agenda::new(timetable, is_missed);
    let listener = control::listen(&start.socket).await?;
    let server = control::serve(listener, Arc::clone(&state) as Arc<dyn Desk>);
    systemd::ready();
    tracing::info!("rotate {} is ready at {}", env!("CARGO_PKG_VERSION"), start.socket.display());
    if is_missed {
        tracing::info!("a run was missed while rotate was not running: it happens now");
    }

    // Twice as often as it must.
    let look = systemd::watchdog().map_or(LOOK, |most| (most / 2).min(LOOK));
    let mut work: Option<(Pass, JoinHandle<Outcome>)> = None;
    loop {
        feed(&state);
        if work.is_none()
            && let Some(pass) = agenda.due(moment(&state))
        {
            let state = Arc::clone(&state);
            work = Some((pass, tokio::spawn(async move { state.pass(pass).await })));
        }
        state.set_next_run(agenda.next_run());
        let pause = if work.is_some() { look } else { agenda.pause(moment(&state)).min(look) };
        tokio::select! {
            (pass, outcome) = ended(&mut work) => {
                work = None;
                agenda.ended(pass, outcome, state.look_at(), moment(&state));
                if pass == Pass::Run {
                    look_up_zone(&state, &mut agenda, seed);
                }
                if outcome == Outcome::Done {
                    systemd::status(&at_rest(&agenda));
                }
            }
            () = state.clock.sleep(pause) => {}
            () = state.is_changed.notified() => {
                agenda.look(state.look_at(), moment(&state));
                if state.is_well() {
                    systemd::status(&at_rest(&agenda));
                }
            }
            _ = hangup.recv() => reload(&start, &state, &mut agenda, seed),
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

/// The pass that has ended, and how. A pass that panicked is one that could not go on: the next start of it finds what it left.
async fn ended(work: &mut Option<(Pass, JoinHandle<Outcome>)>) -> (Pass, Outcome) {
    match work {
        Some((pass, handle)) => (*pass, handle.await.unwrap_or(Outcome::Failed)),
        None => pending().await,
    }
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

fn at_rest(agenda: &Agenda) -> String {
    agenda.next_run().map_or_else(|| "no run is due".to_owned(), |at| format!("next run: {}", at.strftime("%Y-%m-%d %H:%M:%SZ")))
}

/// The zone's rules may have changed since: governments do that, and the host's database follows. One that is gone from it stays as it was.
fn look_up_zone(state: &State, agenda: &mut Agenda, seed: u64) {
    match usable(&state.loaded().config, seed, state) {
        Ok(timetable) => agenda.set_timetable(timetable, moment(state)),
        Err(error) => tracing::warn!("the schedule stays as it is: {}", error.problem().error),
    }
}

/// Looks whether the daemon can work with this configuration.
fn usable(config: &Config, seed: u64, state: &State) -> Result<Timetable, DaemonError> {
    state.engine.check(config)?;
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
fn reload(start: &Start, state: &State, agenda: &mut Agenda, seed: u64) {
    systemd::reloading();
    match (start.load)() {
        Err(error) => state.refuse_config(Problem::from(&error)),
        Ok(loaded) => match usable(&loaded.config, seed, state) {
            Err(error) => state.refuse_config(error.problem()),
            Ok(timetable) => {
                warn_of_unknown_zone(&timetable);
                agenda.set_timetable(timetable, moment(state));
                (start.set_log_level)(loaded.config.log_level);
                if loaded.config.state_dir != state.loaded().config.state_dir {
                    tracing::warn!("`state_dir` is another now: that takes effect when rotate is started anew");
                }
                state.put_in_force(loaded);
                systemd::status(&at_rest(agenda));
                tracing::info!("the configuration was read again and is in force; {}", at_rest(agenda));
            }
        },
    }
    systemd::ready();
}
