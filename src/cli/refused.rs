//! `rotate refused`.

use super::args::RefusedArgs;
use super::error::CliError;
use super::render::Printer;
use super::{Args, Exit, setup};
use crate::store::{Lock, SqliteStore, Store};

/// Shows the refused digests, or forgets some. Asks no engine; only to forget, it takes the lock.
pub fn run(args: &Args, refused: &RefusedArgs, printer: &Printer) -> Result<Exit, CliError> {
    let (_, state_dir) = setup::config(args)?;
    if refused.forget.is_empty() {
        printer.refused(&SqliteStore::read(&state_dir)?.all_refused()?, false);
        return Ok(Exit::Done);
    }
    let _lock = Lock::take(&state_dir)?;
    let store = SqliteStore::open(&state_dir)?;
    let mut forgotten = Vec::new();
    for name in &refused.forget {
        let name = name.trim_start_matches('/');
        match store.refused(name)? {
            Some(refused) => forgotten.push(refused),
            None => tracing::info!("nothing is refused for `{name}`"),
        }
        store.accept(name)?;
    }
    printer.refused(&forgotten, true);
    Ok(Exit::Done)
}
