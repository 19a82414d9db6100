//! A host of the lab: its engine, its registry, its power switch. Booted by `tests/run`.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;

use super::http;

/// A host that is up. Whatever it answers comes from its engine, never from the agent.
#[derive(Debug)]
pub struct Host {
    name: String,
    engine: String,
    ip: String,
    registry: String,
    gateway: String,
    socket: Mutex<PathBuf>,
    /// Where the machine sees its files: another place after each boot.
    root: Mutex<PathBuf>,
}

impl Host {
    /// The host that `tests/run` booted for all tests.
    pub fn shared() -> &'static Host {
        static SHARED: OnceLock<Host> = OnceLock::new();
        SHARED.get_or_init(|| {
            let name =
                std::env::var("ROTATE_TEST_HOST").unwrap_or_else(|_| panic!("there is no host to test on: run `tests/run`, it boots one"));
            Host::attach(&name)
        })
    }

    /// A host that is up already.
    pub fn attach(name: &str) -> Host {
        let ask = |what| lab(&[what, name]).unwrap_or_else(|why| panic!("host {name} does not answer, run `tests/run`: {why}"));
        let (engine, ip, socket, root) = (ask("engine"), ask("ip"), ask("sock"), ask("root"));
        let network = ip.rsplit_once('.').map_or(ip.as_str(), |(network, _)| network);
        let (registry, gateway) = (format!("{ip}:5000"), format!("{network}.1"));
        Host { name: name.to_owned(), engine, registry, gateway, socket: Mutex::new(socket.into()), root: Mutex::new(root.into()), ip }
    }

    /// Its engine, as `tests/lab/engines` names it: `docker-28.5-containerd`. For what engines truly do differently.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    pub fn has_podman(&self) -> bool {
        self.engine.starts_with("podman-")
    }

    /// The engine's own client, to be run as root on the host.
    pub fn client(&self) -> &'static str {
        if self.has_podman() { "podman" } else { "docker" }
    }

    /// Puts the host's Podman where the machine can run it, which has none: with the host's own libraries, against a socket of which it is told.
    /// Returns the folder of it.
    pub fn client_for_the_machine(&self, folder: &Path) -> PathBuf {
        let (folder, client) = (folder.join("bin"), folder.join("bin/podman"));
        let (loader, libraries, podman) = ("lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu", "usr/bin/podman");
        let [loader, libraries, podman] = [loader, libraries, podman].map(|path| self.path(path).display().to_string());
        fs::create_dir_all(&folder).expect("a folder can be made in /tmp");
        self.systemd_for_the_machine(&folder);
        fs::write(&client, format!("#!/bin/sh\nexec {loader} --library-path {libraries} {podman} \"$@\"\n"))
            .and_then(|()| fs::set_permissions(&client, Permissions::from_mode(0o755)))
            .expect("a file can be written in /tmp");
        folder
    }

    /// The clients of the host's systemd, for an agent on the machine. A program `systemctl.before` or `systemctl.after` beside them is run with the
    /// same words then; one before that fails is the end.
    fn systemd_for_the_machine(&self, folder: &Path) {
        let lab = script("lab").display().to_string();
        for name in ["systemctl", "journalctl"] {
            let (path, host, command) = (folder.join(name), &self.name, self.manager(name).join(" "));
            let text = format!(
                "#!/bin/sh\nif [ -x \"$0.before\" ]; then \"$0.before\" \"$@\" || exit 1; fi\n'{lab}' exec {host} {command} \"$@\"\ncode=$?\n\
                 if [ -x \"$0.after\" ]; then \"$0.after\" \"$@\"; fi\nexit $code\n"
            );
            if !path.exists() {
                let part = folder.join(format!("{name}.part"));
                fs::write(&part, text)
                    .and_then(|()| fs::set_permissions(&part, Permissions::from_mode(0o755)))
                    .and_then(|()| fs::rename(&part, &path))
                    .expect("a file can be written in /tmp");
            }
        }
    }

    pub fn ip(&self) -> &str {
        &self.ip
    }

    /// `IP:PORT` of the host's registry, the same for the host and for the machine.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The machine's own address, as the host sees it.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// The engine's socket, as the machine sees it. Another one after each boot.
    pub fn socket(&self) -> PathBuf {
        self.socket.lock().unwrap().clone()
    }

    /// Runs a command on the host, as root.
    pub fn exec(&self, command: &[&str]) -> Output {
        self.command(command).output().expect("tests/lab/lab can be run")
    }

    /// The same, not yet run.
    pub fn command(&self, command: &[&str]) -> Command {
        let mut run = Command::new(script("lab"));
        run.args(["exec", &self.name]).args(command);
        run
    }

    /// Where the machine sees a path of the host.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.lock().unwrap().join(path.trim_start_matches('/'))
    }

    /// Puts a program on the host, once for each build of it; returns its path there.
    pub fn install(&self, program: &Path) -> String {
        static LOCK: Mutex<()> = Mutex::new(());
        let _guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        let built = fs::metadata(program).and_then(|file| file.modified()).expect("the program is built");
        let stamp = built.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let there = format!("/usr/local/bin/rotate-{stamp}");
        let target = self.path(&there);
        if !target.exists() {
            let part = target.with_extension("part");
            fs::copy(program, &part).and_then(|_| fs::rename(&part, &target)).expect("the host's disk takes a file");
        }
        there
    }

    /// Runs the host's own client, `docker` or, with the same words, `podman`; returns what it printed, without the last line feed.
    /// Panics with its words if it fails.
    #[track_caller]
    pub fn docker(&self, args: &[&str]) -> String {
        self.try_docker(args).unwrap_or_else(|why| panic!("{} {}: {why}", self.client(), args.join(" ")))
    }

    /// The same; what it printed, or its words of failure.
    pub fn try_docker(&self, args: &[&str]) -> Result<String, String> {
        let command: Vec<&str> = [self.client()].iter().chain(args).copied().collect();
        printed(self.exec(&command))
    }

    /// One call of the engine's API, Docker's or the one that looks like it: status and document (null, if there is none).
    #[track_caller]
    pub fn api(&self, method: &str, path: &str) -> (u16, Value) {
        let ask = || -> std::io::Result<_> {
            let stream = UnixStream::connect(self.socket())?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            http::request(stream, method, path, "")
        };
        let answer = ask().unwrap_or_else(|why| panic!("{method} {path}: {why}"));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// The engine's own document of a container.
    #[track_caller]
    pub fn inspect(&self, name: &str) -> Value {
        self.try_inspect(name).unwrap_or_else(|| panic!("there is no container {name}"))
    }

    pub fn try_inspect(&self, name: &str) -> Option<Value> {
        let (status, document) = self.api("GET", &format!("/containers/{name}/json"));
        (status == 200).then_some(document)
    }

    /// Builds an image (`REPO:TAG`, variant as in `tests/lab/image help`), pushes it to the host's registry, returns the manifest's digest.
    #[track_caller]
    pub fn push(&self, repo_tag: &str, variant: &str) -> String {
        self.push_with(repo_tag, variant, "{}")
    }

    /// The same, with JSON merged over the image's config.
    #[track_caller]
    pub fn push_with(&self, repo_tag: &str, variant: &str, config: &str) -> String {
        self.image(repo_tag, &[variant, config])
    }

    /// Pushes an index with an already pushed manifest as this platform's; another `text`, another index. Returns the index's digest.
    #[track_caller]
    pub fn push_index(&self, repo_tag: &str, digest: &str, text: &str) -> String {
        self.image(repo_tag, &["--index", digest, text])
    }

    /// The same, with a second manifest, of another platform.
    #[track_caller]
    pub fn push_index_of_two(&self, repo_tag: &str, digest: &str, other: &str, text: &str) -> String {
        self.image(repo_tag, &["--index", digest, text, other])
    }

    /// Pushes an image that says it is made for another architecture than this machine's. What is in it runs here all the same.
    #[track_caller]
    pub fn push_for(&self, repo_tag: &str, architecture: &str, variant: &str) -> String {
        self.image_for(repo_tag, Some(architecture), &[variant])
    }

    #[track_caller]
    fn image(&self, repo_tag: &str, args: &[&str]) -> String {
        self.image_for(repo_tag, None, args)
    }

    #[track_caller]
    fn image_for(&self, repo_tag: &str, architecture: Option<&str>, args: &[&str]) -> String {
        let reference = format!("{}/{repo_tag}", self.registry);
        let mut image = Command::new(script("image"));
        image.arg(&reference).args(args).envs(architecture.map(|name| ("ROTATE_IMAGE_ARCH", name)));
        let output = image.output().expect("tests/lab/image can be run");
        printed(output).unwrap_or_else(|why| panic!("image {reference} {}: {why}", args.join(" ")))
    }

    /// Every process of the host dies at once; its disk stays.
    #[track_caller]
    pub fn cut_power(&self) {
        lab(&["kill", &self.name]).unwrap_or_else(|why| panic!("cannot cut the power of {}: {why}", self.name));
    }

    /// Boots the host again; returns when engine and registry answer.
    #[track_caller]
    pub fn boot(&self) {
        lab(&["up", &self.name]).unwrap_or_else(|why| panic!("cannot boot {}: {why}", self.name));
        *self.socket.lock().unwrap() = lab(&["sock", &self.name]).expect("a host that is up has a socket").into();
        *self.root.lock().unwrap() = lab(&["root", &self.name]).expect("a host that is up has a root").into();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(name)
}

fn lab(args: &[&str]) -> Result<String, String> {
    printed(Command::new(script("lab")).args(args).output().expect("tests/lab/lab can be run"))
}

pub(super) fn printed(output: Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(format!("{} ({})", text(&output.stderr), output.status)) }
}
