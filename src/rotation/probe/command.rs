//! Runs one command of the operator's on the host: no shell, a clean environment, a process group of its own.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::ask::Trouble;
use super::connect::said;
use crate::child::Group;
use crate::engine::{Executed, last_line};

/// Where a command finds others.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Of what it prints so much is looked at, from the end.
const KEPT_BYTES: usize = 4096;

/// Runs it to its end, which is when it has ended and closed its output. Dropped before, it is killed with its whole process group.
pub async fn run(argv: &[String], environment: &[(&str, String)]) -> Result<Executed, Trouble> {
    let Some((program, arguments)) = argv.split_first() else { return Err(Trouble::NotMade("the command is empty".into())) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", PATH).envs(environment.iter().map(|(key, value)| (key, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let not_made = |e: std::io::Error| Trouble::NotMade(format!("cannot run {program}: {}", said(&e)));
    let mut group = Group(command.spawn().map_err(not_made)?);
    let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
    let (stdout, stderr) = tokio::join!(tail(stdout), tail(stderr));
    let status = group.0.wait().await.map_err(not_made)?;
    let printed = if stderr.is_empty() { stdout } else { stderr };
    // One that died of a signal has no code; a shell would say 128 + n.
    let code = status.code().or_else(|| std::os::unix::process::ExitStatusExt::signal(&status).map(|n| 128 + n)).unwrap_or(-1);
    Ok(Executed { code: i64::from(code), output: last_line(&printed) })
}

/// The end of what comes through a pipe; all of it is read, so that no full pipe holds the command up.
async fn tail(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let (mut kept, mut chunk) = (Vec::new(), [0; 1024]);
    let Some(mut pipe) = pipe else { return kept };
    while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
        kept.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let over = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..over);
    }
    kept
}
