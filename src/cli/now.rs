//! `rotate now`.

use std::fs;
use std::path::Path;

use super::args::NowArgs;
use super::error::CliError;
use super::render::Printer;
use super::setup::{self, Setup};
use super::{Args, Exit};
use crate::cycle::Request;
use crate::store::{Lock, SqliteStore};

/// Takes the lock, does one pass, shows the report.
pub async fn run(args: &Args, now: &NowArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (config, state_dir) = setup::config(args)?;
    let setup = Setup::new(args, config).await?;
    let _lock = Lock::take(&state_dir)?;
    let store = SqliteStore::open(&state_dir)?;
    setup::listen_to_signals(&setup.interrupt)?;
    if !now.dry_run && !is_unit_enabled(Path::new("/etc/systemd/system")) {
        tracing::info!(
            "note: rotate.service is not enabled here, so nothing would finish a rotation after a power cut until `rotate now` is run again"
        );
    }
    let request = Request { names: now.names.clone(), is_dry_run: now.dry_run, is_retry: now.retry, is_any_age: now.any_age };
    let watcher = |progress| printer.progress(&progress);
    let report = setup.cycle(&store, &watcher).run(&request).await?;
    Ok(printer.report(&report))
}

/// True if systemd starts rotate at boot: some target wants its unit (systemd.unit(5), `.wants/`).
fn is_unit_enabled(units: &Path) -> bool {
    let Ok(entries) = fs::read_dir(units) else { return false };
    let mut wants = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".wants"));
    wants.any(|target| fs::symlink_metadata(target.path().join("rotate.service")).is_ok())
}
