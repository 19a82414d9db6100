//! Before the daemon may work: what keeps it from the state directory and ends without it, such as a command that rotates by hand.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::{DaemonError, systemd};
use crate::control::{self, ListenError};
use crate::store::{Lock, LockError, SqliteStore, StoreError};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// systemd is asked for this much more time at each look.
const EXTENSION: Duration = Duration::from_secs(30);

/// Takes the lock once whoever holds it is done, and opens the store once its disk has room. To end meanwhile loses nothing.
///
/// Errors: the state directory cannot be used, or the lock's holder is a daemon that listens at `socket`: that one does not end.
pub async fn take(state_dir: &Path, socket: &Path) -> Result<(Lock, SqliteStore), DaemonError> {
    let mut told = None;
    let lock = loop {
        match Lock::take(state_dir) {
            Err(LockError::Held { .. }) if control::is_answered(socket).await => return Err(ListenError::InUse(socket.to_owned()).into()),
            Err(held @ LockError::Held { .. }) => wait(&held, "the daemon begins when that one is done", &mut told).await,
            Err(error) if error.is_passing() => wait(&error, "the daemon begins when that is over", &mut told).await,
            taken => break taken?,
        }
    };
    loop {
        match SqliteStore::open(state_dir) {
            Err(full @ StoreError::Full(_)) => wait(&full, "the daemon begins when there is room on that disk", &mut told).await,
            Err(error) if error.is_passing() => wait(&error, "the daemon begins when that is over", &mut told).await,
            opened => return Ok((lock, opened?)),
        }
    }
}

/// Says once what is waited for.
async fn wait(why: &dyn fmt::Display, until: &str, told: &mut Option<String>) {
    let text = why.to_string();
    if told.as_ref() != Some(&text) {
        tracing::warn!("{text}: {until}");
        systemd::status(&format!("waiting: {text}"));
        *told = Some(text);
    }
    systemd::extend(EXTENSION);
    tokio::time::sleep(LOOK).await;
}
