//! Each call to an engine that does not answer, or not to the end, ends in an error that names it, in the time that it may take.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use rotate::engine::{Docker, Engine, EngineError, Pull};
use rotate::model::{Container, ContainerId, RestartPolicy};
use serde_json::json;
use tokio::time::Instant;

use crate::peer::{Reply, engine, version};
use crate::time::in_quick_time;

/// More than a tick for each step of a call, and less than any deadline.
const SLACK: Duration = Duration::from_secs(4);
/// The grace of the container that is stopped.
const GRACE: u64 = 600;
/// How long the command in the container may take.
const EXEC: Duration = Duration::from_secs(7);

type MakeReply = fn() -> Reply;

type Call<'a> = Pin<Box<dyn Future<Output = Result<(), EngineError>> + 'a>>;

/// Every call whose answer is a document, what it is called in its error, and how many seconds it may take.
fn with_an_answer<'a>(engine: &'a Docker, id: &'a ContainerId) -> Vec<(&'static str, u64, Call<'a>)> {
    let reference = || "10.0.0.1:5000/web:latest".parse().expect("a reference");
    vec![
        ("info", 20, Box::pin(async { engine.info().await.map(drop) })),
        ("list containers", 20, Box::pin(async { engine.containers().await.map(drop) })),
        ("inspect container web", 20, Box::pin(async { engine.container("web").await.map(drop) })),
        ("inspect image web", 20, Box::pin(async { engine.image("web").await.map(drop) })),
        ("inspect volume data", 20, Box::pin(async { engine.has_volume("data").await.map(drop) })),
        ("look for mounted paths", 20, Box::pin(async { engine.check_sources(&["/srv".to_owned()]).await })),
        (
            "ask how container",
            20,
            Box::pin(async {
                let state = json!({ "Status": "exited", "StartedAt": "2026-03-02T08:00:00Z", "FinishedAt": "2026-03-02T08:01:00Z" });
                engine.ending(&Container::new(json!({ "Id": id.as_str(), "State": state }))).await.map(drop)
            }),
        ),
        (
            "ask where 10.0.0.1:5000/web:latest points",
            60,
            Box::pin(async move { engine.remote_digest(&reference(), None).await.map(drop) }),
        ),
        ("run a command in container", EXEC.as_secs(), Box::pin(async { engine.exec(id, &["true".to_owned()], EXEC).await.map(drop) })),
        ("create container web", 60, Box::pin(async { engine.create("web", &json!({}), None).await.map(drop) })),
        ("remove image web", 60, Box::pin(async { engine.remove_image("web").await })),
    ]
}

/// The same for those of which only the status is waited for.
fn with_a_status<'a>(engine: &'a Docker, id: &'a ContainerId) -> Vec<(&'static str, u64, Call<'a>)> {
    let reference = || "10.0.0.1:5000/web:latest".parse().expect("a reference");
    vec![
        ("listen to events", 20, Box::pin(async { engine.life(&[]).await.map(drop) })),
        ("read the log of", 20, Box::pin(async { engine.log_tail(id, 20).await.map(drop) })),
        ("connect container", 60, Box::pin(async { engine.connect(id, "net", &json!({})).await })),
        ("tag web as", 60, Box::pin(async move { engine.tag("web", &reference()).await })),
        ("set the restart policy of container", 60, Box::pin(async { engine.set_restart_policy(id, RestartPolicy::No).await })),
        ("rename container", 60, Box::pin(async { engine.rename(id, "other").await })),
        ("remove container", 60, Box::pin(async { engine.remove(id).await })),
        ("remove volume data", 60, Box::pin(async { engine.remove_volume("data").await })),
        ("start container", 120, Box::pin(async { engine.start(id).await })),
        ("stop container", GRACE + 30, Box::pin(async { engine.stop(id, GRACE, None).await })),
        (
            "pull 10.0.0.1:5000/web:latest",
            300,
            Box::pin(async move { engine.pull(&reference(), Pull { credential: None, platform: None, progress: &|_| {} }).await }),
        ),
    ]
}

/// All calls at once to an engine that answers this to each of them. Each must fail as a call that may still land, and name itself; one that waits,
/// for as long as it may and no longer, and one that is cut, at once.
#[track_caller]
fn check(reply: fn() -> Reply, waits: bool, only_answers: bool) {
    in_quick_time(async {
        let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
        let socket = engine(folder.path(), move |request| if request.ends_with("/version") { version() } else { reply() });
        let (docker, id) = (Docker::connect(&socket).await.expect("it says who it is"), ContainerId::new("c0ffee"));
        let mut calls = with_an_answer(&docker, &id);
        if !only_answers {
            calls.extend(with_a_status(&docker, &id));
        }
        join_all(calls.into_iter().map(|(name, seconds, call)| async move {
            let begun = Instant::now();
            let error = call.await.err().unwrap_or_else(|| panic!("«{name}» had an answer"));
            let (took, limit) = (begun.elapsed(), Duration::from_secs(seconds));
            let is_named = matches!(&error, EngineError::Unanswered { call, .. } if call.contains(name));
            assert!(is_named && error.may_land(), "«{name}»: {error:?}");
            let expected = if waits { limit..limit + SLACK } else { Duration::ZERO..SLACK };
            assert!(expected.contains(&took), "«{name}»: {took:?}");
        }))
        .await;
    });
}

#[test]
fn an_engine_that_accepts_and_never_answers_costs_each_call_its_deadline() {
    check(Reply::silence, true, false);
}

#[test]
fn a_head_of_a_byte_a_minute_costs_each_call_its_deadline() {
    check(Reply::trickled_head, true, false);
}

#[test]
fn a_body_of_a_byte_a_minute_costs_each_call_its_deadline() {
    check(Reply::trickled_body, true, true);
}

#[test]
fn an_answer_cut_in_its_head_or_body_is_none() {
    check(Reply::cut_head, false, false);
    check(Reply::cut_body, false, true);
}

#[test]
fn what_never_says_who_it_is_or_not_to_the_end_is_given_ten_seconds() {
    let cases: [(MakeReply, u64, &str); 5] = [
        (Reply::silence, 10, "no answer within 10 s"),
        (Reply::trickled_head, 10, "no answer within 10 s"),
        (Reply::trickled_body, 10, "no answer within 10 s"),
        (Reply::cut_head, 0, "the connection ended"),
        (Reply::cut_body, 0, "the connection ended"),
    ];
    for (reply, seconds, words) in cases {
        in_quick_time(async {
            let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
            let socket = engine(folder.path(), move |_| reply());
            let begun = Instant::now();
            let error = Docker::connect(&socket).await.err().expect("it is none");
            assert!(matches!(&error, EngineError::Silent { detail, .. } if detail.contains(words)), "{error:?}");
            assert!(error.is_of_the_engine() && error.help().contains("docker version"), "{}", error.help());
            let limit = Duration::from_secs(seconds);
            assert!((limit..limit + SLACK).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        });
    }
}

#[test]
fn a_service_that_the_first_call_starts_is_waited_for_even_at_a_glance() {
    const GLANCE: Duration = Duration::from_secs(3);
    for (name, is_waited_for) in [("podman.sock", true), ("docker.sock", false)] {
        in_quick_time(async {
            let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
            let socket = engine(folder.path(), |_| version().after(Duration::from_secs(7)));
            let place = folder.path().join(name);
            std::os::unix::fs::symlink(socket, &place).expect("a link can be made in /tmp");
            let begun = Instant::now();
            let found = rotate::engine::connect(&place, GLANCE).await.map(drop);
            assert_eq!(found.is_ok(), is_waited_for, "{name}: {found:?}");
            let limit = if is_waited_for { Duration::from_secs(7) } else { GLANCE };
            assert!((limit..limit + SLACK).contains(&begun.elapsed()), "{name}: {:?}", begun.elapsed());
        });
    }
}

#[test]
fn a_stop_of_ten_minutes_is_waited_for_to_its_end() {
    in_quick_time(async {
        let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
        let socket = engine(folder.path(), |request| match request {
            "GET /version" => version(),
            _ => Reply::head(204, "").after(Duration::from_secs(GRACE)),
        });
        let docker = Docker::connect(&socket).await.expect("it says who it is");
        let begun = Instant::now();
        docker.stop(&ContainerId::new("c0ffee"), GRACE, None).await.expect("it is stopped");
        assert!(begun.elapsed() >= Duration::from_secs(GRACE), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_pull_whose_engine_only_says_that_it_waits_or_that_one_more_byte_came_ends() {
    let layer = |status: &str| {
        format!("{{\"status\": \"{status}\", \"id\": \"a\", \"progressDetail\": {{\"current\": 1, \"total\": 9000000}}}}\r\n")
    };
    for (status, every) in [("Waiting", 1), ("Downloading", 60)] {
        in_quick_time(async {
            let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
            let line = layer(status);
            let socket = engine(folder.path(), move |request| match request {
                "GET /version" => version(),
                _ => Reply::whole("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
                    .then_always(Duration::from_secs(every), &line),
            });
            let docker = Docker::connect(&socket).await.expect("it says who it is");
            let begun = Instant::now();
            let reference = "10.0.0.1:5000/web:latest".parse().expect("a reference");
            let error = docker.pull(&reference, Pull { credential: None, platform: None, progress: &|_| {} }).await.expect_err("it hangs");
            assert!(error.to_string().contains("bytes came in the last 300 s"), "{error}");
            let limit = Duration::from_secs(300);
            assert!((limit..limit + SLACK).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        });
    }
}
