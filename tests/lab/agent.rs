//! The agent as a process: its binary, its flags, a clean environment, its end.

use std::{
    env, fmt,
    fs::{self, File, Permissions},
    io::Read,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Scratch, wait::within};

/// No command of a test takes longer.
const LIMIT: Duration = Duration::from_secs(300);

/// An agent about to be started. Nothing of the caller's environment reaches it: no engine, no key, no credentials, no proxy.
pub struct Agent<'a> {
    scratch: &'a Scratch,
    engine: String,
    config: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    env: Vec<(String, String)>,
    /// Begins with this command, which becomes the agent in the end.
    under: Vec<String>,
    is_nobody: bool,
    is_on_host: bool,
    user: Option<&'static str>,
}

impl<'a> Agent<'a> {
    pub(super) fn new(scratch: &'a Scratch) -> Agent<'a> {
        let engine = address(&scratch.host.socket());
        let (env, under) = (Vec::new(), Vec::new());
        Agent { scratch, engine, config: None, state_dir: None, env, under, is_nobody: false, is_on_host: false, user: None }
    }

    /// Another socket than the engine's own: a proxy's, or one that is none.
    pub fn engine(mut self, socket: &Path) -> Self {
        self.engine = address(socket);
        self
    }

    /// Whatever shall stand after `--engine`; nothing leaves the flag out.
    pub fn engine_flag(mut self, value: &str) -> Self {
        value.clone_into(&mut self.engine);
        self
    }

    /// The text of a configuration file of its own.
    pub fn config(mut self, text: &str) -> Self {
        self.config = Some(self.scratch.file("rotate.toml", text));
        self
    }

    /// Another state directory than the test's own.
    pub fn state_dir(mut self, path: &Path) -> Self {
        self.state_dir = Some(path.to_owned());
        self
    }

    /// On the host itself, as in real life: it sees the engine's networks and processes. With a state directory of its own, without signals.
    pub fn on_host(mut self) -> Self {
        self.is_on_host = true;
        self
    }

    /// In a mount namespace of its own, once this shell script has run there: what it mounts goes with the agent, and nobody else sees it.
    pub fn after_mounts(mut self, script: &str) -> Self {
        self.under.extend(["unshare", "--mount", "--propagation", "private", "sh", "-ec"].map(str::to_owned));
        self.under.extend([format!("{script}\nexec \"$@\""), "_".to_owned()]);
        self
    }

    /// Run by a user who owns nothing (65534) and is in no group. Opens the test's folder to be entered by others.
    pub fn by_nobody(mut self) -> Self {
        self.is_nobody = true;
        self.under.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(str::to_owned));
        self
    }

    /// Begins with this command, which becomes the agent: see [`super::trace`].
    pub fn under(mut self, command: Vec<String>) -> Self {
        self.under.extend(command);
        self
    }

    /// On the host, as the user whose engine it is.
    pub fn on_host_as_owner(mut self) -> Self {
        self.user = self.has_rootless_engine().then_some("op");
        self.on_host()
    }

    /// On the host, as a user who is not root and may talk to the engine.
    pub fn on_host_without_root(mut self) -> Self {
        self.user = Some(if self.has_rootless_engine() { "op" } else { "nobody" });
        self.on_host()
    }

    /// Where it may leave a core dump: in this folder, of any size.
    pub fn may_dump_core(mut self, folder: &Path) -> Self {
        let script = format!("ulimit -c unlimited && cd '{}' && exec \"$@\"", folder.display());
        self.under.extend(["sh".to_owned(), "-c".to_owned(), script, "_".to_owned()]);
        self
    }

    fn has_rootless_engine(&self) -> bool {
        self.scratch.host.engine().ends_with("-rootless")
    }

    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Runs it to its end. Panics if that takes more than five minutes.
    #[track_caller]
    pub fn run(self, args: &[&str]) -> Outcome {
        self.spawn(args).wait(LIMIT)
    }

    /// Starts it, for a test that wants to disturb it.
    #[track_caller]
    pub fn spawn(self, args: &[&str]) -> Running<'a> {
        let folder = tempfile::Builder::new().prefix("agent-").tempdir_in(self.scratch.dir()).expect("a folder can be made in /tmp").keep();
        let (stdout, stderr) = (folder.join("stdout"), folder.join("stderr"));
        let create = |path| File::create(path).expect("a file can be made in /tmp");
        let mut command = if self.is_on_host { self.on_the_host() } else { self.here() };
        command.stdin(std::process::Stdio::null()).stdout(create(&stdout)).stderr(create(&stderr));
        let child = command.args(args).spawn().expect("the agent can be started");
        Running { scratch: self.scratch, command: format!("rotate {}", args.join(" ")), child, stdout, stderr }
    }
}

impl Agent<'_> {
    fn here(&self) -> Command {
        let program = if self.is_nobody { self.copy_for_all() } else { PathBuf::from(env!("CARGO_BIN_EXE_rotate")) };
        let mut command = match self.under.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("HOME", self.scratch.dir());
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        if !self.engine.is_empty() {
            command.args(["--engine", &self.engine]);
        }
        command.arg("--state-dir").arg(self.state_dir.clone().unwrap_or_else(|| self.scratch.state_dir()));
        command
    }

    /// The folder of the build is perhaps not everybody's.
    fn copy_for_all(&self) -> PathBuf {
        let (folder, copy) = (self.scratch.dir(), self.scratch.dir().join("rotate"));
        fs::copy(env!("CARGO_BIN_EXE_rotate"), &copy).expect("a program can be copied to /tmp");
        for path in [folder, &copy] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).expect("rights can be given in /tmp");
        }
        copy
    }

    fn on_the_host(&self) -> Command {
        let host = self.scratch.host;
        let folder = self.scratch.host_dir();
        let program = host.install(Path::new(env!("CARGO_BIN_EXE_rotate")));
        let state_dir = format!("{folder}/state-{}", self.user.unwrap_or("root"));
        let mut command = match self.user {
            None => host.command(&[&program]),
            Some(user) => {
                host.exec(&["install", "-d", "-o", user, "-m", "700", &state_dir]);
                host.command(&["runuser", "-u", user, "-G", "docker", "--", "env", &format!("HOME=/home/{user}"), &program])
            }
        };
        if let Some(config) = &self.config {
            let text = fs::read_to_string(config).expect("the configuration was just written");
            command.args(["--config", &self.scratch.host_file("rotate.toml", &text)]);
        }
        command.args(["--state-dir", &state_dir]);
        command
    }
}

fn address(socket: &Path) -> String {
    format!("unix://{}", socket.display())
}

/// An agent at work. Dropped before its end, it is killed.
pub struct Running<'a> {
    scratch: &'a Scratch,
    command: String,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
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
        let (status, signal, dumped_core) = (status.code(), status.signal(), status.core_dumped());
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
