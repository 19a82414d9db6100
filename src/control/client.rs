//! A command's end of the socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};

use super::line::Line;
use crate::ask::{Ask, Exit, Problem, View};
use crate::rotation::Watcher;

/// What changes nothing is answered within this time, or the daemon hangs.
const PATIENCE: Duration = Duration::from_secs(300);
/// What writes may have to wait for hours until it is its turn. How often a daemon is asked meanwhile whether it still lives,
const VIGIL: Duration = Duration::from_secs(20);
/// how long it may take to say so,
const SIGN: Duration = Duration::from_secs(10);
/// and how many times in a row it may not.
const MISSED: u32 = 3;

/// No line of an answer is longer.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// No answer from the daemon.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens, or not for this user.
    #[error("cannot reach the daemon at {}: {source}", .socket.display())]
    Unreachable {
        /// Where.
        socket: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It went away, or said what it never says.
    #[error("the daemon at {} gave no answer{}: {detail}", .socket.display(), about(.names))]
    NoAnswer {
        /// Where.
        socket: PathBuf,
        /// The containers that it was asked about, if by name.
        names: Vec<String>,
        /// What was seen.
        detail: String,
    },
    /// It answered that it cannot.
    #[error("{}", .0.error)]
    Problem(Problem),
}

impl ClientError {
    /// As it is shown.
    pub fn problem(&self) -> Problem {
        let with =
            |state: &str, help: &str, exit| Problem { error: self.to_string(), state: state.to_owned(), help: help.to_owned(), exit };
        match self {
            Self::Unreachable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => with(
                "nothing was changed",
                "run it as root, or as a member of the socket's group: `usermod -aG rotate NAME`",
                Exit::NotPermitted,
            ),
            Self::Unreachable { .. } => {
                with("nothing was changed", "start it: `systemctl start rotate`; or leave --socket out", Exit::NoEngine)
            }
            Self::NoAnswer { .. } => with(
                "if a rotation was begun, it is recorded and the daemon's next start goes on with it",
                "once it runs again, `rotate status` tells how things stand, and `rotate history NAME` what became of each; its log: `journalctl -u rotate`",
                Exit::Failed,
            ),
            Self::Problem(problem) => problem.clone(),
        }
    }
}

fn about(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { String::new() } else { format!(" about {}", quoted.join(", ")) }
}

/// A daemon that listens.
pub struct Client {
    socket: PathBuf,
    stream: UnixStream,
}

impl Client {
    /// A daemon that has to be there.
    pub async fn connect(socket: &Path) -> Result<Self, ClientError> {
        let unreachable = |source| ClientError::Unreachable { socket: socket.to_owned(), source };
        let stream = UnixStream::connect(socket).await.map_err(unreachable)?;
        Ok(Self { socket: socket.to_owned(), stream })
    }

    /// A daemon, if one is there. One that does not let this user in is there.
    pub async fn find(socket: &Path) -> Result<Option<Self>, ClientError> {
        match Self::connect(socket).await {
            Ok(client) => Ok(Some(client)),
            Err(ClientError::Unreachable { source, .. })
                if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks, tells what goes on meanwhile, and returns the answer. What writes waits for its turn as long as the daemon lives.
    pub async fn ask(self, ask: &Ask, watcher: &Watcher<'_>) -> Result<View, ClientError> {
        let socket = self.socket.clone();
        let no_answer = |detail| ClientError::NoAnswer { socket: socket.clone(), names: names(ask), detail };
        if ask.writes() {
            return tokio::select! {
                answer = self.follow(ask, watcher) => answer,
                detail = silence(&socket) => Err(no_answer(detail)),
            };
        }
        let detail = format!("waited {} s", PATIENCE.as_secs());
        timeout(PATIENCE, self.follow(ask, watcher)).await.unwrap_or_else(|_| Err(no_answer(detail)))
    }

    async fn follow(self, ask: &Ask, watcher: &Watcher<'_>) -> Result<View, ClientError> {
        let Self { socket, stream } = self;
        let no_answer = |detail: String| ClientError::NoAnswer { socket: socket.clone(), names: names(ask), detail };
        let said = |error: &dyn std::error::Error| no_answer(error.to_string());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| said(&e))?;
        tokio::spawn(connection);
        let (command, fields) = ask.parts().map_err(|e| said(&e))?;
        let request = Request::post(format!("/v1/{command}")).header("host", "rotate").body(Full::new(Bytes::from(fields.to_string())));
        let response = sender.send_request(request.map_err(|e| said(&e))?).await.map_err(|e| said(&e))?;
        let mut body = response.into_body();
        let mut text = Vec::new();
        while let Some(frame) = body.frame().await {
            let mut searched = text.len();
            text.extend_from_slice(&frame.map_err(|e| said(&e))?.into_data().unwrap_or_default());
            while let Some(end) = text.iter().skip(searched).position(|&byte| byte == b'\n') {
                let line: Vec<u8> = text.drain(..=searched + end).collect();
                searched = 0;
                match serde_json::from_slice(&line).map_err(|e| said(&e))? {
                    Line::Progress(progress) => watcher(progress),
                    Line::Answer(view) => return Ok(*view),
                    Line::Problem(problem) => return Err(ClientError::Problem(problem)),
                }
            }
            if text.len() > LONGEST_LINE {
                return Err(no_answer(format!("it sent a line of more than {} MiB", LONGEST_LINE >> 20)));
            }
        }
        Err(no_answer("it went away before it had answered".to_owned()))
    }
}

fn names(ask: &Ask) -> Vec<String> {
    ask.names().into_iter().cloned().collect()
}

/// Ends once the daemon does not answer any more.
async fn silence(socket: &Path) -> String {
    let mut missed = 0;
    let begun = Instant::now();
    while missed < MISSED {
        sleep(VIGIL).await;
        missed = if timeout(SIGN, lives(socket)).await.unwrap_or(false) { 0 } else { missed + 1 };
    }
    format!("it has not said how it does for {} s; what it was asked for may still be done, and is recorded", begun.elapsed().as_secs())
}

/// Asks how it does, which needs no turn.
async fn lives(socket: &Path) -> bool {
    let Ok(stream) = UnixStream::connect(socket).await else { return false };
    let Ok((mut sender, connection)) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await else { return false };
    tokio::spawn(connection);
    let request = Request::get("/v1/daemon").header("host", "rotate").body(Full::new(Bytes::new()));
    let Ok(request) = request else { return false };
    match sender.send_request(request).await {
        Ok(response) => response.into_body().collect().await.is_ok(),
        Err(_) => false,
    }
}
