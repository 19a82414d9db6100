//! Docker's API behind the [`Engine`] interface: bollard for verbs and lists, raw JSON where a document must arrive as sent.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bollard::container::LogOutput;
use bollard::models::{ContainerUpdateBody, RestartPolicy as ApiPolicy, RestartPolicyNameEnum};
use bollard::query_parameters as query;
use futures_util::StreamExt;
use hyper::Method;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::api_version::{SEVERAL_NETWORKS, STOP_SIGNAL};
use super::calls::{Calls, LOOK, parse, refused};
use super::connect::{Connector, bollard_over};
use super::hello::{Hello, hello, time_for_hello};
use super::podman_version::PodmanVersion;
use super::registries::registry_settings;
use super::registry_auth::registry_auth;
use super::{
    Engine, EngineError, EngineInfo, Executed, Life, Pull, Refusal, cgroups, ending, events, exec, has_digest_ids, is_rootless, list, pull,
    sources,
};
use crate::model::{Container, ContainerId, Credential, Digest, Ending, Image, Listed, Platform, Reference, RestartPolicy, StopSignal};

/// For changes that touch no process.
pub(super) const CHANGE: Duration = Duration::from_secs(60);
/// Volumes, networks and a runtime have to come up.
const START: Duration = Duration::from_secs(120);
/// What the engine may need beyond a container's own grace to kill and tidy up.
const BEYOND_GRACE: Duration = Duration::from_secs(30);
/// The engine gives a registry 30 s to accept a connection, and may have mirrors to try before it.
const ASK_REGISTRY: Duration = Duration::from_secs(60);

/// An engine at a Unix socket that speaks Docker's API. Holds no connection between calls.
pub struct Docker {
    pub(super) calls: Arc<Calls>,
    typed: bollard::Docker,
    pub(super) version: String,
    platform: Platform,
    pub(super) podman: Option<PodmanVersion>,
}

impl Docker {
    /// Asks the engine for its version and settles on one API version for all further calls: the engine's own, at most 1.51.
    ///
    /// Errors: [`EngineError::Unreachable`], [`EngineError::Silent`], [`EngineError::NotAnEngine`], [`EngineError::Unsupported`].
    pub async fn connect(socket: &Path) -> Result<Self, EngineError> {
        Self::connect_within(socket, LOOK).await
    }

    /// The same for somebody who waits no longer than this for each look.
    pub async fn connect_within(socket: &Path, patience: Duration) -> Result<Self, EngineError> {
        let connector = Arc::new(Connector::new(socket));
        let Hello { version, api, podman, platform } = hello(&connector, time_for_hello(socket, patience)).await?;
        connector.speak(api, podman);
        let typed = bollard_over(Arc::clone(&connector))
            .map_err(|e| EngineError::NotAnEngine { socket: socket.to_owned(), detail: e.to_string() })?;
        Ok(Self { calls: Arc::new(Calls::new(connector, patience)), typed, version, platform, podman })
    }
}

#[async_trait]
impl Engine for Docker {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        let info = self.calls.look("info", "/info").await?.unwrap_or_default();
        Ok(EngineInfo {
            version: self.version.clone(),
            registries: registry_settings(&info),
            is_rootless: is_rootless(&info),
            has_digest_ids: has_digest_ids(&info),
        })
    }

    fn platform(&self) -> &Platform {
        &self.platform
    }

    fn takes_all_networks(&self) -> bool {
        self.calls.speaks(SEVERAL_NETWORKS)
    }

    fn takes_stop_signal(&self) -> bool {
        self.calls.speaks(STOP_SIGNAL)
    }

    async fn containers(&self) -> Result<Vec<Listed>, EngineError> {
        self.calls.ask("list containers", self.calls.patience(), list::containers(&self.typed)).await
    }

    async fn container(&self, container: &str) -> Result<Option<Container>, EngineError> {
        let found = match self.calls.look(&format!("inspect container {container}"), &format!("/containers/{container}/json")).await {
            // The engine takes a name that nobody has for the beginning of an id, if it is made of hex digits.
            Err(EngineError::Refused { message, .. }) if message.contains("multiple IDs found") => None,
            answer => answer?.map(Container::new),
        };
        Ok(found.filter(|found| found.name() == container || found.id().as_str() == container))
    }

    async fn image(&self, image: &str) -> Result<Option<Image>, EngineError> {
        let document = self.calls.look(&format!("inspect image {image}"), &format!("/images/{image}/json")).await?;
        Ok(document.map(Image::new))
    }

    async fn tags(&self, repository: &str) -> Result<Vec<String>, EngineError> {
        self.calls.ask(&format!("list the tags of {repository}"), self.calls.patience(), list::tags(&self.typed, repository)).await
    }

    async fn has_volume(&self, volume: &str) -> Result<bool, EngineError> {
        Ok(self.calls.look(&format!("inspect volume {volume}"), &format!("/volumes/{volume}")).await?.is_some())
    }

    async fn check_sources(&self, sources: &[String]) -> Result<(), EngineError> {
        if sources.is_empty() {
            return Ok(());
        }
        let question = sources::question(sources).to_string().into_bytes();
        match self.calls.raw("look for mounted paths", LOOK, Method::POST, "/containers/create", Some(question)).await {
            Err(EngineError::Refused { message, .. }) if !sources::says_gone(&message) => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    async fn log_tail(&self, container: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        let call = format!("read the log of {}", container.short());
        let options = query::LogsOptions { stdout: true, stderr: true, tail: lines.to_string(), ..Default::default() };
        let read = async {
            let mut stream = std::pin::pin!(self.typed.logs(container.as_str(), Some(options)));
            let mut text = Vec::new();
            while let Some(piece) = stream.next().await {
                let piece: LogOutput = piece?;
                text.extend_from_slice(piece.as_ref());
            }
            Ok(text)
        };
        let text = self.calls.ask(&call, LOOK, read).await?;
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    async fn remote_digest(&self, reference: &Reference, credential: Option<&Credential>) -> Result<Digest, EngineError> {
        let call = format!("ask where {reference} points");
        let name = reference.to_string();
        let answer = self.typed.inspect_registry_image(&name, credential.map(|c| registry_auth(c, reference)));
        let digest = self.calls.ask(&call, ASK_REGISTRY, answer).await?.descriptor.digest.unwrap_or_default();
        digest.parse().map_err(|_| EngineError::Garbage { call, detail: "no digest".to_owned() })
    }

    async fn ending(&self, container: &Container) -> Result<Ending, EngineError> {
        let (Some(since), Some(end)) = (container.started_at(), container.ended_at()) else { return Ok(Ending::Unknown) };
        let call = format!("ask how container {} ended", container.id().short());
        let filters = ending::filters(&container.id()).to_string();
        // By the engine's clock alone: until a time to come it would keep the answer open. `stop` is told a moment after the end.
        let until = end.saturating_add(SignedDuration::from_secs(2)).unwrap_or(end);
        let time = |at: Timestamp| format!("{}.{:09}", at.as_second(), at.subsec_nanosecond());
        let filters = utf8_percent_encode(&filters, NON_ALPHANUMERIC);
        let path = format!("/events?since={}&until={}&filters={filters}", time(since), time(until));
        let (_, body) = self.calls.raw(&call, self.calls.patience(), Method::GET, &path, None).await?;
        Ok(ending::read(&body))
    }

    async fn life(&self, containers: &[String]) -> Result<Life, EngineError> {
        events::listen(&self.calls, containers).await
    }

    async fn exec(&self, container: &ContainerId, argv: &[String], deadline: Duration) -> Result<Executed, EngineError> {
        let call = format!("run a command in container {}", container.short());
        self.calls.ask(&call, deadline, exec::run(&self.typed, container, argv)).await
    }

    async fn pull(&self, reference: &Reference, with: Pull<'_>) -> Result<(), EngineError> {
        pull::pull(&self.calls, &self.typed, reference, with).await
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), EngineError> {
        let crate::model::Target::Tag(tag) = name.target() else {
            return Err(refused(&format!("tag {image} as {name}"), 400, "a digest cannot be given to an image"));
        };
        let options = query::TagImageOptions { repo: Some(name.familiar_name()), tag: Some(tag.clone()) };
        self.calls.ask(&format!("tag {image} as {name}"), CHANGE, self.typed.tag_image(image, Some(options))).await
    }

    async fn remove_image(&self, image: &str) -> Result<(), EngineError> {
        let options = query::RemoveImageOptions { force: false, noprune: false, platforms: None };
        let answer = self.calls.ask(&format!("remove image {image}"), CHANGE, self.typed.remove_image(image, Some(options), None)).await;
        absent_is_success(answer.map(|_| ()))
    }

    async fn create(&self, name: &str, request: &Value, platform: Option<&Platform>) -> Result<ContainerId, EngineError> {
        let call = format!("create container {name}");
        let mut path = format!("/containers/create?name={}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        if let Some(platform) = platform {
            path += &format!("&platform={}", utf8_percent_encode(platform.as_str(), NON_ALPHANUMERIC));
        }
        let (_, body) = self.calls.raw(&call, CHANGE, Method::POST, &path, Some(request.to_string().into_bytes())).await?;
        let answer = parse(&call, &body)?;
        let id = answer.pointer("/Id").and_then(Value::as_str);
        id.map(ContainerId::new).ok_or_else(|| EngineError::Garbage { call, detail: "it names no id".into() })
    }

    async fn connect(&self, container: &ContainerId, network: &str, endpoint: &Value) -> Result<(), EngineError> {
        let call = format!("connect container {} to network {network}", container.short());
        let path = format!("/networks/{}/connect", utf8_percent_encode(network, NON_ALPHANUMERIC));
        let body = json!({ "Container": container.as_str(), "EndpointConfig": endpoint }).to_string();
        match self.calls.raw(&call, CHANGE, Method::POST, &path, Some(body.into_bytes())).await {
            // An earlier call did it («endpoint with name web already exists in network n»; seen on Docker 20.10).
            Err(EngineError::Refused { message, .. }) if message.contains("already exists in network") => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    async fn has_processes(&self, container: &ContainerId) -> bool {
        cgroups::has_processes(Path::new(cgroups::ROOT), container.as_str())
    }

    async fn start(&self, container: &ContainerId) -> Result<(), EngineError> {
        let answer = self.typed.start_container(container.as_str(), None);
        self.calls.ask(&format!("start container {}", container.short()), START, answer).await
    }

    async fn stop(&self, container: &ContainerId, grace_seconds: u64, signal: Option<&StopSignal>) -> Result<(), EngineError> {
        let deadline = Duration::from_secs(grace_seconds).saturating_add(BEYOND_GRACE);
        let options = signal.map(|signal| query::StopContainerOptions { signal: Some(signal.to_string()), t: None });
        let answer = self.typed.stop_container(container.as_str(), options);
        self.calls.ask(&format!("stop container {}", container.short()), deadline, answer).await
    }

    async fn set_restart_policy(&self, container: &ContainerId, policy: RestartPolicy) -> Result<(), EngineError> {
        let (name, maximum_retry_count) = match policy {
            RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
            RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
            RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
            RestartPolicy::OnFailure(most) => (RestartPolicyNameEnum::ON_FAILURE, Some(i64::from(most))),
        };
        let policy = ApiPolicy { name: Some(name), maximum_retry_count };
        let body = ContainerUpdateBody { restart_policy: Some(policy), ..Default::default() };
        let answer = self.typed.update_container(container.as_str(), body);
        self.calls.ask(&format!("set the restart policy of container {}", container.short()), CHANGE, answer).await.map(|_| ())
    }

    async fn rename(&self, container: &ContainerId, name: &str) -> Result<(), EngineError> {
        let answer = self.typed.rename_container(container.as_str(), query::RenameContainerOptions { name: name.to_owned() });
        self.calls.ask(&format!("rename container {} to {name}", container.short()), CHANGE, answer).await
    }

    async fn remove(&self, container: &ContainerId) -> Result<(), EngineError> {
        let options = query::RemoveContainerOptions { v: false, force: false, link: false };
        let answer = self.typed.remove_container(container.as_str(), Some(options));
        let call = format!("remove container {}", container.short());
        match self.calls.ask(&call, CHANGE, answer).await {
            // An earlier call is at it.
            Err(EngineError::Refused { message, .. }) if message.contains("already in progress") => {
                Err(EngineError::Unanswered { call, detail: message })
            }
            answer => absent_is_success(answer),
        }
    }

    async fn remove_volume(&self, volume: &str) -> Result<(), EngineError> {
        let answer = self.typed.remove_volume(volume, None::<query::RemoveVolumeOptions>);
        absent_is_success(self.calls.ask(&format!("remove volume {volume}"), CHANGE, answer).await)
    }
}

fn absent_is_success(answer: Result<(), EngineError>) -> Result<(), EngineError> {
    match answer {
        Err(EngineError::Refused { refusal: Refusal::NotFound, .. }) => Ok(()),
        other => other,
    }
}
