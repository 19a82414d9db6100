//! A delay that spreads hosts with one schedule over a while. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;

/// The firing `at`, delayed by at least nothing and less than `jitter`; not at all if `jitter` is zero.
///
/// The same for one `seed` (the host) and one firing, so that a daemon that starts anew neither runs twice nor loses its place. That holds between
/// builds of one Rust version: std may change `DefaultHasher`, after which a delay falls anew once. The order of firings may change if `jitter` is longer
/// than their distance: ask [`super::Schedule::next`] with the firing, not with what this returns.
pub fn jittered(at: Timestamp, jitter: Duration, seed: u64) -> Timestamp {
    let mut hasher = DefaultHasher::new();
    (seed, at.as_nanosecond()).hash(&mut hasher);
    // 584 years fit; scaled instead of divided, hence always less than `jitter`.
    let jitter = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX);
    let delay = (u128::from(hasher.finish()) * u128::from(jitter)) >> u64::BITS;
    at.checked_add(Duration::from_nanos(delay as u64)).unwrap_or(Timestamp::MAX)
}
