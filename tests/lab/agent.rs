//! The agent as a process: its binary, its flags, a clean environment, its end.

use std::{
    env,
    ffi::OsString,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{FaultProxy, Outcome, Running, Scratch};

/// No command of a test takes longer.
const LIMIT: Duration = Duration::from_secs(300);

/// As `lab exec` has it.
const HOST_PATH: &str = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An agent about to be started. Nothing of the caller's environment reaches it: no engine, no key, no credentials, no proxy.
pub struct Agent<'a> {
    scratch: &'a Scratch,
    /// None: the host's.
    engine: Option<String>,
    config: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    env: Vec<(String, String)>,
    /// Begins with this command, which becomes the agent in the end.
    under: Vec<String>,
    is_nobody: bool,
    is_on_host: bool,
    user: Option<&'static str>,
    /// On the host: where programs are looked for first.
    first: Option<String>,
}

impl<'a> Agent<'a> {
    pub(super) fn new(scratch: &'a Scratch) -> Agent<'a> {
        let (env, under) = (Vec::new(), Vec::new());
        Agent {
            scratch,
            engine: None,
            config: None,
            state_dir: None,
            env,
            under,
            is_nobody: false,
            is_on_host: false,
            user: None,
            first: None,
        }
    }

    /// Another socket than the engine's own: a proxy's, or one that is none.
    pub fn engine(mut self, socket: &Path) -> Self {
        self.engine = Some(address(socket));
        self
    }

    /// Whatever shall stand after `--engine`, as the host names it if the agent is there; nothing leaves the flag out.
    pub fn engine_flag(mut self, value: &str) -> Self {
        self.engine = Some(value.to_owned());
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

    /// On the host itself, as in real life: it sees the engine's networks and processes. With a state directory of its own, or the one that was said, as the
    /// host names it; of signals, with SIGKILL alone.
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

    /// On the host, as the user whose engine it is, with engine and systemd behind a proxy of [`FaultProxy::start_on`].
    pub fn on_host_through(mut self, proxy: &FaultProxy) -> Self {
        self.engine = Some(format!("unix://{}/engine.sock", proxy.there()));
        self.first = Some(proxy.there().to_owned());
        self.on_host_as_owner()
    }

    /// Where it may leave a core dump: in this folder, of any size.
    pub fn may_dump_core(mut self, folder: &Path) -> Self {
        let script = format!("ulimit -c unlimited && cd '{}' && exec \"$@\"", folder.display());
        self.under.extend(["sh".to_owned(), "-c".to_owned(), script, "_".to_owned()]);
        self
    }

    fn has_rootless_engine(&self) -> bool {
        self.scratch.host.is_rootless()
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
    pub fn spawn(mut self, args: &[&str]) -> Running<'a> {
        let stand_in = self.stand_in();
        let folder = tempfile::Builder::new().prefix("agent-").tempdir_in(self.scratch.dir()).expect("a folder can be made in /tmp").keep();
        let (stdout, stderr) = (folder.join("stdout"), folder.join("stderr"));
        let create = |path| File::create(path).expect("a file can be made in /tmp");
        let mut command = if self.is_on_host { self.on_the_host() } else { self.here() };
        command.stdin(std::process::Stdio::null()).stdout(create(&stdout)).stderr(create(&stderr));
        let child = command.args(args).spawn().expect("the agent can be started");
        let (command, is_on_host) = (format!("rotate {}", args.join(" ")), self.is_on_host);
        Running { scratch: self.scratch, command, is_on_host, child, stdout, stderr, _stand_in: stand_in }
    }
}

impl Agent<'_> {
    /// On the machine nobody is the user whose Podman it is: the agent, which is root there, gets a socket of root's.
    fn stand_in(&mut self) -> Option<FaultProxy> {
        let host = self.scratch.host;
        if self.engine.is_some() || self.is_on_host || !host.has_podman() {
            return None;
        }
        host.wake();
        if !host.is_rootless() {
            return None;
        }
        let proxy = FaultProxy::start(&host.socket());
        self.engine = Some(address(&proxy.socket()));
        Some(proxy)
    }

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
        command.env_clear().env("HOME", self.scratch.dir()).envs(self.env.iter().map(|(key, value)| (key, value))).env("PATH", self.path());
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        let engine = self.engine.clone().unwrap_or_else(|| address(&self.scratch.host.socket()));
        if !engine.is_empty() {
            command.args(["--engine", &engine]);
        }
        command.arg("--state-dir").arg(self.state_dir.clone().unwrap_or_else(|| self.scratch.state_dir()));
        command
    }

    /// The machine's, or what the test said; where the host's engine is a Podman, first a folder with its client.
    fn path(&self) -> OsString {
        let said = self.env.iter().find(|(key, _)| key == "PATH").map(|(_, path)| path.into());
        let path = said.or_else(|| env::var_os("PATH")).unwrap_or_default();
        if !self.scratch.host.has_podman() {
            return path;
        }
        let folder = self.scratch.host.client_for_the_machine(self.scratch.dir());
        env::join_paths(std::iter::once(folder).chain(env::split_paths(&path))).expect("folders without a colon")
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
        let own = || format!("{folder}/state-{}", self.user.unwrap_or("root"));
        let state_dir = self.state_dir.as_ref().map_or_else(own, |path| path.display().to_string());
        let path = format!("PATH={}{HOST_PATH}", self.first.as_ref().map_or_else(String::new, |folder| format!("{folder}:")));
        let mut command = match self.user {
            None => host.command(&["env", &path, &program]),
            Some(user) => {
                host.exec(&["install", "-d", "-o", user, "-m", "700", &state_dir]);
                host.command(&["runuser", "-u", user, "-G", "docker", "--", "env", &format!("HOME=/home/{user}"), &path, &program])
            }
        };
        if let Some(config) = &self.config {
            let text = fs::read_to_string(config).expect("the configuration was just written");
            command.args(["--config", &self.scratch.host_file("rotate.toml", &text)]);
        }
        if let Some(engine) = &self.engine {
            command.args(["--engine", engine]);
        }
        command.args(["--state-dir", &state_dir]);
        command
    }
}

fn address(socket: &Path) -> String {
    format!("unix://{}", socket.display())
}
