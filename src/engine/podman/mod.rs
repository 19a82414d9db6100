//! Podman behind the [`Engine`] interface: verbs by its copy of Docker's API; documents and creation by its own API and its own client, which alone
//! tell all.
//!
//! Podman has no daemon: its service answers a call and goes away again. Containers live on without it.

mod auto_update;
mod client;
mod errand;
mod files;
mod generator;
mod half_removed;
mod left_errands;
mod notes;
mod owner;
mod played;
mod registries;
mod said;
mod shown;
mod systemctl;
mod unwell;
mod written;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use hyper::Method;
use serde_json::Value;

use client::Client;
use owner::Owner;
use registries::registry_settings;
use systemctl::Systemctl;
use unwell::unwell;

use super::calls::{parse, refused};
use super::podman_version::PodmanVersion;
use super::{AuthFile, Docker, Engine, EngineError, EngineInfo, Executed, Life, Pull, Services};
use crate::host;
use crate::model::{Container, ContainerId, Credential, Digest, Ending, Image, Listed, Platform, Reference, RestartPolicy, StopSignal};

/// A Podman at a Unix socket.
pub struct Podman {
    compatible: Docker,
    client: Client,
    systemctl: Systemctl,
    version: PodmanVersion,
}

impl Podman {
    /// Over what speaks Docker's API with it.
    pub fn new(compatible: Docker, socket: &Path, version: PodmanVersion) -> Self {
        let owner = Owner::of(socket);
        Self { compatible, client: Client::new(owner.clone()), systemctl: Systemctl::new(owner), version }
    }

    /// All containers, running or not, as it lists them.
    async fn list(&self) -> Result<Value, EngineError> {
        let (call, calls) = ("list containers", &self.compatible.calls);
        let (_, body) = calls.raw(call, calls.patience(), Method::GET, "/libpod/containers/json?all=true", None).await?;
        parse(call, &body)
    }
}

#[async_trait]
impl Engine for Podman {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        let info = self.compatible.calls.look("info", "/libpod/info").await?.unwrap_or_default();
        Ok(EngineInfo {
            version: self.compatible.version.clone(),
            registries: registry_settings(&info),
            is_rootless: info.pointer("/host/security/rootless").and_then(Value::as_bool).unwrap_or(false),
            has_digest_ids: false,
        })
    }

    fn platform(&self) -> &Platform {
        self.compatible.platform()
    }

    /// The create command names them all.
    fn takes_all_networks(&self) -> bool {
        true
    }

    fn takes_stop_signal(&self) -> bool {
        false
    }

    fn changes_restart_policy(&self) -> bool {
        self.version.changes_restart_policy()
    }

    fn reads_drop_ins(&self) -> bool {
        self.version.reads_drop_ins()
    }

    fn services(&self) -> Option<&dyn Services> {
        Some(&self.systemctl)
    }

    /// By its own list: Docker's knows no container that is `stopping` or `initialized`.
    async fn containers(&self) -> Result<Vec<Listed>, EngineError> {
        Ok(self.list().await?.as_array().into_iter().flatten().filter_map(listed).collect())
    }

    async fn container(&self, container: &str) -> Result<Option<Container>, EngineError> {
        let call = format!("inspect container {container}");
        let document = match self.compatible.calls.look(&call, &format!("/libpod/containers/{container}/json")).await {
            // Podman, too, takes a name that nobody has for the beginning of an id.
            Err(EngineError::Refused { message, .. }) if message.contains("more than one result") => None,
            // It went away between two looks of Podman's own («no container with ID … found in database», 500; seen on 5.4).
            Err(EngineError::Refused { message, .. }) if message.contains("no such container") => None,
            Err(EngineError::Refused { message, .. }) if half_removed::is_meant_by(&message) => {
                half_removed::described(&self.list().await?, container)
            }
            answer => answer?,
        };
        Ok(document.map(Container::new).filter(|found| found.name() == container || found.id().as_str() == container))
    }

    async fn container_in_full(&self, container: &str) -> Result<Option<Container>, EngineError> {
        match self.container(container).await? {
            Some(found) if found.is_made_through_api() => Ok(Some(found.with_notes(self.client.notes(&found).await?))),
            found => Ok(found),
        }
    }

    async fn stops_with_last_member(&self, pod: &str) -> Result<bool, EngineError> {
        let document = self.compatible.calls.look(&format!("inspect pod {pod}"), &format!("/libpod/pods/{pod}/json")).await?;
        Ok(document.is_some_and(|pod| pod["ExitPolicy"] == "stop"))
    }

    async fn auth_file(&self, path: &str) -> Result<Option<AuthFile>, EngineError> {
        files::read(&self.client.owner, path).await.map(Some)
    }

    async fn image(&self, image: &str) -> Result<Option<Image>, EngineError> {
        let image = whole(image);
        let document = self.compatible.calls.look(&format!("inspect image {image}"), &format!("/libpod/images/{image}/json")).await?;
        Ok(document.map(with_healthcheck).map(Image::new))
    }

    async fn tags(&self, repository: &str) -> Result<Vec<String>, EngineError> {
        self.compatible.tags(repository).await
    }

    async fn has_volume(&self, volume: &str) -> Result<bool, EngineError> {
        self.compatible.has_volume(volume).await
    }

    /// Podman's client looks itself before it creates («statfs /data: no such file or directory», seen on 5.4).
    async fn check_sources(&self, _sources: &[String]) -> Result<(), EngineError> {
        Ok(())
    }

    async fn log_tail(&self, container: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        self.compatible.log_tail(container, lines).await
    }

    /// It keeps that with the container (`State.StoppedByUser`, set by `podman stop` and `podman kill`; seen on 5.4). One that ended with the host,
    /// or before this boot, was perhaps stopped by nobody and has not failed either.
    async fn ending(&self, container: &Container) -> Result<Ending, EngineError> {
        let is_by_hand = container.document().pointer("/State/StoppedByUser").and_then(Value::as_bool);
        Ok(match is_by_hand {
            Some(true) => Ending::ByHand,
            Some(false) | None if self.version.tells_who_stopped() && container.ended_at() > host::booted_at() => Ending::ByItself,
            Some(false) | None => Ending::Unknown,
        })
    }

    /// Its service comes and goes by itself, and nothing of a container with it: it never ends. It tells of «unhealthy» alone.
    async fn life(&self, containers: &[String]) -> Result<Life, EngineError> {
        let told = stream::select_all(containers.iter().map(|container| unwell(Arc::clone(&self.compatible.calls), container)));
        Ok(told.chain(stream::pending()).boxed())
    }

    async fn exec(&self, container: &ContainerId, argv: &[String], deadline: Duration) -> Result<Executed, EngineError> {
        self.compatible.exec(container, argv, deadline).await
    }

    /// It has no such call.
    async fn remote_digest(&self, reference: &Reference, _credential: Option<&Credential>) -> Result<Digest, EngineError> {
        Err(refused(&format!("ask where {reference} points"), 501, "Podman has no such call"))
    }

    async fn pull(&self, reference: &Reference, with: Pull<'_>) -> Result<(), EngineError> {
        self.compatible.pull(reference, with).await
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), EngineError> {
        self.compatible.tag(&whole(image), name).await
    }

    async fn remove_image(&self, image: &str) -> Result<(), EngineError> {
        self.compatible.remove_image(&whole(image)).await
    }

    async fn create(&self, name: &str, request: &Value, _platform: Option<&Platform>) -> Result<ContainerId, EngineError> {
        match request.get("Generator") {
            Some(generator) => generator::create(&self.compatible.calls, name, generator).await,
            None => self.client.create(name, request).await,
        }
    }

    async fn connect(&self, container: &ContainerId, network: &str, endpoint: &Value) -> Result<(), EngineError> {
        self.compatible.connect(container, network, endpoint).await
    }

    async fn has_processes(&self, container: &ContainerId) -> bool {
        self.compatible.has_processes(container).await
    }

    async fn start(&self, container: &ContainerId) -> Result<(), EngineError> {
        self.compatible.start(container).await
    }

    async fn stop(&self, container: &ContainerId, grace_seconds: u64, signal: Option<&StopSignal>) -> Result<(), EngineError> {
        self.compatible.stop(container, grace_seconds, signal).await
    }

    /// By Docker's API: by its own, 5.8 forgets the container's ulimits (seen on 5.8.6; not on 5.4.2).
    async fn set_restart_policy(&self, container: &ContainerId, policy: RestartPolicy) -> Result<(), EngineError> {
        self.compatible.set_restart_policy(container, policy).await
    }

    async fn rename(&self, container: &ContainerId, name: &str) -> Result<(), EngineError> {
        self.compatible.rename(container, name).await
    }

    async fn remove(&self, container: &ContainerId) -> Result<(), EngineError> {
        self.compatible.remove(container).await
    }

    async fn remove_volume(&self, volume: &str) -> Result<(), EngineError> {
        self.compatible.remove_volume(volume).await
    }
}

/// A line without id is left out: there is nothing to ask for.
fn listed(line: &Value) -> Option<Listed> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = ContainerId::new(line["Id"].as_str()?);
    Some(Listed { id, name: text(&line["Names"][0]), image: text(&line["Image"]), shares_network_of: None, linked_to: Vec::new() })
}

/// A name with its registry. Docker's own needs none elsewhere; Podman would look for it among its own and other registries first.
fn whole(image: &str) -> String {
    image.parse::<Reference>().map_or_else(|_| image.to_owned(), |reference| reference.whole_name())
}

/// The image's health check among its other settings, where a container's document has it, too; libpod shows it beside them.
fn with_healthcheck(mut image: Value) -> Value {
    if let Some(check) = image.get("Healthcheck").filter(|check| check.is_object()).cloned() {
        image["Config"]["Healthcheck"] = check;
    }
    image
}
