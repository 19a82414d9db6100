//! systemd by its own client: nothing of it stays in memory between two rotations, and what `systemctl` does over its bus is done as it does it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::process::Command;

use super::shown::{PROPERTIES, read};
use crate::child::Group;
use crate::engine::EngineError;
use crate::engine::Services;
use crate::engine::calls::refused;
use crate::model::{ServiceState, Warning};
use crate::text::masked;

/// systemd answers from memory; on a host that swaps, later.
const LOOK: Duration = Duration::from_secs(20);
/// It runs all generators again, one of them being Podman's.
const RELOAD: Duration = Duration::from_secs(90);
/// There is nobody to ask (the words of systemctl 252–257).
const NOBODY: [&str; 4] = ["has not been booted with systemd", "Failed to connect to", "Host is down", "No medium found"];

/// `systemctl` for the manager that an engine's containers belong to.
#[derive(Debug)]
pub struct Systemctl {
    socket: PathBuf,
}

impl Systemctl {
    /// For the engine at this socket: root's belongs to the system's manager, a user's to that user's.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    pub(super) async fn systemctl(&self, call: &str, deadline: Duration, args: &[&str]) -> Result<String, EngineError> {
        self.run("systemctl", call, deadline, args).await
    }

    async fn run(&self, program: &str, call: &str, deadline: Duration, args: &[&str]) -> Result<String, EngineError> {
        let mut command = Command::new(program);
        if let Some(user) = self.user(call)? {
            command.arg("--user");
            if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
                command.env("XDG_RUNTIME_DIR", format!("/run/user/{user}"));
            }
        }
        command.args(args).env("LC_ALL", "C").env("SYSTEMD_COLORS", "0").env("SYSTEMD_PAGER", "");
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut group = Group(command.spawn().map_err(|error| not_started(call, program, &error))?);
        let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
        let lost = |detail: String| EngineError::Unanswered { call: call.to_owned(), detail };
        let said = async { tokio::try_join!(super::client::read(stdout), super::client::read(stderr)) };
        let said = tokio::time::timeout(deadline, said).await.map_err(|_| lost(format!("waited {} s", deadline.as_secs())))?;
        let (answer, complaint) = said.map_err(|error| lost(error.to_string()))?;
        let status = group.0.wait().await.map_err(|error| lost(error.to_string()))?;
        match status.code() {
            Some(0) => Ok(answer),
            None => Err(lost(format!("{program} was killed"))),
            Some(_) if NOBODY.iter().any(|words| complaint.contains(words)) => Err(refused(call, 501, complaint.trim())),
            Some(_) => Err(refused(call, 500, &masked(complaint.trim()))),
        }
    }

    /// Whose manager it is; none: the system's. Another user's is that user's own business.
    pub(super) fn user(&self, call: &str) -> Result<Option<u32>, EngineError> {
        let owner = fs::metadata(&self.socket).map_or(0, |socket| socket.uid());
        match owner {
            0 => Ok(None),
            owner if owner == rustix::process::geteuid().as_raw() => Ok(Some(owner)),
            owner => Err(refused(call, 403, &format!("the units of another user: run rotate as that user (id {owner})"))),
        }
    }

    async fn reload(&self) -> Result<(), EngineError> {
        self.systemctl("read the units of systemd again", RELOAD, &["daemon-reload"]).await.map(|_| ())
    }
}

#[async_trait]
impl Services for Systemctl {
    async fn show(&self, names: &[String]) -> Result<Vec<ServiceState>, EngineError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = vec!["show", "--no-pager", "-p", PROPERTIES, "--"];
        args.extend(names.iter().map(String::as_str));
        Ok(read(&self.systemctl("show units of systemd", LOOK, &args).await?))
    }

    async fn log_tail(&self, name: &str, since: Timestamp, lines: usize) -> Result<Vec<String>, EngineError> {
        let (since, lines) = (format!("@{}", since.as_second()), lines.to_string());
        let unit = if self.user("read the journal")?.is_some() { "--user-unit" } else { "--unit" };
        let args = ["--no-pager", "-q", "-o", "cat", "-n", &lines, "--since", &since, unit, name];
        let text = self.run("journalctl", &format!("read the log of {name}"), LOOK, &args).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn has_file(&self, path: &Path) -> bool {
        path.exists()
    }

    async fn warning(&self) -> Result<Option<Warning>, EngineError> {
        self.auto_update().await
    }

    async fn restart(&self, name: &str) -> Result<(), EngineError> {
        let call = format!("restart {name}");
        // What is not loaded has no counters, and the restart says so.
        if let Err(error) = self.systemctl(&call, LOOK, &["reset-failed", "--", name]).await {
            tracing::debug!("the start limit of {name} is not reset: {error}");
        }
        self.systemctl(&call, LOOK, &["restart", "--no-block", "--", name]).await.map(|_| ())
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.systemctl(&format!("start {name}"), LOOK, &["start", "--no-block", "--", name]).await.map(|_| ())
    }

    async fn write_files(&self, files: &[(PathBuf, String)]) -> Result<(), EngineError> {
        for (path, text) in files {
            write(path, text).map_err(|error| refused(&format!("write {}", path.display()), 400, &error.to_string()))?;
        }
        self.reload().await
    }

    async fn remove_files(&self, paths: &[PathBuf]) -> Result<(), EngineError> {
        for path in paths {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(refused(&format!("remove {}", path.display()), 400, &error.to_string()));
                }
                Ok(()) | Err(_) => {}
            }
            if let Some(folder) = path.parent() {
                // Not ours alone if there is something else in it.
                let _ = fs::remove_dir(folder);
            }
        }
        self.reload().await
    }
}

/// Whole or not at all, also after a power cut: half a drop-in may keep a unit from being made.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let part = path.with_extension("part");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    fs::File::open(folder)?.sync_all()
}

fn not_started(call: &str, program: &str, error: &io::Error) -> EngineError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no program `{program}` in $PATH"),
        _ => format!("{program} cannot be run: {error}"),
    };
    refused(call, 501, &why)
}
