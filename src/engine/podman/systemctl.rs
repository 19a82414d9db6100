//! systemd by its own client: nothing of it stays in memory between two rotations, and what `systemctl` does over its bus is done as it does it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::process::Command;

use super::files;
use super::owner::{Owner, as_user, not_started, not_that_user};
use super::played::played;
use super::said;
use super::shown::{PROPERTIES, read};
use super::written;
use crate::engine::EngineError;
use crate::engine::Services;
use crate::engine::calls::refused;
use crate::model::{Manager, Named, Played, ServiceState, Warning};
use crate::text::masked;
use crate::user::User;

/// systemd answers from memory; on a host that swaps, later.
const LOOK: Duration = Duration::from_secs(20);
/// It runs all generators again, one of them being Podman's.
const RELOAD: Duration = Duration::from_secs(90);
/// All units that make containers, and all else. A pattern leaves out what is down unless it is told not to; an enabled unit is in memory, because the
/// target that will start it wants it.
const ALL: [&str; 7] = ["show", "--all", "--no-pager", "-p", PROPERTIES, "--", "*.service"];
/// A drop-in that says nothing, to Quadlet and to systemd.
const EMPTIED: &str = "# Written by rotate, and about to go.\n";
/// Nobody is reached (the words of systemctl 252–257).
pub(super) const NOBODY: [&str; 4] = ["has not been booted with systemd", "Failed to connect to", "Host is down", "No medium found"];

/// `systemctl` for the manager that an engine's containers belong to.
#[derive(Debug)]
pub struct Systemctl {
    owner: Owner,
}

impl Systemctl {
    /// For the engine of this owner: root's belongs to the system's manager, a user's to that user's.
    pub fn new(owner: Owner) -> Self {
        Self { owner }
    }

    pub(super) async fn systemctl(&self, call: &str, deadline: Duration, args: &[&str]) -> Result<String, EngineError> {
        self.run("systemctl", call, deadline, args).await
    }

    async fn run(&self, program: &str, call: &str, deadline: Duration, args: &[&str]) -> Result<String, EngineError> {
        let command = match self.owner.another(call).await? {
            // The system's manager shows its units to everybody, and the files that it reads are for everybody to read.
            Some(user) if user.id == 0 && matches!(args.first(), Some(&("show" | "cat"))) => for_us(program, false),
            Some(user) => for_another(&user, program),
            None => for_us(program, !rustix::process::geteuid().is_root()),
        };
        ask(program, call, command, deadline, args).await
    }

    /// What the files of a unit say, as they are now: what Quadlet made is as it was when systemd last read its units.
    async fn files_of(&self, name: &str) -> Result<String, EngineError> {
        self.systemctl(&format!("read the files of {name}"), LOOK, &["cat", "--no-pager", "--", name]).await
    }

    /// A user's containers can also be in the hands of units of the system that run as that user.
    async fn all_named(&self) -> Result<Vec<Named>, EngineError> {
        let call = "show units of systemd";
        let (own, manager) = (self.systemctl(call, LOOK, &ALL).await?, self.manager().await?);
        // One of the system's that runs as somebody else speaks to that one's engine.
        let is_ours = |unit: &&ServiceState| manager != Manager::System || ["", "root", "0"].contains(&unit.user.as_str());
        let mut named: Vec<Named> = read(&own).iter().filter(is_ours).flat_map(|unit| Named::by(unit, &manager)).collect();
        if let Some(user) = self.owner.not_root(call).await? {
            let call = format!("show units of the system that run as {}", user.name);
            let systems = read(&ask("systemctl", &call, for_us("systemctl", false), LOOK, &ALL).await?);
            let as_user = systems.iter().filter(|unit| user.is_called(&unit.user));
            named.extend(as_user.flat_map(|unit| Named::by(unit, &Manager::System)));
        }
        Ok(named)
    }

    async fn begin(&self, verb: &str, name: &str) -> Result<(), EngineError> {
        let call = format!("{verb} {name}");
        // A pod of which it is the only member stops and starts with it each time. What cannot be said in time is not waited for again.
        let shown = self.show(&[name.to_owned()]).await.unwrap_or_default();
        let needed = shown.iter().flat_map(|state| &state.requires).filter(|unit| unit.ends_with(".service"));
        let args = ["reset-failed", "--", name].into_iter().chain(needed.map(String::as_str));
        // What is not loaded has no counters, and the verb says so, after those of the others.
        if let Err(error) = self.systemctl(&call, LOOK, &args.collect::<Vec<_>>()).await {
            tracing::debug!("the start limits of {name} and what it needs are not all reset: {error}");
        }
        self.systemctl(&call, LOOK, &[verb, "--no-block", "--", name]).await.map(|_| ())
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
        let mut states = read(&self.systemctl("show units of systemd", LOOK, &args).await?);
        for state in states.iter_mut().filter(|state| state.may_pull_by_arguments()) {
            // Where that cannot be said, no drop-in is relied on.
            state.pulls_by_arguments = !self.files_of(&state.name).await.is_ok_and(|text| written::has_pull(&text));
        }
        Ok(states)
    }

    async fn named(&self) -> Result<Vec<Named>, EngineError> {
        match self.all_named().await {
            // No systemd, no units.
            Err(error) if !has_systemd(&error, is_booted()) => Ok(Vec::new()),
            answer => answer,
        }
    }

    async fn own_image(&self, name: &str) -> Result<Option<String>, EngineError> {
        Ok(written::own_image(&self.files_of(name).await?))
    }

    async fn played(&self, state: &ServiceState) -> Result<Option<Played>, EngineError> {
        Ok(played(&self.owner, state).await)
    }

    async fn log_tail(&self, name: &str, since: Timestamp, lines: usize) -> Result<Vec<String>, EngineError> {
        let (since, lines) = (format!("@{}", since.as_second()), lines.to_string());
        let call = format!("read the log of {name}");
        let args = ["--no-pager", "-q", "-o", "cat", "-n", &lines, "--since", &since, "--unit", name];
        let text = self.run("journalctl", &call, LOOK, &args).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    async fn existing(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, EngineError> {
        files::existing(&self.owner, paths).await
    }

    async fn manager(&self) -> Result<Manager, EngineError> {
        Ok(match self.owner.another("learn whose units these are").await? {
            Some(user) if user.id == 0 => Manager::System,
            Some(user) => Manager::User { name: user.name, id: user.id },
            None if rustix::process::geteuid().is_root() => Manager::System,
            None => Manager::Oneself,
        })
    }

    async fn warning(&self) -> Result<Option<Warning>, EngineError> {
        self.auto_update().await
    }

    async fn restart(&self, name: &str) -> Result<(), EngineError> {
        self.begin("restart", name).await
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        self.begin("start", name).await
    }

    async fn write_files(&self, files: &[(PathBuf, String)]) -> Result<(), EngineError> {
        for (path, text) in files {
            files::write(&self.owner, path, text).await?;
        }
        self.reload().await
    }

    /// They say nothing any more before they go: were they gone, nobody who comes after a process that was killed in between would know that systemd
    /// still goes by them.
    async fn remove_files(&self, paths: &[PathBuf]) -> Result<(), EngineError> {
        for path in &files::existing(&self.owner, paths).await? {
            files::write(&self.owner, path, EMPTIED).await?;
        }
        self.reload().await?;
        for path in paths {
            files::remove(&self.owner, path).await?;
        }
        // It notices what is gone of its own, and would call the unit changed.
        self.reload().await
    }
}

async fn ask(program: &str, call: &str, mut command: Command, deadline: Duration, args: &[&str]) -> Result<String, EngineError> {
    command.args(args).env("LC_ALL", "C").env("SYSTEMD_COLORS", "0").env("SYSTEMD_PAGER", "");
    let said = said::run(call, command, deadline, |error| not_started(call, 501, program, error)).await?;
    let complaint = said.complaint.trim();
    match said.code {
        Some(0) => Ok(said.answer),
        None => Err(EngineError::Unanswered { call: call.to_owned(), detail: format!("{program} was killed") }),
        Some(_) if NOBODY.iter().any(|words| complaint.contains(words)) => Err(refused(call, 501, complaint)),
        Some(_) => Err(not_that_user(call, complaint).unwrap_or_else(|| refused(call, 500, &masked(complaint)))),
    }
}

/// Whether there is a systemd that could have units, after it gave this answer. One that nobody reaches may be about to be back, with all of its units
/// («Failed to connect to bus»: it executes itself again, or its bus is being restarted).
fn has_systemd(error: &EngineError, is_booted: bool) -> bool {
    is_booted || !matches!(error, EngineError::Refused { status: 501, .. })
}

/// sd_booted(3).
fn is_booted() -> bool {
    fs::symlink_metadata("/run/systemd/system").is_ok_and(|found| found.is_dir())
}

/// A program for the system's manager, or for the one of whoever we are.
fn for_us(program: &str, is_user: bool) -> Command {
    let mut command = Command::new(program);
    if is_user {
        command.arg("--user");
        if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
            command.env("XDG_RUNTIME_DIR", format!("/run/user/{}", rustix::process::geteuid().as_raw()));
        }
    }
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    command
}

/// A program for the manager of another, as that user: by its own socket, which needs neither a session's bus nor the package that `--machine=` does.
pub(super) fn for_another(user: &User, program: &str) -> Command {
    let mut command = as_user(user, program);
    if user.id != 0 {
        command.arg("--user").env("XDG_RUNTIME_DIR", format!("/run/user/{}", user.id));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Refusal;

    #[test]
    fn a_host_without_systemd_is_told_from_one_whose_systemd_is_not_reached_or_does_not_answer() {
        let refused = |status| EngineError::Refused { call: "show".into(), refusal: Refusal::Other, status, message: "no".into() };
        let late = EngineError::Unanswered { call: "show".into(), detail: "waited 20 s".into() };
        assert!(!has_systemd(&refused(501), false));
        assert!(has_systemd(&refused(501), true));
        for error in [refused(403), refused(500), late] {
            assert!(has_systemd(&error, false) && has_systemd(&error, true), "{error}");
        }
    }
}
