//! Before the daemon may work: the lock of the state directory, which a command that rotates by hand may hold for a while.

use std::path::Path;
use std::time::Duration;

use super::{DaemonError, systemd};
use crate::control::{self, ListenError};
use crate::store::{Lock, LockError};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// systemd is asked for this much more time at each look.
const EXTENSION: Duration = Duration::from_secs(30);

/// Takes the lock, once whoever holds it is done. To end meanwhile loses nothing.
///
/// Errors: the lock cannot be had, or its holder is a daemon that listens at `socket`: that one does not end.
pub async fn lock(state_dir: &Path, socket: &Path) -> Result<Lock, DaemonError> {
    let mut is_told = false;
    loop {
        let held = match Lock::take(state_dir) {
            Err(held @ LockError::Held { .. }) => held,
            taken => return Ok(taken?),
        };
        if control::is_answered(socket) {
            return Err(ListenError::InUse(socket.to_owned()).into());
        }
        if !is_told {
            tracing::warn!("{held}: the daemon begins when that one is done");
            systemd::status(&format!("waiting: {held}"));
            is_told = true;
        }
        systemd::extend(EXTENSION);
        tokio::time::sleep(LOOK).await;
    }
}
