//! Time that moves only when everybody waits, and the one executor that moves it.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rotate::clock::Clock;

use super::world::World;

/// Who waits for what time.
#[derive(Default)]
pub struct Timers {
    waiting: BTreeMap<(Duration, u64), Waker>,
    made: u64,
}

/// The time of one process.
pub struct ProcessClock {
    world: Arc<World>,
    since: Duration,
}

impl ProcessClock {
    /// Begins to count now.
    pub fn start(world: &Arc<World>) -> Self {
        Self { since: world.now(), world: Arc::clone(world) }
    }
}

#[async_trait]
impl Clock for ProcessClock {
    fn at(&self) -> Timestamp {
        self.world.sim.host().at()
    }

    fn elapsed(&self) -> Duration {
        self.world.now().saturating_sub(self.since)
    }

    async fn sleep(&self, duration: Duration) {
        sleep(&self.world, duration).await;
    }
}

/// Ends when the world's time has passed so far.
pub fn sleep(world: &World, duration: Duration) -> Sleep<'_> {
    Sleep { timers: &world.timers, until: world.now().saturating_add(duration), key: None, world }
}

/// See [`sleep`].
pub struct Sleep<'a> {
    world: &'a World,
    timers: &'a Mutex<Timers>,
    until: Duration,
    key: Option<(Duration, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.world.now() >= self.until && self.key.is_some() {
            return Poll::Ready(());
        }
        let mut timers = self.timers.lock().expect("timers");
        let key = self.key.unwrap_or_else(|| {
            timers.made += 1;
            (self.until, timers.made)
        });
        timers.waiting.insert(key, context.waker().clone());
        drop(timers);
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let (Some(key), Ok(mut timers)) = (self.key, self.timers.lock()) {
            timers.waiting.remove(&key);
        }
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a process to its end; none if it was killed. Moves the time whenever nothing else is to be done.
pub fn run<T>(world: &World, process: impl Future<Output = T>) -> Option<T> {
    let mut process = pin!(process);
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    loop {
        woken.0.store(false, Ordering::Relaxed);
        if let Poll::Ready(done) = process.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(done);
        }
        if world.is_dead() {
            return None;
        }
        if woken.0.load(Ordering::Relaxed) {
            continue;
        }
        let next = world.timers.lock().expect("timers").waiting.pop_first();
        let Some(((until, _), waker)) = next else {
            world.fail("the loop waits for nothing");
            return None;
        };
        world.advance(until.saturating_sub(world.now()));
        waker.wake();
    }
}
