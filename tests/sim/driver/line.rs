//! The way between the agent and its engine: where calls get lost, land late, or are the last that a process makes.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use rotate::engine::{EngineError, Refusal};
use rotate::rotation::Record;

use super::clock::sleep;
use super::fault::What;
use super::world::{Flight, World};
use crate::engine::Simulation;

const LOOK: Duration = Duration::from_secs(20);
const CHANGE: Duration = Duration::from_secs(60);
/// What an engine that is killed may lose has run no longer.
const JUST_STARTED: Duration = Duration::from_secs(20);
pub(super) const START: Duration = Duration::from_secs(120);

/// One agent's way to the engine.
pub struct Line(pub Arc<World>);

/// What is asked.
pub(super) struct Call<'a> {
    pub verb: &'static str,
    pub of: &'a str,
    pub changes: bool,
    /// The engine may be at it for long, and goes on without whoever asked.
    pub may_fly: bool,
    pub deadline: Duration,
}

impl<'a> Call<'a> {
    pub fn look(verb: &'static str, of: &'a str) -> Self {
        Self { verb, of, changes: false, may_fly: false, deadline: LOOK }
    }

    pub fn change(verb: &'static str, of: &'a str) -> Self {
        // Any other tag is asked for again by the next run, which the engine does after the first; a pin is one rotation's alone.
        let is_pin = verb == "tag" && of.contains(Record::PINS);
        let may_fly = is_pin || matches!(verb, "stop" | "start" | "create" | "remove");
        Self { verb, of, changes: true, may_fly, deadline: CHANGE }
    }

    fn name(&self) -> String {
        format!("{} {}", self.verb, self.of)
    }

    fn unanswered(&self, detail: &str) -> EngineError {
        EngineError::Unanswered { call: self.name(), detail: detail.to_owned() }
    }

    pub fn refused(&self, refusal: Refusal, message: &str) -> EngineError {
        // As the engine has them: a name that is taken is a conflict, anything else its own failure.
        let status = if refusal == Refusal::NameTaken { 409 } else { 500 };
        EngineError::Refused { call: self.name(), refusal, status, message: message.to_owned() }
    }
}

impl Line {
    pub(super) async fn go<T, A>(&self, call: Call<'_>, act: A) -> Result<T, EngineError>
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
    async fn wait_for_earlier(&self, call: &Call<'_>) -> Option<EngineError> {
        let world = &*self.0;
        let container = call.of.split(' ').next();
        let holds = |flying: &str| flying == call.name() || flying.strip_prefix("start ").is_some_and(|of| Some(of) == container);
        let at = world.state().flights.iter().find(|flight| flight.call.as_deref().is_some_and(holds)).map(|flight| flight.at)?;
        if call.verb == "create" {
            return Some(call.refused(Refusal::NameTaken, "the container name is already in use by container 0"));
        }
        if call.verb == "remove" {
            return Some(call.unanswered("removal is already in progress"));
        }
        let wait = at.saturating_sub(world.now()).saturating_add(Duration::from_millis(1));
        sleep(world, wait.min(call.deadline)).await;
        (wait > call.deadline).then(|| call.unanswered("waited long enough"))
    }

    async fn go_wrong<T, A>(&self, call: Call<'_>, act: A, what: What) -> Result<T, EngineError>
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
                let clears = ["remove", "rmi", "rmvol", "tag"].contains(&call.verb);
                world.state().has_refused_clearing |= clears;
                Err(call.refused(Refusal::Other, "internal server error"))
            }
            What::NameIsLate if call.verb == "rename" => {
                let other = world.sim.host().containers.keys().find(|id| !call.of.contains(id.as_str())).cloned().unwrap_or_default();
                Err(call.refused(Refusal::NameTaken, &format!("Conflict. The container name is already in use by container \"{other}\".")))
            }
            What::Cut { is_done } => {
                if is_done {
                    drop(act(&world.sim));
                }
                // As an engine's end looks.
                world.state().outages += 1;
                Err(call.unanswered("the connection ended"))
            }
            What::Slow(time) if time <= call.deadline => {
                sleep(world, time).await;
                act(&world.sim)
            }
            What::Slow(time) => {
                world.state().outages += 1;
                if call.may_fly {
                    self.fly(&call, act, time);
                } else {
                    drop(act(&world.sim));
                }
                sleep(world, call.deadline).await;
                Err(call.unanswered("waited long enough"))
            }
            What::Engine { is_killed, loses, is_done, away } => {
                if is_done {
                    drop(act(&world.sim));
                }
                self.lose_engine(is_killed, loses, away);
                Err(call.unanswered("the connection ended"))
            }
            What::Renewed { away } => {
                self.lose_engine(false, false, away);
                sleep(world, away.saturating_add(Duration::from_millis(1))).await;
                act(&world.sim)
            }
            What::Power { is_done } => {
                if is_done {
                    drop(act(&world.sim));
                }
                self.cut_power().await
            }
            What::NameIsLate | What::Hand(_) | What::Term | What::Jump(_) | What::Full(_) | What::CrashAtSave { .. } => act(&world.sim),
        }
    }

    /// It comes back after so long.
    fn lose_engine(&self, is_killed: bool, loses: bool, away: Duration) {
        let world = &*self.0;
        let is_up = world.sim.host().is_up;
        if !is_up {
            return;
        }
        world.ground_flights();
        match (is_killed, loses) {
            (false, _) => world.sim.host().stop_engine(),
            (true, false) => world.sim.host().kill_engine(),
            (true, true) => {
                let lost = world.sim.host().kill_engine_and_lose(JUST_STARTED);
                world.note(|| format!("the engine loses {lost:?}"));
            }
        }
        let mut state = world.state();
        state.outages += 1;
        state.has_been_out = true;
        state.falls += 1;
        let at = world.now().saturating_add(away);
        state.flights.push(Flight { at, call: None, land: Box::new(|sim| sim.host().start_engine()) });
    }

    pub(super) async fn cut_power<T>(&self) -> T {
        self.0.ground_flights();
        self.0.state().has_been_out = true;
        self.0.state().falls += 1;
        self.0.sim.host().cut_power();
        self.die("with its host").await
    }

    async fn die<T>(&self, when: &str) -> T {
        self.0.kill(when);
        pending().await
    }

    /// Nothing flies that the engine answers at once: a create whose name is taken, a stop or start of what is stopped or runs already.
    fn fly<T, A>(&self, call: &Call<'_>, act: A, after: Duration)
    where
        A: Fn(&Simulation) -> Result<T, EngineError> + Send + 'static,
    {
        let host = self.0.sim.host();
        let found = |by: &str| host.containers.values().find(|c| c.name == by || c.id == by);
        let is_answered = match call.verb {
            "create" => found(call.of).is_some(),
            "start" => found(call.of).is_none_or(|c| c.is_active()),
            "stop" => found(call.of).is_none_or(|c| !c.is_active()),
            _ => false,
        };
        drop(host);
        if is_answered {
            return;
        }
        let at = self.0.now().saturating_add(after);
        self.0.state().flights.push(Flight { at, call: Some(call.name()), land: Box::new(move |sim| drop(act(sim))) });
    }

    /// With names for ids.
    fn in_words(&self, call: &Call<'_>) -> String {
        let host = self.0.sim.host();
        let word = |word: &str| host.containers.get(word).map_or(word.to_owned(), |c| format!("{} ({})", c.name, &c.id[..4]));
        call.name().split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}
