//! The whole daemon at work on a switch, with a test beside it, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rotate::ask::{Ask, Problem, View, Where};
use rotate::clock::Clock;
use rotate::config::Config;
use rotate::control::{Client, ClientError};
use rotate::daemon::{Start, run};
use tempfile::TempDir;
use tokio::net::{UnixDatagram, UnixStream};
use tokio::time::{Instant, sleep};

use crate::peer::Reply;
use crate::switch::Switch;
use crate::time::{QuickClock, in_quick_time};

/// `WatchdogSec=` of the unit.
pub const WATCHDOG: Duration = Duration::from_secs(60);

/// A daemon at work.
pub struct Watched {
    folder: TempDir,
    pub switch: Switch,
}

/// Runs the daemon over this switch, on an engine that answers as `odd` says, and the test beside it. Its watchdog is fed all the while.
pub fn beside_a_daemon<T: Future<Output = ()>>(
    name: &str,
    switch: Switch,
    odd: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    test: impl FnOnce(Watched) -> T,
) {
    beside_a_daemon_by(
        || Arc::new(QuickClock::start()),
        name,
        switch,
        odd,
        test,
        |fed| {
            let longest = fed.windows(2).map(|pair| pair[1] - pair[0]).chain(fed.last().map(Instant::elapsed)).max().unwrap_or_default();
            assert!(longest < WATCHDOG, "the watchdog was not fed for {longest:?}");
        },
    );
}

/// The same by another clock; `judge` is told when the daemon began, and each time that its watchdog was fed.
///
/// In a process of its own: systemd is told by way of the environment, which cannot be changed beside other threads.
pub fn beside_a_daemon_by<T: Future<Output = ()>>(
    clock: impl FnOnce() -> Arc<dyn Clock>,
    name: &str,
    switch: Switch,
    odd: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    test: impl FnOnce(Watched) -> T,
    judge: impl FnOnce(&[Instant]),
) {
    let Some(folder) = std::env::var_os("ROTATE_TEST_FOLDER") else { return alone(name) };
    in_quick_time(async {
        let folder = tempfile::tempdir_in(folder).expect("a folder can be made there");
        let state_dir = folder.path().join("state");
        switch.record(&state_dir);
        let engine = switch.engine(folder.path(), odd);
        let fed = listen(Path::new(&std::env::var_os("NOTIFY_SOCKET").expect("it was set")));
        let config = folder.path().join("rotate.toml");
        std::fs::write(&config, "min_healthy = \"2s\"\nschedule = \"0 0 1 1 *\"\n").expect("a file can be written there");
        let load = move || Config::load(&config, true);
        let loaded = load().expect("a configuration");
        let start = Start {
            engine: Where { flag: Some(format!("unix://{}", engine.display())), ..Where::default() },
            state_dir,
            socket: folder.path().join("rotate.sock"),
            load: Box::new(load),
            clock: clock(),
            set_log_level: Box::new(|_| {}),
        };
        let watched = Watched { folder, switch };
        let begun = Instant::now();
        tokio::select! {
            ended = run(start, loaded) => panic!("the daemon ended: {ended:?}"),
            () = test(watched) => {}
        }
        let fed = fed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        judge(&[vec![begun], fed].concat());
    });
}

/// Runs one test of `daemon.rs` with an environment as of systemd.
fn alone(name: &str) {
    let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args([&format!("daemon::{name}"), "--exact", "--nocapture"])
        .env("ROTATE_TEST_FOLDER", folder.path())
        .env("NOTIFY_SOCKET", folder.path().join("notify.sock"))
        .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
        .output()
        .expect("it can be run once more");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Notes when the watchdog was fed.
fn listen(path: &Path) -> Arc<Mutex<Vec<Instant>>> {
    let listener = UnixDatagram::bind(path).expect("a socket can be made there");
    let fed = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&fed);
    tokio::spawn(async move {
        let mut told = [0; 4096];
        while let Ok(length) = listener.recv(&mut told).await {
            if String::from_utf8_lossy(&told[..length]).contains("WATCHDOG=1") {
                noted.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            }
        }
    });
    fed
}

impl Watched {
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("rotate.sock")
    }

    pub async fn is_up(&self) {
        while UnixStream::connect(self.socket()).await.is_err() {
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// `rotate status`, which must be answered in this time.
    pub async fn status(&self, within: Duration) -> Result<View, Problem> {
        let begun = Instant::now();
        let client = Client::connect(&self.socket()).await.expect("it listens");
        let answer = client.ask(&Ask::Status {}, &|_| {}).await;
        assert!(begun.elapsed() < within, "status took {:?}", begun.elapsed());
        answer.map_err(|error| match error {
            ClientError::Problem(problem) => problem,
            other => panic!("{other}"),
        })
    }

    /// Asks how things stand, every half a minute, until the daemon says that the last pass could not go on; what it says then.
    pub async fn trouble(&self, within: Duration, status_within: Duration) -> String {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < within, "no trouble is told within {within:?}");
            let status = self.status(status_within).await;
            let lines = status.map_or_else(|problem| problem.state, |view| view.below.join("\n"));
            if let Some(line) = lines.split(['\n', ';']).find(|line| line.contains("the last pass")) {
                return line.trim().to_owned();
            }
            sleep(Duration::from_secs(30)).await;
        }
    }

    /// Waits until only the new container runs, under its right name.
    pub async fn is_switched(&self, within: Duration) {
        let begun = Instant::now();
        while self.switch.running() != ["web new"] {
            assert!(begun.elapsed() < within, "after {within:?} there runs {:?}", self.switch.running());
            sleep(Duration::from_secs(1)).await;
        }
    }
}
