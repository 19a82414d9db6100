//! Commands that ask something: of the daemon if one runs, else of this process itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Command;
use super::error::CliError;
use super::places::Places;
use super::printer::Printer;
use super::{Args, setup};
use crate::ask::{self, Ask, AskError, Exit, Records, Round, Served, View, Where, With};
use crate::clock::SystemClock;
use crate::config::Loaded;
use crate::control::Client;
use crate::cycle::Request;
use crate::interrupt::Interrupt;
use crate::rotation::{Doing, Progress};
use crate::store::Lock;

/// What a command asks; none for one that asks nothing.
pub fn question(args: &Args) -> Option<Ask> {
    let ask = about_all(&args.command)?;
    Some(match &args.on {
        Some(engine) => Ask::On { engine: engine.clone(), ask: Box::new(ask) },
        None => ask,
    })
}

fn about_all(command: &Command) -> Option<Ask> {
    Some(match command {
        Command::Now(now) => {
            Ask::Now(Request { names: now.names.clone(), is_dry_run: now.dry_run, is_retry: now.retry, is_any_age: now.any_age })
        }
        Command::Plan(plan) => Ask::Plan { names: plan.names.clone() },
        Command::Status => Ask::Status {},
        Command::Explain(explain) => Ask::Explain { name: explain.name.clone() },
        Command::History(history) => Ask::History { name: history.name.clone(), limit: history.limit },
        Command::Hold(hold) => Ask::Hold { names: hold.names.clone(), reason: hold.reason.clone(), until: hold.until },
        Command::Release(release) => Ask::Release { names: release.names.clone() },
        Command::Refused(refused) => Ask::Refused { forget: refused.forget.clone() },
        Command::Rollback(rollback) => Ask::Rollback { name: rollback.name.clone() },
        Command::Daemon | Command::Config(_) | Command::Generate(_) => return None,
    })
}

/// Asks and shows the answer.
pub async fn run(args: &Args, ask: &Ask, printer: &Printer) -> Result<Exit, CliError> {
    let (loaded, state_dir) = match daemon(args).await? {
        Asked::Daemon(client) => {
            let tell = |progress: Progress| {
                if let Doing::Acting { act } = &progress.what {
                    tracing::info!("{}: {act}", progress.whose());
                }
                printer.progress(&progress);
            };
            let view = client.ask(ask, &tell).await?;
            return Ok(printer.show(&view));
        }
        Asked::Here(loaded, state_dir) => (*loaded, state_dir),
    };
    let at = Where::new(args.engine.clone(), Places::ours().are_own());
    let (clock, interrupt) = (Arc::new(SystemClock::start()), Arc::new(Interrupt::default()));
    let with = With { at, loaded: Arc::new(loaded), clock, interrupt, patience: ask.patience() };
    let served = with.at.served(&with.loaded.config, &Records::reading(state_dir.clone())).map_err(AskError::from)?;
    let view = if ask.is_of_the_store() {
        of_the_store(ask, &with, &served, &state_dir).await?
    } else {
        here(&with, served, &state_dir, ask, printer).await?
    };
    Ok(printer.show(&view))
}

enum Asked {
    Daemon(Client),
    Here(Box<Loaded>, PathBuf),
}

/// A command that says with which engine (`DOCKER_HOST` too, if the configuration says another), state directory or configuration it wants to work means this process, unless it names a
/// socket too.
async fn daemon(args: &Args) -> Result<Asked, CliError> {
    if let Some(socket) = &args.socket {
        return Ok(Asked::Daemon(Client::connect(socket).await?));
    }
    let is_for_here = args.config.is_some() || args.engine.is_some() || args.state_dir.is_some() || is_another_engine();
    if !is_for_here && let Some(client) = Client::find(&Places::ours().socket).await? {
        return Ok(Asked::Daemon(client));
    }
    let loaded = setup::load(args)?;
    let state_dir = setup::state_dir(args, &loaded.config);
    Ok(Asked::Here(Box::new(loaded), state_dir))
}

/// True if the environment names an engine that is neither the host's own nor the one of the configuration: the daemon's is another.
fn is_another_engine() -> bool {
    let own = ["", "unix:///var/run/docker.sock", "unix:///run/docker.sock"];
    // The host's own as well, where there is no Docker.
    let is_podmans = |host: &str| host == "unix:///run/podman/podman.sock" && !Path::new("/var/run/docker.sock").exists();
    let Ok(host) = std::env::var("DOCKER_HOST") else { return false };
    if Places::ours().owns(&host) {
        return false;
    }
    // Where the daemon serves engines by name, none is chosen by the environment.
    let is_configured = || {
        setup::load_from(None)
            .is_ok_and(|loaded| !loaded.config.engines.is_empty() || loaded.config.engine.is_some_and(|engine| engine.to_string() == host))
    };
    !own.contains(&host.as_str()) && !is_podmans(&host) && !is_configured()
}

async fn of_the_store(ask: &Ask, with: &With, served: &[Served], state_dir: &Path) -> Result<View, AskError> {
    if !ask.writes() {
        return ask::of_the_stores(ask, with, served, &Records::reading(state_dir.to_owned())).await;
    }
    let _lock = Lock::take(state_dir)?;
    ask::of_the_stores(ask, with, served, &Records::writing(state_dir.to_owned())).await
}

async fn here(with: &With, served: Vec<Served>, state_dir: &Path, ask: &Ask, printer: &Printer) -> Result<View, CliError> {
    let round = Round::connect(with, served, ask).await?;
    // One that cannot be asked may be at work all the same.
    let has_daemon = !matches!(Client::find(&Places::ours().socket).await, Ok(None));
    let round = if has_daemon { round.beside_a_daemon() } else { round };
    let watcher = |progress| printer.progress(&progress);
    if !ask.writes() {
        return Ok(round.answer(ask, &Records::reading(state_dir.to_owned()), &watcher).await?);
    }
    let _lock = Lock::take(state_dir).map_err(AskError::from)?;
    let records = Records::writing(state_dir.to_owned());
    records.main().map_err(AskError::from)?;
    if ask.rotates() {
        setup::listen_to_signals(&with.interrupt)?;
    }
    if matches!(ask.bare(), Ask::Now(request) if !request.is_dry_run) && !is_unit_enabled(&Places::ours().units) {
        tracing::info!(
            "note: rotate.service is not enabled here, so nothing would finish a rotation after a power cut until `rotate now` is run again"
        );
    }
    Ok(round.answer(ask, &records, &watcher).await?)
}

/// True if systemd starts rotate at boot: some target wants its unit (systemd.unit(5), `.wants/`).
fn is_unit_enabled(units: &Path) -> bool {
    let Ok(entries) = fs::read_dir(units) else { return false };
    let mut wants = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".wants"));
    wants.any(|target| fs::symlink_metadata(target.path().join("rotate.service")).is_ok())
}
