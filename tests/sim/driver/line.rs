//! The way between the agent and its engine: where calls get lost, land late, or are the last that a process makes.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use rotate::engine::{Engine, EngineError, EngineInfo, Executed, Life, Pull, Refusal};
use rotate::model::{Container, ContainerId, Credential, Digest, Ending, Image, Listed, Platform, Reference, RestartPolicy, StopSignal};
use serde_json::Value;

use super::check::check_start;
use super::clock::sleep;
use super::fault::What;
use super::world::{Flight, World};
use crate::engine::Simulation;

const LOOK: Duration = Duration::from_secs(20);
const CHANGE: Duration = Duration::from_secs(60);
const START: Duration = Duration::from_secs(120);

/// One agent's way to the engine.
pub struct Line(pub Arc<World>);

/// What is asked.
struct Call {
    name: String,
    changes: bool,
    /// The engine may be at it for long, and goes on without whoever asked.
    may_fly: bool,
    deadline: Duration,
}

impl Call {
    fn look(name: &'static str, of: &str) -> Self {
        Self { name: format!("{name} {of}"), changes: false, may_fly: false, deadline: LOOK }
    }

    fn change(name: &'static str, of: &str) -> Self {
        let may_fly = matches!(name, "stop" | "start" | "create" | "remove");
        Self { name: format!("{name} {of}"), changes: true, may_fly, deadline: CHANGE }
    }

    fn unanswered(&self, detail: &str) -> EngineError {
        EngineError::Unanswered { call: self.name.clone(), detail: detail.to_owned() }
    }

    fn refused(&self, refusal: Refusal, message: &str) -> EngineError {
        // As the engine has them: a name that is taken is a conflict, anything else its own failure.
        let status = if refusal == Refusal::NameTaken { 409 } else { 500 };
        EngineError::Refused { call: self.name.clone(), refusal, status, message: message.to_owned() }
    }
}

impl Line {
    async fn go<T, A>(&self, call: Call, act: A) -> Result<T, EngineError>
    where
        T: Send,
        A: Fn(&Simulation) -> Result<T, EngineError> + Clone + Send + Sync + 'static,
    {
        let world = &*self.0;
        if world.is_dead() {
            pending::<()>().await;
        }
        let latency = world.state().chance.between(1, 6);
        world.advance(latency);
        let what = self.weather(call.changes);
        if world.is_dead() {
            pending::<()>().await;
        }
        if call.changes
            && let Some(answer) = self.wait_for_earlier(&call).await
        {
            return Err(answer);
        }
        if call.changes {
            world.note(|| format!("agent: {}", self.in_words(&call)));
        }
        let Some(what) = what else { return act(&world.sim) };
        world.note(|| format!("  but at «{}»: {what:?}", self.in_words(&call)));
        self.go_wrong(call, act, what).await
    }

    /// What is to go wrong with this call; what happens beside it happens now.
    fn weather(&self, changes: bool) -> Option<What> {
        let world = &*self.0;
        let mut of_the_call = None;
        for what in world.draw(changes) {
            match what {
                What::Hand(hand) => hand.lay(world),
                What::Term => world.state().is_term_due = true,
                What::Jump(seconds) => {
                    world.note(|| format!("the clock jumps by {seconds} s"));
                    let mut host = world.sim.host();
                    host.epoch = host.epoch.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(host.epoch);
                }
                What::Full(times) => world.state().full = times,
                What::CrashAtSave { is_written } => world.state().crash_at_save = Some(is_written),
                what if of_the_call.is_none() => of_the_call = Some(what),
                // One a call: the others wait for the next one.
                what => world.state().faults.push(super::fault::Fault { at: 0, only_changes: false, what }),
            }
        }
        of_the_call
    }

    /// The same call may still be under way: a second one waits for its end (seen for stop and start on Docker 20.10–28.5). A start that is under
    /// way holds the container: any other change of it waits, too.
    async fn wait_for_earlier(&self, call: &Call) -> Option<EngineError> {
        let world = &*self.0;
        let start = call.name.split(' ').nth(1).map(|of| format!("start {of}"));
        let holds = |flying: &str| flying == call.name || Some(flying) == start.as_deref();
        let at = world.state().flights.iter().find(|flight| flight.call.as_deref().is_some_and(holds)).map(|flight| flight.at)?;
        if call.name.starts_with("create") {
            return Some(call.refused(Refusal::NameTaken, "the container name is already in use by container 0"));
        }
        if call.name.starts_with("remove") {
            return Some(call.unanswered("removal is already in progress"));
        }
        let wait = at.saturating_sub(world.now()).saturating_add(Duration::from_millis(1));
        sleep(world, wait.min(call.deadline)).await;
        (wait > call.deadline).then(|| call.unanswered("waited long enough"))
    }

    async fn go_wrong<T, A>(&self, call: Call, act: A, what: What) -> Result<T, EngineError>
    where
        T: Send,
        A: Fn(&Simulation) -> Result<T, EngineError> + Clone + Send + Sync + 'static,
    {
        let world = &*self.0;
        match what {
            What::CrashBefore => self.die("before the call").await,
            What::CrashAfter => {
                drop(act(&world.sim));
                self.die("after the call").await
            }
            What::CrashWhile(after) if call.may_fly => {
                self.fly(&call, act, after);
                self.die("while the engine is at it").await
            }
            What::CrashWhile(_) => self.die("before the call").await,
            What::Refuse => {
                let clears = ["remove", "rmi", "rmvol", "tag"].iter().any(|verb| call.name.starts_with(verb));
                world.state().has_refused_clearing |= clears;
                Err(call.refused(Refusal::Other, "internal server error"))
            }
            What::Cut { is_done } => {
                if is_done {
                    drop(act(&world.sim));
                }
                Err(call.unanswered("the connection ended"))
            }
            What::Slow(time) if time <= call.deadline => {
                sleep(world, time).await;
                act(&world.sim)
            }
            What::Slow(time) => {
                if call.may_fly {
                    self.fly(&call, act, time);
                } else {
                    drop(act(&world.sim));
                }
                sleep(world, call.deadline).await;
                Err(call.unanswered("waited long enough"))
            }
            What::Engine { is_killed, is_done, away } => {
                if is_done {
                    drop(act(&world.sim));
                }
                let is_up = world.sim.host().is_up;
                if is_up {
                    world.ground_flights();
                    if is_killed {
                        world.sim.host().kill_engine()
                    } else {
                        world.sim.host().stop_engine()
                    }
                    let mut state = world.state();
                    state.outages += 1;
                    state.has_been_out = true;
                    let at = world.now().saturating_add(away);
                    state.flights.push(Flight { at, call: None, land: Box::new(|sim| sim.host().start_engine()) });
                }
                Err(call.unanswered("the connection ended"))
            }
            What::Power { is_done } => {
                if is_done {
                    drop(act(&world.sim));
                }
                self.cut_power().await
            }
            What::Hand(_) | What::Term | What::Jump(_) | What::Full(_) | What::CrashAtSave { .. } => act(&world.sim),
        }
    }

    async fn cut_power<T>(&self) -> T {
        self.0.ground_flights();
        self.0.state().has_been_out = true;
        self.0.sim.host().cut_power();
        self.die("with its host").await
    }

    async fn die<T>(&self, when: &str) -> T {
        self.0.kill(when);
        pending().await
    }

    fn fly<T, A>(&self, call: &Call, act: A, after: Duration)
    where
        A: Fn(&Simulation) -> Result<T, EngineError> + Send + 'static,
    {
        let at = self.0.now().saturating_add(after);
        self.0.state().flights.push(Flight { at, call: Some(call.name.clone()), land: Box::new(move |sim| drop(act(sim))) });
    }

    /// With names for ids.
    fn in_words(&self, call: &Call) -> String {
        let host = self.0.sim.host();
        let word = |word: &str| host.containers.get(word).map_or(word.to_owned(), |c| format!("{} ({})", c.name, &c.id[..4]));
        call.name.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

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

    async fn has_volume(&self, volume: &str) -> Result<bool, EngineError> {
        let of = volume.to_owned();
        self.go(Call::look("inspect volume", volume), move |sim| now(sim.has_volume(&of))).await
    }

    async fn check_sources(&self, _: &[String]) -> Result<(), EngineError> {
        Ok(())
    }

    async fn log_tail(&self, container: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        let of = container.clone();
        self.go(Call::look("log", of.as_str()), move |sim| now(sim.log_tail(&of, lines))).await
    }

    async fn ending(&self, container: &Container) -> Result<Ending, EngineError> {
        let of = container.clone();
        self.go(Call::look("ending", of.id().as_str()), move |sim| now(sim.ending(&of))).await
    }

    async fn life(&self) -> Result<Life, EngineError> {
        self.go(Call::look("listen", ""), |sim| now(sim.life())).await
    }

    async fn exec(&self, container: &ContainerId, argv: &[String], deadline: Duration) -> Result<Executed, EngineError> {
        now(self.0.sim.exec(container, argv, deadline))
    }

    async fn remote_digest(&self, reference: &Reference, _: Option<&Credential>) -> Result<Digest, EngineError> {
        now(self.0.sim.remote_digest(reference, None))
    }

    async fn pull(&self, reference: &Reference, _: Pull<'_>) -> Result<(), EngineError> {
        let of = reference.to_string();
        let call = Call::change("pull", &of);
        self.go(call, move |sim| {
            now(sim.pull(&of.parse().expect("a reference"), Pull { credential: None, platform: None, progress: &|_| {} }))
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
        let call = Call { deadline: START, ..Call::change("start", of.as_str()) };
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
        let call = Call { deadline: Duration::from_secs(grace + 30), ..Call::change("stop", of.as_str()) };
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
        self.go(Call::change("remove", of.as_str()), move |sim| now(sim.remove(&of))).await
    }

    async fn remove_volume(&self, volume: &str) -> Result<(), EngineError> {
        let of = volume.to_owned();
        self.go(Call::change("rmvol", volume), move |sim| now(sim.remove_volume(&of))).await
    }
}
