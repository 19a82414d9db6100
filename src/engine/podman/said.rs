//! What a program said that was run for an answer.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use crate::child::Group;
use crate::engine::EngineError;

/// No answer is longer; the longest is what a container's runtime was told, most of it a list of system calls.
const MOST_BYTES: u64 = 4 << 20;

/// A program's end, and what it wrote before.
#[derive(Debug)]
pub struct Said {
    /// None: a signal ended it.
    pub code: Option<i32>,
    /// On stdout.
    pub answer: String,
    /// On stderr.
    pub complaint: String,
}

/// Runs it to its end, which comes with the deadline at the latest. It must be the leader of a process group, with pipes for what it writes.
///
/// `unstarted` says why it could not be begun. Other errors: [`EngineError::Unanswered`].
pub async fn run(
    call: &str,
    mut command: Command,
    deadline: Duration,
    unstarted: impl FnOnce(&io::Error) -> EngineError,
) -> Result<Said, EngineError> {
    let mut group = Group(command.spawn().map_err(|error| unstarted(&error))?);
    let lost = |detail: String| EngineError::Unanswered { call: call.to_owned(), detail };
    let said = tokio::time::timeout(deadline, listen(&mut group.0)).await.map_err(|_| lost(format!("waited {} s", deadline.as_secs())))?;
    said.map_err(|error| lost(error.to_string()))
}

async fn listen(child: &mut Child) -> io::Result<Said> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (answer, complaint) = tokio::try_join!(read(stdout), read(stderr))?;
    Ok(Said { code: child.wait().await?.code(), answer, complaint })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<String> {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MOST_BYTES).read_to_end(&mut text).await?;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
