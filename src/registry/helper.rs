//! Runs a credential helper: one child process for one registry, under a deadline. What it prints on stdout is a secret and is never shown.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::fault::HelperFault;
use crate::child::Group;
use crate::model::Credential;

/// A credential is shorter.
const MOST_BYTES: u64 = 1 << 20;
/// Of what it says on stderr, so much is shown.
const SHOWN_BYTES: u64 = 300;
/// What a helper prints that has nothing for this server (docker/docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &str = "credentials not found in native keychain";
/// The name that stands before an identity token.
const TOKEN: &str = "<token>";

/// Where helpers are looked for, and how long one may take.
#[derive(Debug, Clone)]
pub struct HelperLimits {
    /// Folders as in `$PATH`; one that is not absolute is passed over.
    pub path: OsString,
    /// From its start to its end.
    pub deadline: Duration,
}

impl Default for HelperLimits {
    fn default() -> Self {
        Self { path: std::env::var_os("PATH").unwrap_or_default(), deadline: Duration::from_secs(10) }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// Asks `docker-credential-NAME get` for a server, spelt as Docker spells it. None: it has nothing for it.
///
/// Over the deadline, or with too long an answer, it is killed with its whole process group; so it is if this future is dropped.
pub async fn ask(name: &str, server: &str, limits: &HelperLimits) -> Result<Option<Credential>, HelperFault> {
    let program = find(name, &limits.path).ok_or(HelperFault::Missing)?;
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut group = Group(command.spawn().map_err(|e| HelperFault::NotStarted(e.kind()))?);
    let ended = tokio::time::timeout(limits.deadline, talk(&mut group, server)).await;
    ended.map_err(|_| HelperFault::TooSlow(limits.deadline))?
}

async fn talk(group: &mut Group, server: &str) -> Result<Option<Credential>, HelperFault> {
    let lost = |e: std::io::Error| HelperFault::NotStarted(e.kind());
    if let Some(mut stdin) = group.0.stdin.take() {
        // One that does not want to know the server may close its end.
        let _ = stdin.write_all(server.as_bytes()).await;
    }
    let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
    let (said, complaint) = tokio::try_join!(read(stdout, MOST_BYTES), complaint(stderr))?;
    // Not before both pipes are closed: until then its process id must stay its own, so that the group can be killed.
    let status = group.0.wait().await.map_err(lost)?;
    if said.trim_ascii() == NOT_FOUND.as_bytes() {
        return Ok(None);
    }
    if !status.success() {
        return Err(HelperFault::Failed { code: status.code(), stderr: complaint });
    }
    // The parser's own message may quote the secret: it is dropped.
    let answer: Answer = serde_json::from_slice(&said).map_err(|_| HelperFault::Garbage)?;
    match answer {
        Answer { username, secret } if username.is_empty() && secret.is_empty() => Ok(None),
        Answer { username, secret } if username == TOKEN => Ok(Some(Credential::IdentityToken(secret))),
        Answer { username, secret } => Ok(Some(Credential::Basic { username, password: secret })),
    }
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> Result<Vec<u8>, HelperFault> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most + 1).read_to_end(&mut bytes).await.map_err(|e| HelperFault::NotStarted(e.kind()))?;
    }
    if bytes.len() as u64 > most { Err(HelperFault::TooLong) } else { Ok(bytes) }
}

/// The beginning of what it says on stderr, as one line; the rest is read, too, so that no full pipe holds it up.
async fn complaint(pipe: Option<impl AsyncRead + Unpin>) -> Result<String, HelperFault> {
    let Some(mut pipe) = pipe else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    let lost = |e: std::io::Error| HelperFault::NotStarted(e.kind());
    (&mut pipe).take(SHOWN_BYTES).read_to_end(&mut bytes).await.map_err(lost)?;
    tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await.map_err(lost)?;
    let text: String = String::from_utf8_lossy(&bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(text.trim().to_owned())
}

/// The program of this name in the first absolute folder that has one which can be executed. A name is never a path.
fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    let program = format!("docker-credential-{name}");
    let is_plain = !name.is_empty() && !name.contains('/');
    let is_executable = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(&program)).find(|path| is_plain && is_executable(path))
}
