//! Time that passes two hundred times as fast as it does outside. It passes for all that the product waits for; sockets are real.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rotate::clock::Clock;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// So far it goes on at once: no deadline is seen more exactly.
pub const TICK: Duration = Duration::from_millis(50);

/// Runs a test in it.
///
/// Not with the clock that `tokio` moves by itself as soon as all tasks wait: they wait for sockets, too, and each wait would end all deadlines.
pub fn in_quick_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    let output = runtime.block_on(async {
        let (tick, mut ticks) = mpsc::channel(1);
        // As long as such a task runs, the clock is moved by nobody else.
        tokio::task::spawn_blocking(move || {
            while tick.blocking_send(()).is_ok() {
                std::thread::sleep(TICK / 200);
            }
        });
        let passing = async {
            while ticks.recv().await.is_some() {
                tokio::time::advance(TICK).await;
            }
        };
        tokio::select! { output = test => output, () = passing => unreachable!("it ticks as long as somebody listens") }
    });
    runtime.shutdown_background();
    output
}

/// The clock of a pass in that time.
pub struct QuickClock(Instant);

impl QuickClock {
    /// Begins to count now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for QuickClock {
    fn at(&self) -> Timestamp {
        "2026-03-02T08:00:00Z".parse::<Timestamp>().expect("a time") + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
