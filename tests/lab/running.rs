//! An agent at work, and how it ended.

use std::{
    fmt,
    fs::File,
    io::Read,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Output},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{FaultProxy, Scratch, wait::within};

/// The exit code of a shell whose program was ended by SIGKILL.
const KILLED: i32 = 137;

/// An agent at work. Dropped before its end, it is killed.
pub struct Running<'a> {
    pub(super) scratch: &'a Scratch,
    pub(super) command: String,
    pub(super) is_on_host: bool,
    pub(super) child: Child,
    pub(super) stdout: PathBuf,
    pub(super) stderr: PathBuf,
    /// What its engine is reached through, as long as it runs.
    pub(super) _stand_in: Option<FaultProxy>,
}

impl Running<'_> {
    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    pub fn pid(&self) -> i32 {
        Pid::from_child(&self.child).as_raw_nonzero().get()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap_or_else(|why| panic!("cannot send a signal to `{}`: {why}", self.command));
    }

    /// SIGKILL, and its end.
    pub fn kill(mut self) -> Outcome {
        self.child.kill().expect("a child can be killed");
        self.wait(Duration::from_secs(10))
    }

    /// What it has said on stderr so far.
    pub fn said(&self) -> String {
        text(&self.stderr)
    }

    /// Waits for its end. Panics after `limit`.
    #[track_caller]
    pub fn wait(mut self, limit: Duration) -> Outcome {
        let Some(status) = within(limit, || self.ended()) else {
            panic!("`{}` does not end within {limit:?}; it said:\n{}", self.command, self.said());
        };
        let dumped_core = status.core_dumped();
        let (status, signal) = match status.code() {
            // What a shell says of it.
            Some(KILLED) if self.is_on_host => (None, Some(9)),
            code => (code, status.signal()),
        };
        let outcome =
            Outcome { command: self.command.clone(), status, signal, dumped_core, stdout: text(&self.stdout), stderr: self.said() };
        self.scratch.note(outcome.to_string());
        outcome
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.scratch.note(format!("`{}` did not end by itself; it said:\n{}", self.command, self.said()));
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn text(path: &Path) -> String {
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).expect("what an agent says can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An agent that ended: by itself with a status, or of a signal.
#[derive(Debug, Clone)]
pub struct Outcome {
    command: String,
    pub status: Option<i32>,
    pub signal: Option<i32>,
    pub dumped_core: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Of one that was not started by [`Agent`](super::Agent).
    pub fn of(command: String, output: &Output) -> Outcome {
        let (status, signal, dumped_core) = (output.status.code(), output.status.signal(), output.status.core_dumped());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome { command, status, signal, dumped_core, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Panics with all that was said, unless it ended with this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Outcome {
        assert!(self.status == Some(code), "exit code {code} was expected, but {self}");
        self
    }

    /// Whether it died of SIGKILL.
    pub fn was_killed(&self) -> bool {
        self.signal == Some(9)
    }

    /// The one document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("stdout is not one JSON document ({why}): {self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let end = self.status.map_or_else(|| format!("died of signal {:?}", self.signal), |code| format!("ended with {code}"));
        write!(f, "`{}` {end}\nstdout:\n{}stderr:\n{}", self.command, self.stdout, self.stderr)
    }
}
