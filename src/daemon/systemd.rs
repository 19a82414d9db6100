//! What systemd is told (sd_notify(3)). Without systemd nothing is told, and nothing is amiss; one that does not listen is not waited for.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// What systemd waits for may take this long to be delivered; a line for people is not worth that.
const DELIVERY: Duration = Duration::from_secs(1);

/// Ready; also after a reload.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is being read again.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!("no monotonic clock: {error}"),
    }
}

/// Coming to rest.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Coming to rest may take this much longer still.
pub fn extend(by: Duration) {
    tell(&[NotifyState::ExtendTimeoutUsec(u32::try_from(by.as_micros()).unwrap_or(u32::MAX))]);
}

/// The line in `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// Feeds the watchdog.
pub fn feed() {
    tell(&[NotifyState::Watchdog]);
}

/// How often it wants to be fed, at least (`WatchdogSec=`).
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    let Some(socket) = env::var_os("NOTIFY_SOCKET") else { return };
    let is_waited_for = |state: &NotifyState<'_>| !matches!(state, NotifyState::Status(_));
    let text: String = states.iter().map(|state| format!("{state}\n")).collect();
    if let Err(error) = send(&socket, &text, states.iter().any(is_waited_for)) {
        tracing::debug!("systemd was not told: {error}");
    }
}

/// Its queue is full while it does not listen (`systemctl daemon-reexec`, or worse), and then a send would block the whole daemon.
fn send(socket: &OsString, text: &str, is_waited_for: bool) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    sender.connect(socket)?;
    sender.set_nonblocking(true)?;
    match sender.send(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::WouldBlock && is_waited_for => {
            sender.set_nonblocking(false)?;
            sender.set_write_timeout(Some(DELIVERY))?;
            let begun = Instant::now();
            while begun.elapsed() < DELIVERY {
                match sender.send(text.as_bytes()) {
                    // The end of a child interrupts it: signal(7), a socket with a timeout.
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    sent => return sent.map(|_| ()),
                }
            }
            Err(ErrorKind::TimedOut.into())
        }
        sent => sent.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_systemd_that_does_not_listen_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
        let socket = folder.path().join("notify.sock");
        let _listener = UnixDatagram::bind(&socket).expect("a socket can be made there");
        let begun = Instant::now();
        let told = (0..100_000).take_while(|_| send(&socket.clone().into(), "WATCHDOG=1\n", false).is_ok()).count();
        assert!(told < 100_000, "its queue has an end");
        let error = send(&socket.into(), "READY=1\n", true).expect_err("nobody listens");
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
