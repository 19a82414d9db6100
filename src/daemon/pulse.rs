//! The signs of life of a pass. Its loop asks for the time at every turn, and everything that it waits for has a deadline: one that has not asked
//! for longer than any deadline hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::clock::Clock;

/// Registries give a sign after each few that were asked, acts on the engine while they last; no other wait is longer than a few minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// A clock that notes when it was asked. Only what holds the turn may ask it: a question in between must not hide a pass that hangs.
pub struct Pulse {
    clock: Arc<dyn Clock>,
    last_millis: AtomicU64,
}

impl Pulse {
    /// Over the clock that all others ask.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last_millis: AtomicU64::new(0) }
    }

    /// A sign of life.
    pub fn beat(&self) {
        let now = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_millis.store(now, Ordering::Relaxed);
    }

    /// True if nothing that may take long explains the silence any more.
    pub fn is_lost(&self) -> bool {
        let last = Duration::from_millis(self.last_millis.load(Ordering::Relaxed));
        self.clock.elapsed().saturating_sub(last) > LONGEST_WAIT
    }
}

#[async_trait]
impl Clock for Pulse {
    fn at(&self) -> Timestamp {
        self.beat();
        self.clock.at()
    }

    fn elapsed(&self) -> Duration {
        self.beat();
        self.clock.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        self.beat();
        self.clock.sleep(duration).await;
        self.beat();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A clock that the test moves.
    struct Moved(Mutex<Duration>);

    #[async_trait]
    impl Clock for Moved {
        fn at(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH + self.elapsed()
        }

        fn elapsed(&self) -> Duration {
            *self.0.lock().expect("no test panicked")
        }

        async fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn a_pass_that_asks_for_no_time_for_too_long_is_lost_whoever_else_asks() {
        let clock = Arc::new(Moved(Mutex::default()));
        let pulse = Pulse::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let goes_on = |seconds| *clock.0.lock().expect("no test panicked") += Duration::from_secs(seconds);
        for _ in 0..10 {
            goes_on(9 * 60);
            assert!(!pulse.is_lost(), "a long wait is no hang");
            pulse.elapsed();
        }
        goes_on(11 * 60);
        clock.elapsed(); // a question in between
        assert!(pulse.is_lost());
        pulse.at();
        assert!(!pulse.is_lost());
    }
}
