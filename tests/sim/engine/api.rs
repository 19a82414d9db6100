//! The engine's calls, as the product makes them.

use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use rotate::engine::{Engine, EngineError, EngineInfo, Executed, Life, Pull, PullProgress, Refusal};
use rotate::model::{
    Container, ContainerId, Credential, Digest, Ending, Image, Listed, Platform, Reference, RegistrySettings, RestartPolicy, Status,
    StopSignal,
};
use serde_json::Value;

use super::Simulation;
use super::create::text;
use super::host::{Host, Refused};

impl Simulation {
    fn ask<T>(&self, call: &str, answer: impl FnOnce(&mut Host) -> Result<T, Refused>) -> Result<T, EngineError> {
        let mut host = self.host();
        if !host.is_up {
            let cause = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            return Err(EngineError::Unreachable { socket: "/run/docker.sock".into(), cause });
        }
        answer(&mut host).map_err(|refused| refused.into_error(call))
    }

    fn ask_absent_is_success(&self, call: &str, answer: impl FnOnce(&mut Host) -> Result<(), Refused>) -> Result<(), EngineError> {
        match self.ask(call, answer) {
            Err(EngineError::Refused { refusal: Refusal::NotFound, .. }) => Ok(()),
            answer => answer,
        }
    }
}

#[async_trait]
impl Engine for Simulation {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        let (version, has_digest_ids) = (self.flavour.version.to_owned(), self.flavour.has_digest_ids);
        self.ask("info", |_| Ok(EngineInfo { version, registries: RegistrySettings::default(), is_rootless: false, has_digest_ids }))
    }

    fn platform(&self) -> &Platform {
        &self.platform
    }

    fn takes_all_networks(&self) -> bool {
        self.flavour.takes_all_networks
    }

    fn takes_stop_signal(&self) -> bool {
        self.flavour.takes_stop_signal
    }

    async fn containers(&self) -> Result<Vec<Listed>, EngineError> {
        let listed = |host: &Host, c: &super::host::Container| Listed {
            id: ContainerId::new(c.id.as_str()),
            name: c.name.clone(),
            image: host.images.listed(text(&c.config["Image"]), &c.image),
            shares_network_of: None,
            linked_to: Vec::new(),
        };
        self.ask("list containers", |host| Ok(host.containers.values().map(|c| listed(host, c)).collect()))
    }

    async fn container(&self, container: &str) -> Result<Option<Container>, EngineError> {
        self.ask("inspect container", |host| Ok(host.document(container).map(Container::new)))
    }

    async fn image(&self, image: &str) -> Result<Option<Image>, EngineError> {
        self.ask("inspect image", |host| Ok(host.images.document(image).map(Image::new)))
    }

    async fn tags(&self, repository: &str) -> Result<Vec<String>, EngineError> {
        let is_of_it = |tag: &&str| tag.strip_prefix(repository).is_some_and(|rest| rest.starts_with(':'));
        self.ask("list tags", |host| Ok(host.images.tags().map(|(tag, _)| tag).filter(is_of_it).map(str::to_owned).collect()))
    }

    async fn has_volume(&self, volume: &str) -> Result<bool, EngineError> {
        self.ask("inspect volume", |host| Ok(host.volumes.contains_key(volume)))
    }

    async fn check_sources(&self, _: &[String]) -> Result<(), EngineError> {
        self.ask("look for mounted paths", |_| Ok(()))
    }

    async fn log_tail(&self, container: &ContainerId, _: usize) -> Result<Vec<String>, EngineError> {
        self.ask("read the log", |host| Ok(vec![format!("I am {}", host.get(container.as_str())?.build.version)]))
    }

    async fn has_processes(&self, container: &ContainerId) -> bool {
        self.host().with_processes().any(|c| c.id == container.as_str())
    }

    async fn ending(&self, container: &Container) -> Result<Ending, EngineError> {
        self.ask("ask how it ended", |host| {
            let is_by_hand = host.get(container.id().as_str())?.is_stopped_by_hand;
            // An engine forgets its events when it is restarted.
            let is_forgotten = host.life.load(std::sync::atomic::Ordering::Relaxed) > 0;
            Ok(match (is_by_hand, is_forgotten) {
                (_, true) => Ending::Unknown,
                (true, false) => Ending::ByHand,
                (false, false) => Ending::ByItself,
            })
        })
    }

    /// Tells nothing but its end, for whoever relies on more would be wrong on an engine that tells nothing; and that as a connection does of which nobody
    /// has read for a while: behind what was told before, and not at once.
    async fn life(&self, _: &[String]) -> Result<Life, EngineError> {
        let life = self.ask("listen to events", |host| Ok(std::sync::Arc::clone(&host.life)))?;
        let began = life.load(std::sync::atomic::Ordering::Relaxed);
        let is_over = move || life.load(std::sync::atomic::Ordering::Relaxed) != began;
        let mut polls = 0;
        let next = move |context: &mut Context<'_>| {
            polls += u32::from(is_over());
            match polls {
                0 => Poll::Pending,
                1 => Poll::Ready(Some(())),
                2 => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                _ => Poll::Ready(None),
            }
        };
        Ok(poll_fn(next).boxed())
    }

    async fn exec(&self, container: &ContainerId, _: &[String], _: Duration) -> Result<Executed, EngineError> {
        let code = |host: &mut Host| {
            let found = host.get(container.as_str())?;
            match found.status {
                Status::Running => Ok(i64::from(found.build.health == Some(false))),
                _ => Err(Refused::new(409, format!("container {container} is not running"))),
            }
        };
        self.ask("run a command", code).map(|code| Executed { code, output: String::new() })
    }

    async fn remote_digest(&self, reference: &Reference, _: Option<&Credential>) -> Result<Digest, EngineError> {
        self.ask("ask where a tag points", |host| Ok(host.shelf.find(reference)?.0))
    }

    async fn pull(&self, reference: &Reference, with: Pull<'_>) -> Result<(), EngineError> {
        self.ask("pull", |host| host.pull(&reference.to_string()))?;
        (with.progress)(PullProgress { done_bytes: 1, total_bytes: 1 });
        Ok(())
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), EngineError> {
        self.ask("tag", |host| host.images.tag(image, name))
    }

    async fn remove_image(&self, image: &str) -> Result<(), EngineError> {
        self.ask_absent_is_success("remove image", |host| host.remove_image_by_hand(image))
    }

    async fn create(&self, name: &str, request: &Value, _: Option<&Platform>) -> Result<ContainerId, EngineError> {
        self.ask("create container", |host| host.create(name, request)).map(ContainerId::new)
    }

    async fn connect(&self, container: &ContainerId, network: &str, endpoint: &Value) -> Result<(), EngineError> {
        match self.ask("connect", |host| host.connect(container.as_str(), network, endpoint)) {
            Err(EngineError::Refused { message, .. }) if message.contains("already exists in network") => Ok(()),
            answer => answer,
        }
    }

    async fn start(&self, container: &ContainerId) -> Result<(), EngineError> {
        self.ask("start container", |host| host.start(container.as_str()))
    }

    async fn stop(&self, container: &ContainerId, _: u64, _: Option<&StopSignal>) -> Result<(), EngineError> {
        self.ask("stop container", |host| host.stop(container.as_str()))
    }

    async fn set_restart_policy(&self, container: &ContainerId, policy: RestartPolicy) -> Result<(), EngineError> {
        self.ask("set the restart policy", |host| host.update_by_hand(container.as_str(), policy))
    }

    async fn rename(&self, container: &ContainerId, name: &str) -> Result<(), EngineError> {
        self.ask("rename container", |host| host.rename(container.as_str(), name))
    }

    async fn remove(&self, container: &ContainerId) -> Result<(), EngineError> {
        self.ask_absent_is_success("remove container", |host| host.remove(container.as_str()))
    }

    async fn remove_volume(&self, volume: &str) -> Result<(), EngineError> {
        self.ask_absent_is_success("remove volume", |host| host.remove_volume(volume))
    }
}
