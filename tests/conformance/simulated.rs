//! The simulated engine as a world.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rotate::engine::{Engine, EngineError};
use rotate::model::{ContainerId, Digest};

use crate::driver::{self, Fault, Line, What};
use crate::engine::{Build, Ends, Flavour, Host, Refused};
use crate::world::{Hand, Lost, Program, World};

/// As the lab's: an engine sorts names, and this one comes before `localhost`.
const REGISTRY: &str = "10.0.0.1:5000";
/// How long a program takes that ends at once.
const AT_ONCE: Duration = Duration::from_millis(30);
/// Longer than a start's deadline, and than that of a stop with the grace below.
const LONG_START: Duration = Duration::from_secs(125);
const LONG_STOP: Duration = Duration::from_secs(45);
/// How long an engine, or its host, is away.
const AWAY: Duration = Duration::from_secs(1);

/// One host in memory.
pub struct Simulated {
    title: String,
    /// With the way to the engine, on which calls get lost.
    stage: Arc<driver::World>,
    port: Rc<RefCell<Option<String>>>,
}

impl Simulated {
    /// Of an engine as `tests/lab/engines` names it.
    pub fn of(engine: &str) -> Self {
        let flavour = match engine {
            "docker-20.10" => Flavour::DOCKER_20_10,
            "docker-26.1" => Flavour::DOCKER_26_1,
            "docker-26.1-rootless" => Flavour::DOCKER_26_1_ROOTLESS,
            "docker-26.1-containerd" => Flavour::DOCKER_26_1_CONTAINERD,
            "docker-28.5" => Flavour::DOCKER_28_5,
            "docker-28.5-containerd" => Flavour::DOCKER_28_5_CONTAINERD,
            other => panic!("the simulation has no flavour of {other}"),
        };
        Self { title: format!("simulated {engine}"), stage: Arc::new(driver::World::lawless(flavour, 1)), port: Rc::default() }
    }

    /// For the executor that moves its time.
    pub fn stage(&self) -> Arc<driver::World> {
        Arc::clone(&self.stage)
    }

    fn outage(&self, fall: impl FnOnce(&mut Host)) {
        fall(&mut self.stage.sim.host());
        self.stage.advance(AWAY);
        self.stage.sim.host().start_engine();
    }

    fn act(&self, hand: &Hand) -> Result<(), Refused> {
        let mut host = self.stage.sim.host();
        match hand {
            Hand::Stop(id) => host.stop_by_hand(id.as_str()),
            Hand::Kill(id) => host.kill_by_hand(id.as_str()),
            Hand::Start(id) => host.start_by_hand(id.as_str()),
            Hand::Restart(id) => host.stop_by_hand(id.as_str()).and_then(|()| host.start_by_hand(id.as_str())),
            Hand::Rename(id, name) => host.rename_by_hand(id.as_str(), name),
            Hand::Remove { container, is_forced, with_volumes } => host.remove_by_hand(container.as_str(), *is_forced, *with_volumes),
            Hand::Die(id) => host.die(id.as_str()),
            Hand::PruneContainers => {
                host.prune_containers();
                Ok(())
            }
            Hand::PruneImages => {
                host.prune_images(false);
                Ok(())
            }
            Hand::PruneAllImages => {
                host.prune_images(true);
                Ok(())
            }
            Hand::Tag { image, name } => host.images.tag(image, &name.parse().map_err(|_| Refused::new(400, "invalid reference"))?),
            Hand::RemoveImage { image, is_forced: false } => host.remove_image_by_hand(image),
            Hand::RemoveImage { image, is_forced: true } => host.remove_image_by_force(image),
            Hand::MakeNetwork { name, subnet } => {
                host.add_network(name, subnet.rsplit_once('.').map_or(subnet, |(net, _)| net));
                Ok(())
            }
            Hand::RemoveNetwork(name) => host.remove_network(name),
            Hand::TakePort(port) => {
                host.ports_taken.push(port.to_string());
                *self.port.borrow_mut() = Some(port.to_string());
                Ok(())
            }
            Hand::FreePort => {
                let port = self.port.borrow_mut().take();
                host.ports_taken.retain(|taken| Some(taken) != port.as_ref());
                Ok(())
            }
            Hand::PrepareHold | Hand::HoldStarts => Ok(()),
            Hand::RestartEngine | Hand::KillEngine | Hand::CutPower => {
                drop(host);
                self.outage(match hand {
                    Hand::RestartEngine => Host::stop_engine,
                    Hand::KillEngine => Host::kill_engine,
                    _ => Host::cut_power,
                });
                Ok(())
            }
        }
    }
}

#[async_trait(?Send)]
impl World for Simulated {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn engine(&self) -> Arc<dyn Engine> {
        Arc::new(Line(Arc::clone(&self.stage)))
    }

    fn name(&self, name: &str) -> String {
        format!("s-{name}")
    }

    fn registry(&self) -> String {
        REGISTRY.to_owned()
    }

    fn publish(&self, repository: &str, version: &str, program: Program) -> Digest {
        let build = Build { interval: Duration::from_millis(500), ..Build::new(version) };
        let build = match program {
            Program::Healthy => Build { health: Some(true), ..build },
            Program::WithVolume => Build { health: Some(true), volumes: vec!["/data".to_owned()], ..build },
            Program::Sick => Build { health: Some(false), ..build },
            Program::Serves => build,
            Program::Stubborn => Build { on_term: None, ..build },
            Program::Ends => Build { ends: Ends::After(AT_ONCE, 0), ..build },
            Program::Fails => Build { ends: Ends::After(AT_ONCE, 1), ..build },
            Program::Missing => Build { ends: Ends::AtOnce, ..build },
        };
        self.stage.sim.publish(&format!("{REGISTRY}/{}:latest", self.name(repository)), build)
    }

    async fn hand(&self, hand: &Hand) -> Result<(), String> {
        self.act(hand).map_err(|refused| format!("{}: {}", refused.status, refused.message))
    }

    /// It takes longer than anybody waits.
    async fn lose(&self, call: &Lost) {
        let long = if matches!(call, Lost::Start(_)) { LONG_START } else { LONG_STOP };
        let fault = Fault { at: 0, only_changes: true, what: What::Slow(long) };
        self.stage.state().faults.push(fault);
        let answer = match call {
            Lost::Start(id) => self.engine().start(id).await,
            Lost::Stop(id) => self.engine().stop(id, 10, None).await,
        };
        assert!(matches!(answer, Err(EngineError::Unanswered { .. })), "{call:?} was answered: {answer:?}");
    }

    fn release_starts(&self) {
        let now = self.stage.now();
        self.stage.state().flights.iter_mut().for_each(|flight| flight.at = now);
    }

    fn mark(&self, volume: &str, text: &str) {
        let mut host = self.stage.sim.host();
        let found = host.volumes.get_mut(volume).unwrap_or_else(|| panic!("there is no volume {volume}"));
        text.clone_into(&mut found.text);
    }

    fn marked(&self, volume: &str) -> Option<String> {
        let host = self.stage.sim.host();
        host.volumes.get(volume).map(|volume| volume.text.clone()).filter(|text| !text.is_empty())
    }

    async fn ready(&self, _: &ContainerId) {}

    fn broken_pull(&self) -> String {
        let digest = self.publish("broken", "v1", Program::Serves);
        self.stage.sim.host().shelf.pull_error = Some("download failed after attempts=6".to_owned());
        format!("{REGISTRY}/{}@{digest}", self.name("broken"))
    }

    fn mend_pull(&self) {
        self.stage.sim.host().shelf.pull_error = None;
    }

    async fn pass(&self, time: Duration) {
        driver::sleep(&self.stage, time).await;
    }

    fn now(&self) -> Duration {
        self.stage.now()
    }
}
