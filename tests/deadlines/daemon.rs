//! The whole daemon, in the middle of a rotation, with an engine that takes its time, hangs, trickles or breaks off: it answers at its socket at once,
//! its watchdog is fed, and what cannot go on is said.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rotate::ask::{Ask, Exit};
use rotate::clock::Clock;
use rotate::control::Client;
use rotate::cycle::Request;
use tokio::time::{Instant, sleep};

use crate::peer::Reply;
use crate::switch::Switch;
use crate::time::QuickClock;
use crate::watched::{WATCHDOG, beside_a_daemon, beside_a_daemon_by};

/// For what does not wait for the engine, and for what waits for a glance at it: 3 s for who it is, and as much for a container.
const AT_ONCE: Duration = Duration::from_secs(2);
const AT_A_GLANCE: Duration = Duration::from_secs(7);

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
