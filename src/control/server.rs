//! The daemon's end of the socket. Bounded in every way: sizes, times, connections, requests a second.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_io_timeout::TimeoutStream;

use super::line::Line;
use crate::ask::{Ask, Exit, Problem, View};
use crate::rotation::Progress;

/// Connections at the same time; further ones wait to be accepted.
const CONNECTIONS: usize = 128;
/// Of these, watchers: however many there are, questions are answered.
const WATCHERS: usize = 96;
/// Between two connections that are accepted, at least.
const PAUSE: Duration = Duration::from_millis(2);
/// A request has to have arrived within this time, and what is answered has to be taken within it, piece by piece.
const REQUEST: Duration = Duration::from_secs(10);
/// No request that means something is larger.
const LARGEST: usize = 64 * 1024;

/// Whoever answers. Shared by all connections.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Answers one question. What writes waits for its turn.
    async fn answer(&self, ask: Ask) -> Result<View, Problem>;
    /// What goes on from now on, in all rotations.
    fn progress(&self) -> Receiver<Progress>;
    /// How the daemon itself does, as a document.
    fn state(&self) -> Value;
    /// How it and its engines do, in Prometheus's text format.
    fn metrics(&self) -> Result<String, Problem>;
}

/// What the answers need.
#[derive(Clone)]
struct Shared {
    desk: Arc<dyn Desk>,
    watchers: Arc<Semaphore>,
}

/// At work in the background.
pub struct Server {
    accepting: JoinHandle<()>,
    slots: Arc<Semaphore>,
}

impl Server {
    /// Accepts nobody any more, and waits until nobody is being answered, at most so long: watchers stay until the end.
    pub async fn drain(&self, most: Duration) {
        self.accepting.abort();
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        let _ = timeout(most, self.slots.acquire_many(all)).await;
    }
}

/// Accepts and answers from now on.
pub fn serve(listener: UnixListener, desk: Arc<dyn Desk>) -> Server {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let shared = Shared { desk, watchers: Arc::new(Semaphore::new(WATCHERS)) };
    Server { accepting: tokio::spawn(accept(listener, shared, Arc::clone(&slots))), slots }
}

async fn accept(listener: UnixListener, shared: Shared, slots: Arc<Semaphore>) {
    let router = Router::new()
        .route("/v1/watch", get(watch))
        .route("/v1/daemon", get(state))
        .route("/metrics", get(metrics))
        .route("/v1/{command}", get(asked).post(asked))
        .fallback(async || refused(StatusCode::NOT_FOUND, "there is no such path"))
        .with_state(shared);
    let mut pace = interval(PAUSE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, perhaps: not to be tried again at once.
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        pace.tick().await;
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _slot = slot;
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(REQUEST).keep_alive(false).max_buf_size(LARGEST);
            // Whoever does not read what is answered is not waited for.
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(REQUEST));
            if let Err(error) = http.serve_connection(TokioIo::new(Box::pin(stream)), service).await {
                tracing::debug!("a client went away: {error}");
            }
        });
    }
}

async fn state(State(Shared { desk, .. }): State<Shared>) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], format!("{}\n", desk.state())).into_response()
}

/// At the path and in the format that Prometheus asks for, so without a version of ours.
async fn metrics(State(Shared { desk, .. }): State<Shared>) -> Response {
    match desk.metrics() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(problem) => whole(Err(problem)),
    }
}

async fn watch(State(Shared { desk, watchers }): State<Shared>) -> Response {
    let Ok(slot) = watchers.try_acquire_owned() else { return refused(StatusCode::SERVICE_UNAVAILABLE, "too many watch already") };
    let lines = stream::unfold((desk.progress(), slot), async |(mut progress, slot)| {
        Some((Ok::<_, Infallible>(next(&mut progress).await?.bytes()), (progress, slot)))
    });
    ndjson(Body::from_stream(lines))
}

/// The next thing that goes on; a client that reads too slowly misses some. None: the daemon ends.
async fn next(progress: &mut Receiver<Progress>) -> Option<Line> {
    loop {
        match progress.recv().await {
            Ok(progress) => return Some(Line::Progress(progress)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

async fn asked(State(Shared { desk, .. }): State<Shared>, Path(command): Path<String>, request: Request) -> Response {
    let is_post = request.method() == axum::http::Method::POST;
    let body = match timeout(REQUEST, to_bytes(request.into_body(), LARGEST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return refused(StatusCode::PAYLOAD_TOO_LARGE, &format!("the request cannot be read: {error}")),
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time"),
    };
    let ask = match question(&command, &body) {
        Ok(ask) => ask,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if !is_post && ask.writes() {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "GET changes nothing: use POST");
    }
    let is_long = ask.rotates();
    let progress = desk.progress();
    if !ask.writes() {
        return whole(desk.answer(ask).await);
    }
    // On its own, so that it goes on if the client goes away.
    let answer = tokio::spawn(async move { desk.answer(ask).await });
    if is_long {
        return ndjson(Body::from_stream(stream::unfold(Some((progress, answer)), following)));
    }
    whole(answer.await.unwrap_or_else(|_| Err(lost())))
}

/// An answer in one piece.
fn whole(answer: Result<View, Problem>) -> Response {
    let status = answer.as_ref().map_or_else(|problem| status(problem.exit), |_| StatusCode::OK);
    (status, ndjson(Body::from(last(answer).bytes()))).into_response()
}

type Work = JoinHandle<Result<View, Problem>>;

async fn following(at: Option<(Receiver<Progress>, Work)>) -> Option<(Result<Bytes, Infallible>, Option<(Receiver<Progress>, Work)>)> {
    let (mut progress, mut work) = at?;
    tokio::select! {
        // What happened before the answer is told before it.
        biased;
        Some(line) = next(&mut progress) => Some((Ok(line.bytes()), Some((progress, work)))),
        answer = &mut work => Some((Ok(last(answer.unwrap_or_else(|_| Err(lost()))).bytes()), None)),
    }
}

fn last(answer: Result<View, Problem>) -> Line {
    answer.map_or_else(Line::Problem, |view| Line::Answer(Box::new(view)))
}

/// A body that is empty asks for no more than the command.
fn question(command: &str, body: &[u8]) -> serde_json::Result<Ask> {
    let fields: Value = if body.is_empty() { json!({}) } else { serde_json::from_slice(body)? };
    Ask::read(command, fields)
}

fn ndjson(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

fn refused(status: StatusCode, error: &str) -> Response {
    let state = "nothing was changed".to_owned();
    let help = "`docs/socket.md` tells what can be asked, and how".to_owned();
    let problem = Problem { error: error.to_owned(), state, help, exit: Exit::Usage };
    (status, ndjson(Body::from(Line::Problem(problem).bytes()))).into_response()
}

fn lost() -> Problem {
    Problem {
        error: "the daemon failed while it worked on this".to_owned(),
        state: "a rotation that was begun is recorded".to_owned(),
        help: "see its log: `journalctl -u rotate`; its next run goes on from there".to_owned(),
        exit: Exit::Failed,
    }
}

fn status(exit: Exit) -> StatusCode {
    match exit {
        Exit::Usage => StatusCode::NOT_FOUND,
        Exit::NotPermitted => StatusCode::FORBIDDEN,
        Exit::NoEngine | Exit::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Exit::Done | Exit::Failed | Exit::PersonNeeded | Exit::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
