//! What one test makes on a shared host: its names, its state directory, and its removal.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process,
    sync::{
        LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

use super::{Agent, Host, Outcome};

/// Tests that share the host hold it for reading, one that needs it alone for writing.
static HOST: RwLock<()> = RwLock::new(());

enum Claim {
    Shared { _guard: RwLockReadGuard<'static, ()> },
    Alone { _guard: RwLockWriteGuard<'static, ()> },
}

/// A corner of the host for one test. Dropping it removes all whose name begins with its prefix, and nothing else;
/// if the test panics, it first prints what the engine shows of it and what the agent said. One a test: a second would wait for the first.
pub struct Scratch {
    pub host: &'static Host,
    test: String,
    prefix: String,
    dir: TempDir,
    said: Mutex<Vec<String>>,
    _claim: Claim,
}

impl Scratch {
    /// For a test that names its containers to the agent: others run beside it.
    pub fn new(host: &'static Host, test: &str) -> Scratch {
        let guard = HOST.read().unwrap_or_else(PoisonError::into_inner);
        Scratch::with(host, test, Claim::Shared { _guard: guard })
    }

    /// For a test that lets the agent choose (`rotate now`, `plan`), or that disturbs the whole host: no other test of this crate runs meanwhile.
    pub fn alone(host: &'static Host, test: &str) -> Scratch {
        let guard = HOST.write().unwrap_or_else(PoisonError::into_inner);
        Scratch::with(host, test, Claim::Alone { _guard: guard })
    }

    fn with(host: &'static Host, test: &str, claim: Claim) -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        static FIRST: LazyLock<u32> = LazyLock::new(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs() as u32;
            (process::id() ^ (now << 4)).wrapping_mul(0x9e37)
        });
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Five hex digits: no two tests of a process share them, and hardly two of different processes.
        let prefix = format!("t{:05x}", FIRST.wrapping_add(count) & 0xf_ffff);
        let dir = tempfile::Builder::new().prefix("rotate-test-").tempdir().expect("a folder can be made in /tmp");
        Scratch { host, test: test.to_owned(), prefix, dir, said: Mutex::default(), _claim: claim }
    }

    /// The full name of a container, volume or network of this test.
    pub fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// The full reference of an image of this test: `IP:5000/PREFIX-NAME:latest`.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{}:latest", self.host.registry(), self.name(name))
    }

    /// Pushes a variant as [`Scratch::image`]; returns the manifest's digest.
    #[track_caller]
    pub fn push(&self, name: &str, variant: &str) -> String {
        self.push_with(name, variant, "{}")
    }

    /// The same, with JSON merged over the image's config.
    #[track_caller]
    pub fn push_with(&self, name: &str, variant: &str, config: &str) -> String {
        self.host.push_with(&format!("{}:latest", self.name(name)), variant, config)
    }

    /// `docker run -d` (or `podman`) of [`Scratch::image`] under [`Scratch::name`], pulled first, with these options; returns the container's id.
    #[track_caller]
    pub fn run(&self, name: &str, options: &[&str]) -> String {
        let (full, image) = (self.name(name), self.image(name));
        let mut args = vec!["run", "-d", "--pull", "always", "--name", &full];
        args.extend(options);
        args.push(&image);
        self.host.docker(&args)
    }

    /// The text that a web service of ours answers on a port of the host, `None` if it does not.
    pub fn served(&self, port: u16) -> Option<String> {
        super::probe::ask(&format!("{}:{port}", self.host.ip()))
    }

    /// The port of the host that leads to port 80 of a container.
    #[track_caller]
    pub fn port(&self, name: &str) -> u16 {
        let ports = &self.host.inspect(&self.name(name))["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"];
        ports.as_str().and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("{} publishes no port", self.name(name)))
    }

    pub fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// A folder of this test that goes with it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into [`Scratch::dir`].
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("a file can be written in /tmp");
        path
    }

    /// A folder of this test on the host, which goes with it.
    pub fn host_dir(&self) -> String {
        let folder = format!("/var/tmp/rotate-test-{}", self.prefix);
        fs::create_dir_all(self.host.path(&folder)).expect("a folder can be made on the host");
        folder
    }

    /// Writes a file into [`Scratch::host_dir`], which anybody may run; returns its path there.
    pub fn host_file(&self, name: &str, text: &str) -> String {
        let path = format!("{}/{name}", self.host_dir());
        let here = self.host.path(&path);
        fs::write(&here, text)
            .and_then(|()| fs::set_permissions(&here, Permissions::from_mode(0o755)))
            .expect("the host's disk takes a file");
        path
    }

    /// The agent, set to this host's engine and this test's state directory.
    pub fn agent(&self) -> Agent<'_> {
        Agent::new(self)
    }

    /// Runs the agent to its end.
    #[track_caller]
    pub fn rotate(&self, args: &[&str]) -> Outcome {
        self.agent().run(args)
    }

    /// Keeps what an agent said, for the case that the test fails.
    pub(super) fn note(&self, said: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(said);
    }

    fn report(&self) {
        let filter = format!("name=^/?{}-", self.prefix);
        let list = self.host.try_docker(&["ps", "-a", "--no-trunc", "--filter", &filter]).unwrap_or_else(|why| why);
        eprintln!("--- {} ({}): what the engine shows\n{list}", self.test, self.prefix);
        for said in self.said.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            eprintln!("--- {}: {said}", self.test);
        }
    }
}

/// `$0`: the engine's client; `$1`: the prefix.
const REMOVE: &str = r#"
[ $0 != podman ] || podman pod ls --format '{{.Name}}' | grep -E "^(pod_)?$1-" | xargs -r podman pod rm -f -t 0
# What another requires goes after that: once more for each one in a row.
for _ in 1 2 3; do
  all=$($0 ps -aq --filter "name=^/?$1-")
  [ -n "$all" ] || break
  $0 rm -fv $all
done
$0 network ls --format '{{.Name}}' | grep "^$1-" | xargs -r $0 network rm
$0 volume ls -q | grep "^$1-" | xargs -r $0 volume rm
$0 images --format '{{.ID}} {{.Repository}}' | grep "/$1-" | cut -d' ' -f1 | sort -u | xargs -r $0 rmi -f
rm -rf "/var/tmp/rotate-test-$1"
"#;

impl Drop for Scratch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.report();
        }
        self.host.exec(&["sh", "-c", REMOVE, self.host.client(), &self.prefix]);
    }
}
