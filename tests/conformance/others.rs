//! What a script does not do by calls that are answered: it hangs up, others lay hands on the host, time passes.

use std::time::Duration;

use rotate::model::{Container, ContainerId, Health, Status};

use crate::case::Case;
use crate::view::kind;
use crate::world::{Hand, Lost};

/// Waiting longer is in vain.
pub const LIMIT: Duration = Duration::from_secs(90);
/// Between two looks.
pub const BETWEEN: Duration = Duration::from_millis(50);

/// What a script waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Running,
    /// No process runs, and the engine will not start one.
    AtRest,
    /// A process of it has run.
    Started,
    /// The engine has restarted it, and goes on doing so.
    Loops,
    /// The engine has restarted it, and it runs.
    RunsAgain,
    Healthy,
    Unhealthy,
    Gone,
}

impl Case {
    /// A call whose answer nobody waits for.
    pub async fn lose(&mut self, what: &str, call: Lost) {
        self.world.lose(&call).await;
        self.transcript.add(format!("hang up on {what}"), "");
        if !matches!(call, Lost::Start(_)) {
            self.look().await; // the other is looked at when it has landed: some engines answer no question before
        }
    }

    /// A start beside one that is held up, which goes on in the meantime.
    pub async fn start_over(&mut self, handle: &str) {
        let (engine, id) = (self.engine(), self.id(handle));
        let (answer, ()) = tokio::join!(engine.start(&id), self.release());
        self.begun(handle).await;
        self.tell(&format!("start {handle}, and let starts go on"), &answer).await;
    }

    /// A stop beside a start that is held up, which goes on in the meantime.
    pub async fn stop_over(&mut self, handle: &str) {
        let (engine, id) = (self.engine(), self.id(handle));
        let (answer, ()) = tokio::join!(engine.stop(&id, 10, None), self.release());
        self.transcript.add(format!("stop {handle}, and let starts go on: {}", answer.as_ref().map_or_else(kind, |()| "done".into())), "");
    }

    async fn release(&self) {
        self.world.pass(Duration::from_secs(1)).await;
        self.world.release_starts();
    }

    /// Something that somebody else does.
    pub async fn hand(&mut self, what: &str, hand: Hand) {
        let answer = self.world.hand(&hand).await;
        let (said, note) = answer.map_or_else(|why| ("refused", why), |()| ("done", String::new()));
        match &hand {
            Hand::Start(id) | Hand::Restart(id) => {
                let handle = self.symbols.handle_of(id.as_str()).to_owned();
                self.begun(&handle).await;
            }
            Hand::Stop(id) | Hand::Kill(id) => {
                let handle = self.symbols.handle_of(id.as_str()).to_owned();
                self.symbols.container_mut(&handle).is_settled = true;
            }
            Hand::RestartEngine | Hand::KillEngine | Hand::CutPower => self.all_begun().await,
            _ => {}
        }
        self.transcript.add(format!("somebody {what}: {said}"), note);
        if !matches!(hand, Hand::Die(_)) {
            self.look().await;
        }
    }

    async fn all_begun(&mut self) {
        let handles: Vec<String> = self.symbols.containers.iter().map(|known| known.handle.clone()).collect();
        for handle in handles {
            self.begun(&handle).await;
        }
    }

    /// Waits, and writes down what is then to be seen.
    pub async fn until(&mut self, handle: &str, until: Until) {
        let id = self.id(handle);
        let end = self.world.now() + LIMIT;
        let came = loop {
            if self.is(&id, until).await {
                break true;
            }
            if self.world.now() > end {
                break false;
            }
            self.world.pass(BETWEEN).await;
        };
        if came && until == Until::RunsAgain {
            self.world.ready(&id).await;
        }
        let known = self.symbols.container_mut(handle);
        known.is_settled = until != Until::Loops;
        known.has_verdict = matches!(until, Until::Healthy | Until::Unhealthy);
        self.transcript.add(format!("wait until {handle} is {until:?}: {}", if came { "it is" } else { "in vain" }), "");
        self.look().await;
    }

    pub async fn is(&self, id: &ContainerId, until: Until) -> bool {
        let container = self.engine().container(id.as_str()).await.ok().flatten();
        container.as_ref().map_or(until == Until::Gone, |container| is(container, until))
    }
}

fn is(container: &Container, until: Until) -> bool {
    let state = container.state();
    match until {
        Until::Running => state.status == Status::Running,
        Until::Started => state.started_at.is_some(),
        Until::AtRest => !state.is_active(),
        Until::Loops => state.is_active() && state.restart_count > 0,
        Until::RunsAgain => state.status == Status::Running && state.restart_count > 0,
        Until::Healthy => state.health == Some(Health::Healthy),
        Until::Unhealthy => state.health == Some(Health::Unhealthy),
        Until::Gone => false,
    }
}
