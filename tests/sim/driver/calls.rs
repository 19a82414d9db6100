//! The engine's calls over a [`Line`], each as what it is to the weather: a look or a change.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use rotate::engine::{Engine, EngineError, EngineInfo, Executed, Life, Pull, Refusal};
use rotate::model::{Container, ContainerId, Credential, Digest, Ending, Image, Listed, Platform, Reference, RestartPolicy, StopSignal};
use serde_json::Value;

use super::check::check_start;
use super::line::{Call, Line, START};

/// What the simulation answers at once.
fn now<T>(answer: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    answer.now_or_never().unwrap_or_else(|| unreachable!("the simulation never waits"))
}

#[async_trait]
impl Engine for Line {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.go(Call::look("info", ""), |sim| now(sim.info())).await
    }

    fn platform(&self) -> &Platform {
        self.0.sim.platform()
    }

    fn takes_all_networks(&self) -> bool {
        self.0.sim.takes_all_networks()
    }

    fn takes_stop_signal(&self) -> bool {
        self.0.sim.takes_stop_signal()
    }

    async fn containers(&self) -> Result<Vec<Listed>, EngineError> {
        self.go(Call::look("list", ""), |sim| now(sim.containers())).await
    }

    async fn container(&self, container: &str) -> Result<Option<Container>, EngineError> {
        let of = container.to_owned();
        self.go(Call::look("inspect", container), move |sim| now(sim.container(&of))).await
    }

    async fn image(&self, image: &str) -> Result<Option<Image>, EngineError> {
        let of = image.to_owned();
        self.go(Call::look("inspect image", image), move |sim| now(sim.image(&of))).await
    }

    async fn tags(&self, repository: &str) -> Result<Vec<String>, EngineError> {
        let of = repository.to_owned();
        self.go(Call::look("list tags", repository), move |sim| now(sim.tags(&of))).await
    }

    async fn has_volume(&self, volume: &str) -> Result<bool, EngineError> {
        let of = volume.to_owned();
        self.go(Call::look("inspect volume", volume), move |sim| now(sim.has_volume(&of))).await
    }

    async fn check_sources(&self, _: &[String]) -> Result<(), EngineError> {
        Ok(())
    }

    async fn log_tail(&self, container: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        let of = container.clone();
        self.go(Call::look("log", container.as_str()), move |sim| now(sim.log_tail(&of, lines))).await
    }

    /// The kernel is asked, not the engine.
    async fn has_processes(&self, container: &ContainerId) -> bool {
        self.0.sim.has_processes(container).await
    }

    async fn ending(&self, container: &Container) -> Result<Ending, EngineError> {
        let of = container.clone();
        self.go(Call::look("ending", container.id().as_str()), move |sim| now(sim.ending(&of))).await
    }

    async fn life(&self, containers: &[String]) -> Result<Life, EngineError> {
        let of = containers.to_vec();
        self.go(Call::look("listen", ""), move |sim| now(sim.life(&of))).await
    }

    async fn exec(&self, container: &ContainerId, argv: &[String], deadline: Duration) -> Result<Executed, EngineError> {
        now(self.0.sim.exec(container, argv, deadline))
    }

    async fn remote_digest(&self, reference: &Reference, _: Option<&Credential>) -> Result<Digest, EngineError> {
        now(self.0.sim.remote_digest(reference, None))
    }

    async fn pull(&self, reference: &Reference, _: Pull<'_>) -> Result<(), EngineError> {
        let of = reference.clone();
        self.go(Call::change("pull", &reference.to_string()), move |sim| {
            now(sim.pull(&of, Pull { credential: None, platform: None, progress: &|_| {} }))
        })
        .await
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), EngineError> {
        let (image, name) = (image.to_owned(), name.clone());
        self.go(Call::change("tag", &format!("{image} {name}")), move |sim| now(sim.tag(&image, &name))).await
    }

    async fn remove_image(&self, image: &str) -> Result<(), EngineError> {
        let of = image.to_owned();
        self.go(Call::change("rmi", image), move |sim| now(sim.remove_image(&of))).await
    }

    async fn create(&self, name: &str, request: &Value, _: Option<&Platform>) -> Result<ContainerId, EngineError> {
        let call = Call::change("create", name);
        if self.0.state().refuses_create {
            return Err(call.refused(Refusal::Other, "this engine creates nothing today"));
        }
        let (name, request) = (name.to_owned(), request.clone());
        self.go(call, move |sim| now(sim.create(&name, &request, None))).await
    }

    async fn connect(&self, container: &ContainerId, network: &str, endpoint: &Value) -> Result<(), EngineError> {
        let (of, name, endpoint) = (container.clone(), network.to_owned(), endpoint.clone());
        self.go(Call::change("connect", &format!("{of} {name}")), move |sim| now(sim.connect(&of, &name, &endpoint))).await
    }

    async fn start(&self, container: &ContainerId) -> Result<(), EngineError> {
        let (of, world) = (container.clone(), Arc::clone(&self.0));
        let call = Call { deadline: START, ..Call::change("start", container.as_str()) };
        let started = self.go(call, move |sim| {
            check_start(&world, of.as_str());
            now(sim.start(&of))
        });
        let answer = started.await;
        let fells_host = self.0.sim.host().containers.get(container.as_str()).is_some_and(|c| c.build.fells_host && c.is_running());
        if fells_host {
            self.0.note(|| "the host goes down under it".to_owned());
            self.cut_power::<()>().await;
        }
        answer
    }

    async fn stop(&self, container: &ContainerId, grace: u64, _: Option<&StopSignal>) -> Result<(), EngineError> {
        let of = container.clone();
        let call = Call { deadline: Duration::from_secs(grace + 30), ..Call::change("stop", container.as_str()) };
        self.go(call, move |sim| now(sim.stop(&of, grace, None))).await
    }

    async fn set_restart_policy(&self, container: &ContainerId, policy: RestartPolicy) -> Result<(), EngineError> {
        let of = container.clone();
        self.go(Call::change("update", &format!("{of} {policy}")), move |sim| now(sim.set_restart_policy(&of, policy))).await
    }

    async fn rename(&self, container: &ContainerId, name: &str) -> Result<(), EngineError> {
        let (of, name) = (container.clone(), name.to_owned());
        self.go(Call::change("rename", &format!("{of} {name}")), move |sim| now(sim.rename(&of, &name))).await
    }

    async fn remove(&self, container: &ContainerId) -> Result<(), EngineError> {
        let of = container.clone();
        self.go(Call::change("remove", container.as_str()), move |sim| now(sim.remove(&of))).await
    }

    async fn remove_volume(&self, volume: &str) -> Result<(), EngineError> {
        let of = volume.to_owned();
        self.go(Call::change("rmvol", volume), move |sim| now(sim.remove_volume(&of))).await
    }
}
