//! Time, as a seam: the simulation and tests move it.

use std::pin::pin;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;

/// Where time comes from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Wall-clock time; may jump.
    fn at(&self) -> Timestamp;
    /// Time since the process began; does not jump.
    fn elapsed(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// How long it was from one reading of a wall clock to a later one; none if the clock was set back in between.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> Option<f64> {
    let between = to.duration_since(from);
    (!between.is_negative()).then(|| between.as_secs_f64())
}

/// Says that a pass goes on: the clock that watches over it notes when it was asked.
pub fn sign_of_life(clock: &dyn Clock) {
    let _ = clock.elapsed();
}

/// How often a long wait asks for the time.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// Awaits what may take longer than a pass may be silent (a stop with an hour of grace, a large image on a slow line, a slow probe) and has a deadline of its own: the
/// clock is asked each minute meanwhile.
pub async fn with_signs_of_life<T>(clock: &dyn Clock, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = clock.sleep(SIGN_OF_LIFE) => {}
        }
    }
}

/// The host's clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// Begins to count now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn at(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
