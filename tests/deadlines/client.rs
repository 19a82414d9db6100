//! A daemon that hangs, or answers a byte a minute, does not hold the command that asks it for ever; one that lives is waited for.

use std::time::Duration;

use rotate::ask::{Ask, Exit};
use rotate::control::{Client, ClientError};
use rotate::cycle::Request;
use tokio::time::Instant;

use crate::peer::{MINUTE, Reply, engine};
use crate::time::in_quick_time;

const NDJSON: &str = "HTTP/1.1 200 X\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n";

/// Asks a daemon that answers so; the error, and how long it took.
async fn failure(ask: Ask, script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (ClientError, Duration) {
    let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
    let socket = engine(folder.path(), script);
    let begun = Instant::now();
    let answer = Client::connect(&socket).await.expect("it listens").ask(&ask, &|_| {}).await;
    (answer.expect_err("it never answers"), begun.elapsed())
}

#[test]
fn a_question_to_a_daemon_that_never_answers_or_a_byte_a_minute_ends_after_five_minutes() {
    for reply in [Reply::silence, Reply::trickled_head, || Reply::whole(NDJSON).then_always(MINUTE, " ")] {
        in_quick_time(async {
            let (error, took) = failure(Ask::Status {}, move |_| reply()).await;
            assert!(error.to_string().ends_with("gave no answer: waited 300 s"), "{error}");
            assert_eq!(error.problem().exit, Exit::Failed);
            assert!((300..305).contains(&took.as_secs()), "{took:?}");
        });
    }
}

#[test]
fn an_order_to_a_daemon_that_hangs_ends_after_a_minute_and_a_half() {
    for reply in [Reply::silence, Reply::trickled_head, || Reply::stalled(NDJSON)] {
        in_quick_time(async {
            let (error, took) = failure(Ask::Now(Request { names: vec!["web".to_owned()], ..Request::default() }), move |_| reply()).await;
            assert!(error.to_string().contains("gave no answer about `web`: it has not said how it does for "), "{error}");
            let problem = error.problem();
            assert!(problem.exit == Exit::Failed && problem.state.contains("recorded"), "{problem:?}");
            assert!((80..100).contains(&took.as_secs()), "{took:?}");
        });
    }
}

#[test]
fn an_order_to_a_daemon_that_lives_is_waited_for_as_long_as_it_takes() {
    in_quick_time(async {
        let line = r#"{"problem": {"error": "done", "state": "s", "help": "h", "exit": 1}}"#;
        let (error, took) = failure(Ask::Now(Request::default()), move |request| match request {
            "GET /v1/daemon" => Reply::json(200, &serde_json::json!({})),
            _ => Reply::stalled(NDJSON).then_always(Duration::from_secs(1000), &format!("{line}\n")),
        })
        .await;
        assert!(matches!(&error, ClientError::Problem(problem) if problem.error == "done"), "{error:?}");
        assert!(took.as_secs() >= 1000, "{took:?}");
    });
}

#[test]
fn a_daemon_that_goes_away_in_the_middle_is_said_to_have() {
    in_quick_time(async {
        for reply in [Reply::cut_head, || Reply::cut(NDJSON), || Reply::cut(&format!("{NDJSON}{{\"progress\": "))] {
            let (error, took) = failure(Ask::Now(Request::default()), move |_| reply()).await;
            assert!(matches!(error, ClientError::NoAnswer { .. }), "{error:?}");
            assert!(took.as_secs() < 5, "{took:?}");
        }
    });
}
