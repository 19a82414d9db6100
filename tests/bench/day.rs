//! A day of the daemon, with a run each five minutes that finds nothing new: does its memory grow, or the number of its open files?
//!
//! The loop is the real one, with a real engine and a real registry; only its clock is the benchmark's, which goes on to the next moment at which the
//! daemon wants to do something. Run by `tests/bench/run`.

#[path = "../lab/mod.rs"]
mod lab;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use lab::{FakeRegistry, Host, Scratch, crowd};
use rotate::ask::{Exit, Where};
use rotate::clock::Clock;
use rotate::config::Config;
use rotate::daemon::{self, Start};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// The first hours fill caches and the allocator's arenas.
const WARM: Duration = Duration::from_secs(4 * 3600);
const CONTAINERS: usize = 10;
const REFERENCES: usize = 5;
const CONFIG: &str = "select = \"all\"\nschedule = \"*/5 * * * *\"\ntime_zone = \"UTC\"\n";
/// While one is under way the clock goes on: a slow machine makes fewer.
const FEWEST_RUNS: usize = 60;
/// A page here or there is no leak; four kilobytes for each run would be.
const MOST_GROWTH_KIB: u64 = 256;
/// A run that is under way has some.
const MOST_MORE_FILES: usize = 16;

fn main() {
    let s = Scratch::alone(Host::shared(), "day");
    let registry = FakeRegistry::in_front_of(s.host);
    crowd(&s, registry.address(), REFERENCES, CONTAINERS);
    let before = registry.requests().len();
    let clock = Arc::new(Moved::new());
    let config = s.file("rotate.toml", CONFIG);
    let load = move || Config::load(&config, true);
    let start = Start {
        engine: Where { flag: Some(format!("unix://{}", s.host.socket().display())), ..Where::default() },
        state_dir: s.state_dir(),
        socket: s.dir().join("rotate.sock"),
        load: Box::new(load.clone()),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        set_log_level: Box::new(|_| {}),
    };
    let loaded = load().expect("the configuration is in order");
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let exit = runtime.block_on(daemon::run(start, loaded)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(exit, Exit::Done);
    let seen = clock.state.lock().unwrap_or_else(PoisonError::into_inner);
    let (warm, last) = (seen.warm.expect("it lasted for hours"), seen.last.expect("it lasted for a day"));
    let runs = (registry.requests().len() - before) / REFERENCES;
    println!("a day in {} s, {runs} runs: after 4 h {warm}, after 24 h {last}", began.elapsed().as_secs());
    assert!(runs >= FEWEST_RUNS, "only {runs} runs");
    assert!(last.memory_kib <= warm.memory_kib + MOST_GROWTH_KIB, "the memory grows");
    assert!(last.files <= warm.files + MOST_MORE_FILES, "files stay open");
}

/// What the process holds.
#[derive(Clone, Copy)]
struct Held {
    memory_kib: u64,
    files: usize,
}

impl Held {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("the kernel tells it");
        let memory_kib = line.trim().trim_end_matches(" kB").parse().expect("a number");
        Self { memory_kib, files: fs::read_dir(Path::new("/proc/self/fd")).expect("/proc is mounted").count() }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} KiB of its own memory, {} open files", self.memory_kib, self.files)
    }
}

/// Time that goes as it does, and leaps over every wait.
struct Moved {
    began: Instant,
    began_at: Timestamp,
    state: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    leapt: Duration,
    warm: Option<Held>,
    last: Option<Held>,
}

impl Moved {
    fn new() -> Self {
        Self { began: Instant::now(), began_at: Timestamp::now(), state: Mutex::default() }
    }

    fn leap(&self, duration: Duration) {
        let mut seen = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        seen.leapt += duration;
        if seen.leapt > WARM && seen.warm.is_none() {
            seen.warm = Some(Held::now());
        }
        if seen.leapt > DAY && seen.last.is_none() {
            seen.last = Some(Held::now());
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).expect("a signal to oneself");
        }
    }
}

#[async_trait]
impl Clock for Moved {
    fn at(&self) -> Timestamp {
        self.began_at + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed() + self.state.lock().unwrap_or_else(PoisonError::into_inner).leapt
    }

    async fn sleep(&self, duration: Duration) {
        // What is ready at this moment comes first; a wait that is given up leaps over nothing.
        tokio::time::sleep(Duration::from_millis(40)).await;
        self.leap(duration);
    }
}
