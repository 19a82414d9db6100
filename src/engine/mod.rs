//! The only room that knows an engine's API. It decides nothing.

mod api_version;
mod calls;
mod cgroups;
mod connect;
mod docker;
mod ending;
mod error;
mod events;
mod exec;
mod hello;
mod list;
mod not_run;
mod podman;
mod podman_version;
mod pull;
mod pull_pace;
mod pull_progress;
mod registries;
mod registry_auth;
mod services;
mod sources;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde_json::Value;

pub use api_version::ApiVersion;
pub use calls::LOOK;
pub use docker::Docker;
pub use error::{EngineError, Refusal};
pub use exec::{Executed, last_line};
pub use not_run::{has_timed_out, why_not_run};
use podman::Podman;
pub use pull_progress::PullProgress;
pub use services::Services;

use crate::model::{
    Container, ContainerId, Credential, Digest, Ending, Image, Listed, Platform, Reference, RegistrySettings, RestartPolicy, StopSignal,
};

/// What the engine says of itself.
#[derive(Debug, Clone)]
pub struct EngineInfo {
    /// Such as `Docker 26.1.5 (API 1.45)`.
    pub version: String,
    /// How it talks to registries.
    pub registries: RegistrySettings,
    /// True if it runs without root: its networks are then not the host's.
    pub is_rootless: bool,
    /// True if the id of an image is the digest of what was pulled, an index's where there is one: containerd's image store.
    pub has_digest_ids: bool,
}

/// Connects to the engine at this socket, whichever it is. `patience`: how long each look at it may take.
///
/// Errors: [`EngineError::Unreachable`], [`EngineError::Silent`], [`EngineError::NotAnEngine`], [`EngineError::Unsupported`].
pub async fn connect(socket: &Path, patience: Duration) -> Result<Arc<dyn Engine>, EngineError> {
    let docker = Docker::connect_within(socket, patience).await?;
    Ok(match docker.podman {
        Some(version) => Arc::new(Podman::new(docker, socket, version)),
        None => Arc::new(docker),
    })
}

/// Ends when the engine goes away, whether it stops or is killed. Until then it tells when the health of one of the containers may be another: time for a
/// look. Holds a connection until it is dropped.
pub type Life = BoxStream<'static, ()>;

/// Is told how far a pull has come; must return at once.
pub type PullWatcher<'a> = dyn Fn(PullProgress) + Send + Sync + 'a;

/// What goes with a pull.
#[derive(Clone, Copy)]
pub struct Pull<'a> {
    /// For the registry.
    pub credential: Option<&'a Credential>,
    /// None: the engine's own.
    pub platform: Option<&'a Platform>,
    /// Is told how far it has come.
    pub progress: &'a PullWatcher<'a>,
}

/// A file with credentials in it.
pub struct AuthFile {
    /// What stands in it.
    pub text: String,
    /// It is of a user who is not us: no program that is named there is run by us.
    pub is_anothers: bool,
}

/// A container engine, as narrow as the job allows. Names and ids are taken alike where a parameter is called `container`.
///
/// Every call ends: with an answer, or after its deadline with [`EngineError::Unanswered`], after which it may still land.
/// Mutating calls are made by `rotation/act/perform.rs` and nobody else.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Version and registry settings.
    async fn info(&self) -> Result<EngineInfo, EngineError>;
    /// The platform whose images it takes unless asked for another.
    fn platform(&self) -> &Platform;
    /// True if a create request may name several networks. Where not, it may name one, and [`Engine::connect`] does the rest.
    fn takes_all_networks(&self) -> bool;
    /// True if [`Engine::set_restart_policy`] can be done (Podman 5.4).
    fn changes_restart_policy(&self) -> bool {
        true
    }
    /// True if what makes its units of systemd reads drop-ins beside their files (Quadlet of Podman 5.0).
    fn reads_drop_ins(&self) -> bool {
        true
    }
    /// True if [`Engine::stop`] heeds a signal (Docker API 1.42; an older one drops it without a word).
    fn takes_stop_signal(&self) -> bool;
    /// The systemd that may own containers of it; none: it has nothing to do with systemd.
    fn services(&self) -> Option<&dyn Services> {
        None
    }
    /// All containers, running or not.
    async fn containers(&self) -> Result<Vec<Listed>, EngineError>;
    /// One container's document; none if there is no such container.
    async fn container(&self, container: &str) -> Result<Option<Container>, EngineError>;
    /// The same, and with it what a successor needs and no call shows (Podman): not for every look.
    async fn container_in_full(&self, container: &str) -> Result<Option<Container>, EngineError> {
        self.container(container).await
    }
    /// True if this pod stops when its last member does (Podman). By its id; one that is gone does not.
    async fn stops_with_last_member(&self, _pod: &str) -> Result<bool, EngineError> {
        Ok(false)
    }
    /// The file that a container's label names as that of its credentials, read as the engine's own user reads it; none: its containers have no such label
    /// (Docker).
    async fn auth_file(&self, _path: &str) -> Result<Option<AuthFile>, EngineError> {
        Ok(None)
    }
    /// One image's document by id, tag or digest; none if the engine does not have it.
    async fn image(&self, image: &str) -> Result<Option<Image>, EngineError>;
    /// The tags of one repository, as `repository:tag`.
    async fn tags(&self, repository: &str) -> Result<Vec<String>, EngineError>;
    /// True if the engine has a volume of this name.
    async fn has_volume(&self, volume: &str) -> Result<bool, EngineError>;
    /// Errors with [`EngineError::Refused`] if a path of the engine's host is gone that `-v` would make an empty directory of. Changes nothing.
    async fn check_sources(&self, sources: &[String]) -> Result<(), EngineError>;
    /// The last lines that a container wrote to stdout and stderr, oldest first.
    async fn log_tail(&self, container: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError>;
    /// True if processes of a container run on this host, whatever its engine says of it; false where that cannot be seen.
    async fn has_processes(&self, _container: &ContainerId) -> bool {
        false
    }
    /// Whether the last process of a container was asked to end.
    async fn ending(&self, container: &Container) -> Result<Ending, EngineError>;
    /// A hold on the engine's life, as it is now, which tells of the health of these containers, named or by id.
    async fn life(&self, containers: &[String]) -> Result<Life, EngineError>;
    /// Runs a command in a container that runs, and waits for its end. One that outlives `deadline` goes on: no
    /// engine can end it.
    async fn exec(&self, container: &ContainerId, argv: &[String], deadline: Duration) -> Result<Executed, EngineError>;

    /// The digest that a reference's tag points to now, as the engine finds it with its own certificates, mirrors and proxies. Changes nothing
    /// here; to the registry it is a pull, because the engine reads the manifest.
    async fn remote_digest(&self, reference: &Reference, credential: Option<&Credential>) -> Result<Digest, EngineError>;

    /// Pulls `reference`, which names a digest. Moves no tag (seen on Docker 20.10–28.5).
    async fn pull(&self, reference: &Reference, with: Pull<'_>) -> Result<(), EngineError>;
    /// Makes the tag `name` point to `image` (id, or repository with digest); a tag of that name moves.
    async fn tag(&self, image: &str, name: &Reference) -> Result<(), EngineError>;
    /// Removes an image's tag or, by id, the image; refuses what a container uses. Absent is success.
    async fn remove_image(&self, image: &str) -> Result<(), EngineError>;
    /// Creates a container from a create request and does not start it. Of an image for several platforms it takes that for `platform`.
    async fn create(&self, name: &str, request: &Value, platform: Option<&Platform>) -> Result<ContainerId, EngineError>;
    /// Connects a container that does not run to one more network, with the settings of one endpoint of a create request. Connected is success.
    async fn connect(&self, container: &ContainerId, network: &str, endpoint: &Value) -> Result<(), EngineError>;
    /// Starts a container; one that runs is left as it is.
    async fn start(&self, container: &ContainerId) -> Result<(), EngineError>;
    /// Stops a container, killing it after `grace_seconds`; one that does not run is left as it is. `signal`: asked with this one, not its own.
    async fn stop(&self, container: &ContainerId, grace_seconds: u64, signal: Option<&StopSignal>) -> Result<(), EngineError>;
    /// Changes the saved restart policy.
    async fn set_restart_policy(&self, container: &ContainerId, policy: RestartPolicy) -> Result<(), EngineError>;
    /// Gives a container another name.
    async fn rename(&self, container: &ContainerId, name: &str) -> Result<(), EngineError>;
    /// Removes a stopped container and none of its volumes. Absent is success.
    async fn remove(&self, container: &ContainerId) -> Result<(), EngineError>;
    /// Removes a volume that no container uses. Absent is success.
    async fn remove_volume(&self, volume: &str) -> Result<(), EngineError>;
}

/// True if the engine runs without root (Docker API 1.41–1.51, SystemInfo: `SecurityOptions`).
fn is_rootless(info: &Value) -> bool {
    let options = info.pointer("/SecurityOptions").and_then(Value::as_array);
    options.is_some_and(|all| all.iter().filter_map(Value::as_str).any(|option| option == "name=rootless"))
}

/// True with containerd's image store (seen on Docker 26.1 and 28.5, SystemInfo: `DriverStatus`).
fn has_digest_ids(info: &Value) -> bool {
    let status = info.pointer("/DriverStatus").and_then(Value::as_array);
    status.is_some_and(|all| all.iter().any(|line| line.pointer("/1").and_then(Value::as_str) == Some("io.containerd.snapshotter.v1")))
}
