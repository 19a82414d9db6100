//! The whole daemon, in the middle of a rotation, with an engine that takes its time, hangs, trickles or breaks off: it answers at its socket at once,
//! its watchdog is fed, and what cannot go on is said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rotate::ask::{Ask, Exit, Problem, View, Where};
use rotate::clock::Clock;
use rotate::config::Config;
use rotate::control::{Client, ClientError};
use rotate::cycle::Request;
use rotate::daemon::{Start, run};
use tempfile::TempDir;
use tokio::net::{UnixDatagram, UnixStream};
use tokio::time::{Instant, sleep};

use crate::peer::Reply;
use crate::switch::Switch;
use crate::time::{QuickClock, in_quick_time};

/// `WatchdogSec=` of the unit.
const WATCHDOG: Duration = Duration::from_secs(60);
/// For what does not wait for the engine, and for what waits for a glance at it: 3 s for who it is, and as much for a container.
const AT_ONCE: Duration = Duration::from_secs(2);
const AT_A_GLANCE: Duration = Duration::from_secs(7);

/// A daemon at work.
struct Watched {
    folder: TempDir,
    switch: Switch,
}

/// Runs the daemon over this switch, on an engine that answers as `odd` says, and the test beside it. Its watchdog is fed all the while.
fn beside_a_daemon<T: Future<Output = ()>>(
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
fn beside_a_daemon_by<T: Future<Output = ()>>(
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

/// A clock that never wakes who sleeps for a moment, as a loop at a gate does, once it is told so: such a pass hangs.
struct Stopped(QuickClock, Arc<AtomicBool>);

#[async_trait]
impl Clock for Stopped {
    fn at(&self) -> Timestamp {
        self.0.at()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        if self.1.load(Ordering::Relaxed) && duration < Duration::from_secs(3) {
            std::future::pending::<()>().await;
        }
        self.0.sleep(duration).await;
    }
}

#[test]
fn a_pass_that_hangs_is_not_fed_for_and_questions_are_answered_all_the_same() {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let stops = Arc::clone(&is_stopped);
    let stopped_at = Arc::new(Mutex::new(None));
    let stops_at = Arc::clone(&stopped_at);
    beside_a_daemon_by(
        move || Arc::new(Stopped(QuickClock::start(), is_stopped)),
        "a_pass_that_hangs_is_not_fed_for_and_questions_are_answered_all_the_same",
        Switch::new(10),
        |_| None,
        async move |daemon| {
            daemon.is_switched(Duration::from_secs(60)).await;
            stops.store(true, Ordering::Relaxed);
            stops_at.lock().unwrap_or_else(PoisonError::into_inner).replace(Instant::now());
            for _ in 0..30 {
                daemon.status(AT_ONCE).await.expect("an answer");
                sleep(Duration::from_secs(30)).await;
            }
        },
        move |fed| {
            let stopped_at = stopped_at.lock().unwrap_or_else(PoisonError::into_inner).expect("it stopped");
            let last = fed.last().map(|last| last.saturating_duration_since(stopped_at)).expect("it was fed");
            assert!(last < Duration::from_secs(11 * 60), "it was fed {last:?} after the pass began to hang");
            assert!(last > WATCHDOG, "a long wait is no hang");
        },
    );
}

/// Runs one test of this binary with an environment as of systemd.
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
    fn socket(&self) -> PathBuf {
        self.folder.path().join("rotate.sock")
    }

    async fn is_up(&self) {
        while UnixStream::connect(self.socket()).await.is_err() {
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// `rotate status`, which must be answered in this time.
    async fn status(&self, within: Duration) -> Result<View, Problem> {
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
    async fn trouble(&self, within: Duration, status_within: Duration) -> String {
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
    async fn is_switched(&self, within: Duration) {
        let begun = Instant::now();
        while self.switch.running() != ["web new"] {
            assert!(begun.elapsed() < within, "after {within:?} there runs {:?}", self.switch.running());
            sleep(Duration::from_secs(1)).await;
        }
    }
}

#[test]
fn while_a_container_takes_ten_minutes_to_stop_it_says_so_at_once_and_then_goes_on() {
    let (grace, switch) = (Duration::from_secs(600), Switch::new(600));
    let stopped = switch.clone();
    let odd = move |request: &str| {
        let stopped = stopped.clone();
        (request.starts_with("POST /containers/old/stop") && !stopped.running().is_empty()).then(|| {
            tokio::spawn(async move {
                sleep(grace).await;
                stopped.stop();
            });
            Reply::head(204, "").after(grace)
        })
    };
    beside_a_daemon("while_a_container_takes_ten_minutes_to_stop_it_says_so_at_once_and_then_goes_on", switch, odd, async |daemon| {
        daemon.is_up().await;
        sleep(Duration::from_secs(5)).await;
        for _ in 0..18 {
            let status = daemon.status(AT_ONCE).await.expect("an answer");
            assert!(status.below.iter().any(|line| line.contains("web: stop the old container")), "{:?}", status.below);
            sleep(Duration::from_secs(30)).await;
        }
        daemon.is_switched(Duration::from_secs(120)).await;
    });
}

#[test]
fn a_stop_that_is_never_answered_is_told_with_its_container_its_state_and_what_to_do() {
    let odd = |request: &str| request.starts_with("POST /containers/old/stop").then(Reply::silence);
    beside_a_daemon(
        "a_stop_that_is_never_answered_is_told_with_its_container_its_state_and_what_to_do",
        Switch::new(10),
        odd,
        async |daemon| {
            daemon.is_up().await;
            let begun = Instant::now();
            let client = Client::connect(&daemon.socket()).await.expect("it listens");
            let ask = Ask::Now(Request { names: vec!["web".into()], ..Request::default() });
            let mut asked = std::pin::pin!(client.ask(&ask, &|_| {}));
            let view = loop {
                tokio::select! {
                    answer = &mut asked => break answer.expect("an answer"),
                    () = sleep(Duration::from_secs(30)) => drop(daemon.status(AT_ONCE).await.expect("an answer")),
                }
            };
            // Each pass repeats it for three minutes, each time for the grace and half a minute; this one had to wait for another.
            assert!(begun.elapsed() < Duration::from_secs(2 * 250), "{:?}", begun.elapsed());
            let trouble = view.trouble.first().expect("trouble");
            assert!(
                trouble.error.contains("`web`: its rotation is not finished: no answer to «stop container old»: waited 40 s"),
                "{trouble:?}"
            );
            assert!(trouble.state.contains("between its old and its new container and may be down"), "{trouble:?}");
            assert!(trouble.help.contains("docker inspect web"), "{trouble:?}");
            assert_eq!(view.document["containers"][0]["state"], trouble.state.as_str());
            assert_eq!(view.exit, Exit::Failed);
            assert_eq!(daemon.switch.running(), ["web old"]);
        },
    );
}

#[test]
fn an_engine_that_never_answers_again_is_told_at_a_glance_and_gone_on_with_once_it_does() {
    let healed = Arc::new(Mutex::new(None::<Instant>));
    let is_healed = Arc::clone(&healed);
    let odd = move |_: &str| is_healed.lock().unwrap_or_else(PoisonError::into_inner).is_none().then(Reply::silence);
    beside_a_daemon(
        "an_engine_that_never_answers_again_is_told_at_a_glance_and_gone_on_with_once_it_does",
        Switch::new(10),
        odd,
        async |daemon| {
            daemon.is_up().await;
            let told = daemon.trouble(Duration::from_secs(60), AT_A_GLANCE).await;
            assert!(told.contains("does not say who it is: no answer within 10 s"), "{told}");
            let problem = daemon.status(AT_A_GLANCE).await.expect_err("it knows nothing of containers");
            assert!(problem.error.contains("no answer within 3 s") && problem.help.contains("docker version"), "{problem:?}");
            assert!(problem.state.contains("a rotation of `web` is open"), "{problem:?}");
            healed.lock().unwrap_or_else(PoisonError::into_inner).replace(Instant::now());
            daemon.is_switched(Duration::from_secs(180)).await;
        },
    );
}

#[test]
fn an_engine_that_tells_of_containers_a_byte_a_minute_is_told_at_a_glance() {
    let odd = |request: &str| (request.starts_with("GET /containers/") && !request.contains("/json?")).then(Reply::trickled_body);
    beside_a_daemon("an_engine_that_tells_of_containers_a_byte_a_minute_is_told_at_a_glance", Switch::new(10), odd, async |daemon| {
        daemon.is_up().await;
        for _ in 0..10 {
            let status = daemon.status(AT_A_GLANCE).await.expect("it tells of the others");
            let row = status.rows.iter().find(|row| row[0] == "web").expect("a row").join("  ");
            assert!(row.contains("no answer"), "{row}");
            assert!(row.contains("waited 3 s"), "{row}");
            sleep(Duration::from_secs(30)).await;
        }
        assert_eq!(daemon.switch.running(), ["web old"]);
    });
}

#[test]
fn acts_whose_answers_are_cut_in_the_middle_are_repeated_and_the_switch_ends() {
    let (switch, cut) = (Switch::new(10), Mutex::new(std::collections::HashSet::new()));
    let engine = switch.clone();
    let odd = move |request: &str| {
        let is_first = request.starts_with("POST ") && cut.lock().unwrap_or_else(PoisonError::into_inner).insert(request.to_owned());
        is_first.then(|| {
            drop(engine.answer(request)); // it is done all the same
            Reply::cut_head()
        })
    };
    beside_a_daemon("acts_whose_answers_are_cut_in_the_middle_are_repeated_and_the_switch_ends", switch, odd, async |daemon| {
        daemon.is_up().await;
        daemon.is_switched(Duration::from_secs(60)).await;
        daemon.status(AT_ONCE).await.expect("an answer");
    });
}
