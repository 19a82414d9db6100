//! What systemd is told (sd_notify(3)). Without systemd nothing is told, and nothing is amiss.

use std::time::Duration;

use sd_notify::NotifyState;

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
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd was not told: {error}");
    }
}
