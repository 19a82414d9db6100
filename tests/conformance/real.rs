//! A host of the lab as a world: the engine through the product's own [`Docker`], all other hands through the engine's socket and the host's shell.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rotate::engine::{Docker, Engine};
use rotate::model::{ContainerId, Digest};
use serde_json::{Value, json};

use crate::lab::{Answer, FakeRegistry, Host, Scratch, wait_for};
use crate::spec::HELD_RUNTIME;
use crate::world::{Hand, Lost, Program, World};

/// A loaded machine is slow.
const SOON: Duration = Duration::from_secs(60);

const HELD_PROGRAM: &str = "/usr/local/bin/held-runc";
/// For everybody, as the rootless engine is a user's.
const HOLD: &str = "/tmp/rotate-hold-starts";
const HELD: &str = r#"#!/bin/sh
case " $* " in *" create "*) while [ -e /tmp/rotate-hold-starts ]; do sleep 0.1; done ;; esac
exec runc "$@"
"#;

/// How long a client waits that hangs up.
const HANG_UP: Duration = Duration::from_millis(500);

/// One script's corner of a host.
pub struct Real {
    scratch: Scratch,
    engine: Mutex<Arc<Docker>>,
    /// The process that holds a port.
    listener: Mutex<Option<String>>,
    broken: Mutex<Option<FakeRegistry>>,
    begin: Instant,
}

impl Real {
    pub async fn new(scratch: Scratch) -> Self {
        let engine = Mutex::new(connect(scratch.host).await);
        Self { scratch, engine, listener: Mutex::default(), broken: Mutex::default(), begin: Instant::now() }
    }

    fn host(&self) -> &'static Host {
        self.scratch.host
    }

    fn post(&self, path: &str) -> Result<(), String> {
        self.call("POST", path)
    }

    fn call(&self, method: &str, path: &str) -> Result<(), String> {
        match self.host().api(method, path) {
            (200..400, _) => Ok(()),
            (status, said) => Err(format!("{status}: {}", said["message"].as_str().unwrap_or_default())),
        }
    }

    fn docker(&self, args: &[&str]) -> Result<(), String> {
        self.host().try_docker(args).map(|_| ())
    }

    /// Systemd counts the starts of all scripts and gives up after three a minute.
    async fn systemctl(&self, what: &str) -> Result<(), String> {
        self.host().exec(&["sh", "-c", &format!("systemctl reset-failed docker; systemctl {what}")]);
        self.is_back().await
    }

    async fn is_back(&self) -> Result<(), String> {
        let engine = connect(self.host()).await;
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = engine;
        Ok(())
    }

    /// Kills the engine's own process, as the rootless one's is not the unit's.
    async fn kill_engine(&self) -> Result<(), String> {
        let pid = "pgrep -x dockerd";
        let before = String::from_utf8_lossy(&self.host().exec(&["sh", "-c", pid]).stdout).trim().to_owned();
        self.host().exec(&["sh", "-c", &format!("systemctl reset-failed docker; kill -9 {before}")]);
        wait_for("another engine is up", SOON, || {
            let now = String::from_utf8_lossy(&self.host().exec(&["sh", "-c", pid]).stdout).trim().to_owned();
            (!now.is_empty() && now != before).then_some(())
        });
        self.is_back().await
    }

    fn take_port(&self, port: u16) -> Result<(), String> {
        let listen = format!("busybox httpd -f -p {port} -h /tmp >/dev/null 2>&1 & echo $!");
        let output = self.host().exec(&["sh", "-c", &listen]);
        let pid = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(pid);
        let open = format!("{}:{port}", self.host().ip());
        wait_for("the port is taken", SOON, || std::net::TcpStream::connect(&open).ok().map(|_| ()));
        Ok(())
    }

    /// A runtime that does what the engine's own does, but not while a file is there: so a start is under way for as long as it is wanted, in that
    /// part of it that no client can call off.
    async fn prepare_hold(&self) -> Result<(), String> {
        let (host, has_it) = (self.host(), || self.host().api("GET", "/info").1["Runtimes"][HELD_RUNTIME].is_object());
        let program = host.path(HELD_PROGRAM);
        std::fs::write(&program, HELD)
            .and_then(|()| std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)))
            .map_err(|e| e.to_string())?;
        let rootless = host.engine().ends_with("rootless");
        let settings = host.path(if rootless { "/home/op/.config/docker/daemon.json" } else { "/etc/docker/daemon.json" });
        let text = std::fs::read_to_string(&settings).map_err(|error| error.to_string())?;
        let mut document: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        document["runtimes"] = json!({ HELD_RUNTIME: { "path": HELD_PROGRAM } });
        std::fs::write(&settings, document.to_string()).map_err(|error| error.to_string())?;
        host.exec(&["sh", "-c", "kill -HUP $(pgrep -x dockerd)"]);
        wait_for("the engine has the runtime", SOON, || has_it().then_some(()));
        Ok(())
    }

    fn free_port(&self) {
        if let Some(pid) = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.host().exec(&["kill", "-9", &pid]);
        }
    }

    fn place(&self, volume: &str) -> Option<std::path::PathBuf> {
        let (status, document) = self.host().api("GET", &format!("/volumes/{volume}"));
        (status == 200).then(|| self.host().path(document["Mountpoint"].as_str().unwrap_or_default()).join("marker"))
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.release_starts();
        self.free_port();
    }
}

async fn connect(host: &Host) -> Arc<Docker> {
    let end = Instant::now() + SOON;
    loop {
        match Docker::connect(&host.socket()).await {
            Ok(engine) => return Arc::new(engine),
            Err(error) => assert!(Instant::now() < end, "the engine does not come up: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[async_trait(?Send)]
impl World for Real {
    fn title(&self) -> String {
        self.host().engine().to_owned()
    }

    fn engine(&self) -> Arc<dyn Engine> {
        Arc::clone(&*self.engine.lock().unwrap_or_else(PoisonError::into_inner)) as Arc<dyn Engine>
    }

    fn name(&self, name: &str) -> String {
        self.scratch.name(name)
    }

    fn registry(&self) -> String {
        self.host().registry().to_owned()
    }

    fn publish(&self, repository: &str, version: &str, program: Program) -> Digest {
        let (variant, config) = match program {
            Program::Healthy => (format!("ok:{version}"), "{}"),
            Program::WithVolume => (format!("volume:{version}"), "{}"),
            Program::Sick => (format!("sick:{version}"), "{}"),
            Program::Serves => (format!("nohealth:{version}"), "{}"),
            Program::Stubborn => (format!("stubborn:{version}"), "{}"),
            Program::Ends => ("crash".to_owned(), r#"{"Cmd": ["exit 0"]}"#),
            Program::Fails => ("crash".to_owned(), "{}"),
            Program::Missing => ("noentry".to_owned(), "{}"),
        };
        self.scratch.push_with(repository, &variant, config).parse().expect("the registry gives a digest")
    }

    async fn hand(&self, hand: &Hand) -> Result<(), String> {
        match hand {
            Hand::Stop(id) => self.post(&format!("/containers/{id}/stop")),
            Hand::Kill(id) => self.post(&format!("/containers/{id}/kill")),
            Hand::Start(id) => self.post(&format!("/containers/{id}/start")),
            Hand::Restart(id) => self.post(&format!("/containers/{id}/restart")),
            Hand::Rename(id, name) => self.post(&format!("/containers/{id}/rename?name={name}")),
            Hand::Remove { container, is_forced, with_volumes } => {
                self.call("DELETE", &format!("/containers/{container}?force={is_forced}&v={with_volumes}"))
            }
            Hand::Die(id) => {
                let pid = self.host().inspect(id.as_str())["State"]["Pid"].as_u64().filter(|pid| *pid > 0).ok_or("it does not run")?;
                let output = self.host().exec(&["kill", "-9", &pid.to_string()]);
                output.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
            }
            Hand::PruneContainers => self.post("/containers/prune"),
            Hand::PruneImages => self.post("/images/prune"),
            Hand::PruneAllImages => self.post("/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D"),
            Hand::Tag { image, name } => self.docker(&["tag", image, name]),
            Hand::RemoveImage { image, is_forced } => self.call("DELETE", &format!("/images/{image}?force={is_forced}")),
            Hand::MakeNetwork { name, subnet } => self.docker(&["network", "create", "--subnet", subnet, name]),
            Hand::RemoveNetwork(name) => self.docker(&["network", "rm", name]),
            Hand::TakePort(port) => self.take_port(*port),
            Hand::FreePort => {
                self.free_port();
                Ok(())
            }
            Hand::PrepareHold => self.prepare_hold().await,
            Hand::HoldStarts => std::fs::write(self.host().path(HOLD), "").map_err(|error| error.to_string()),
            Hand::RestartEngine => self.systemctl("restart docker").await,
            Hand::KillEngine => self.kill_engine().await,
            Hand::CutPower => {
                self.host().cut_power();
                self.host().boot();
                self.is_back().await
            }
        }
    }

    async fn lose(&self, call: &Lost) {
        let engine = self.engine();
        let answer = match call {
            Lost::Start(id) => tokio::time::timeout(HANG_UP, engine.start(id)).await,
            Lost::Stop(id) => tokio::time::timeout(HANG_UP, engine.stop(id, 60, None)).await,
        };
        assert!(answer.is_err(), "{call:?} was answered before its client hung up: {answer:?}");
    }

    fn release_starts(&self) {
        let _ = std::fs::remove_file(self.host().path(HOLD)); // not there: not held
    }

    fn mark(&self, volume: &str, text: &str) {
        let place = self.place(volume).unwrap_or_else(|| panic!("there is no volume {volume}"));
        std::fs::write(place, text).expect("the host's disk takes a file");
    }

    fn marked(&self, volume: &str) -> Option<String> {
        std::fs::read_to_string(self.place(volume)?).ok()
    }

    /// A shell that has begun its child has set its traps. Its own command line names the child, too.
    async fn ready(&self, container: &ContainerId) {
        let end = Instant::now() + SOON;
        let has_begun = || {
            let (_, top) = self.host().api("GET", &format!("/containers/{container}/top"));
            let processes = top["Processes"].as_array().into_iter().flatten();
            processes.filter(|line| line.to_string().contains("httpd -f")).count() >= 2
                || !matches!(self.host().inspect(container.as_str())["State"]["Running"], Value::Bool(true))
        };
        while !has_begun() {
            assert!(Instant::now() < end, "the program of {container} does not begin");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The manifest is there, a layer of it is not.
    fn broken_pull(&self) -> String {
        let digest = self.publish("broken", "v1", Program::Serves);
        let registry = FakeRegistry::in_front_of(self.host());
        let blob = |head: &crate::lab::Head| head.target.contains("/blobs/");
        registry.script(move |head| blob(head).then(|| Answer::status(500)));
        let reference = format!("{}/{}@{digest}", registry.address(), self.name("broken"));
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(registry);
        reference
    }

    fn mend_pull(&self) {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn now(&self) -> Duration {
        self.begin.elapsed()
    }
}
