//! One seed's world: the simulated host, the time, what is in flight, what will go wrong, and what was seen to be wrong.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::chance::Chance;
use super::clock::Timers;
use super::fault::{Fault, What};
use super::hand::Hand;
use crate::engine::{Flavour, Simulation, Spec};

/// A call that the engine is at although nobody waits for it any more, or an engine that comes back.
pub struct Flight {
    pub at: Duration,
    /// Which call of what; none: the engine comes back.
    pub call: Option<String>,
    pub land: Box<dyn FnOnce(&Simulation) + Send>,
}

/// What changes while a seed is played.
pub struct State {
    pub chance: Chance,
    pub faults: Vec<Fault>,
    pub flights: Vec<Flight>,
    pub calls: usize,
    pub changes: usize,
    /// Calls since the process began; bounded.
    pub calls_of_process: usize,
    pub full: usize,
    /// Something could not be written down for want of space.
    pub is_unrecorded: bool,
    pub crash_at_save: Option<bool>,
    pub is_term_due: bool,
    /// Every create is refused until the weather is over.
    pub refuses_create: bool,
    /// Outages of the host or the engine, and deaths of the agent: each may count as a start that came to nothing.
    pub outages: usize,
    /// How often the engine has gone down, with its host or without.
    pub falls: usize,
    /// The engine has refused to clear something away: it stays, because what is not in the way is not tried for ever.
    pub has_refused_clearing: bool,
    /// An earlier copy of the store was put back, or an empty one.
    pub has_lost_store: bool,
    /// A stop took longer than anybody waited for it.
    pub has_late_stop: bool,
    /// The engine or its host has been down.
    pub has_been_out: bool,
    /// What other hands did, by unit.
    pub hands: Vec<(String, Hand)>,
    /// What was on the host at the beginning.
    pub units: Vec<Spec>,
    pub failure: Option<String>,
    pub log: Vec<String>,
}

impl State {
    /// True if two may run for what a person did: he started one, or renamed one that only a lost store knew.
    pub fn may_make_two(&self, hand: Hand) -> bool {
        hand.starts() || self.has_lost_store && matches!(hand, Hand::Rename(_))
    }
}

/// See the module.
pub struct World {
    pub sim: Simulation,
    pub timers: Mutex<Timers>,
    state: Mutex<State>,
    is_dead: AtomicBool,
    is_loud: bool,
    /// Anything may be done on it: only the engine is of interest.
    is_lawless: bool,
}

/// More calls of one process than any pass needs.
const MOST_CALLS: usize = 20_000;

impl World {
    pub fn new(flavour: Flavour, seed: u64, is_loud: bool) -> Self {
        let state = State {
            chance: Chance::new(seed),
            faults: Vec::new(),
            flights: Vec::new(),
            calls: 0,
            changes: 0,
            calls_of_process: 0,
            full: 0,
            is_unrecorded: false,
            crash_at_save: None,
            is_term_due: false,
            refuses_create: false,
            outages: 0,
            falls: 0,
            has_been_out: false,
            has_refused_clearing: false,
            has_lost_store: false,
            has_late_stop: false,
            hands: Vec::new(),
            units: Vec::new(),
            failure: None,
            log: Vec::new(),
        };
        Self {
            sim: Simulation::new(flavour, seed),
            timers: Mutex::default(),
            state: Mutex::new(state),
            is_dead: AtomicBool::new(false),
            is_loud,
            is_lawless: false,
        }
    }

    /// One on which no rule of ours holds: for the conformance suite.
    #[allow(dead_code)] // another crate takes it in
    pub fn lawless(flavour: Flavour, seed: u64) -> Self {
        Self { is_lawless: true, ..Self::new(flavour, seed, false) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    pub fn now(&self) -> Duration {
        self.sim.host().now
    }

    pub fn is_loud(&self) -> bool {
        self.is_loud
    }

    pub fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    pub fn set_dead(&self, is_dead: bool) {
        self.is_dead.store(is_dead, Ordering::Relaxed);
    }

    /// `kill -9`.
    pub fn kill(&self, when: &str) {
        self.note(|| format!("the agent is killed {when}"));
        self.state().outages += 1;
        self.set_dead(true);
    }

    /// One line of the story, if somebody listens.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if self.is_loud {
            let line = format!("{:9.3}  {}", self.now().as_secs_f64(), line());
            self.state().log.push(line);
        }
    }

    /// What must not be; the first one counts. Ends the process.
    pub fn fail(&self, what: impl Into<String>) {
        if self.is_lawless {
            return;
        }
        let what = what.into();
        self.note(|| format!("WRONG: {what}"));
        self.state().failure.get_or_insert(what);
        self.set_dead(true);
    }

    pub fn has_failed(&self) -> bool {
        self.state().failure.is_some()
    }

    /// Moves the time; what is in flight lands on the way.
    pub fn advance(&self, by: Duration) {
        let until = self.now().saturating_add(by);
        loop {
            let mut state = self.state();
            let due = state.flights.iter().enumerate().filter(|(_, flight)| flight.at <= until).min_by_key(|(_, flight)| flight.at);
            let Some((index, _)) = due else { break };
            let flight = state.flights.swap_remove(index);
            state.has_late_stop |= flight.call.as_deref().is_some_and(|call| call.starts_with("stop "));
            drop(state);
            self.sim.pass(flight.at.saturating_sub(self.now()));
            (flight.land)(&self.sim);
            let what = flight.call.as_deref().map_or_else(|| "the engine is back".to_owned(), |call| format!("lands: {call}"));
            self.note(|| what);
            self.look();
        }
        self.sim.pass(until.saturating_sub(self.now()));
        self.look();
    }

    /// What must hold at every moment.
    pub fn look(&self) {
        let Some(collision) = self.sim.host().collisions.pop() else { return };
        let state = self.state();
        let theirs = |(unit, hand): &(String, Hand)| collision.started.starts_with(unit.as_str()) && state.may_make_two(*hand);
        let is_theirs = state.hands.iter().any(theirs);
        drop(state);
        if !is_theirs {
            self.fail(format!("two run on one volume: {collision:?}"));
        }
    }

    /// The next call of a process: what goes wrong with it. Counts it.
    pub fn draw(&self, changes: bool) -> Vec<What> {
        let mut state = self.state();
        let (calls, before) = (state.calls, state.changes);
        state.calls += 1;
        state.calls_of_process += 1;
        if changes {
            state.changes += 1;
        }
        let is_endless = state.calls_of_process > MOST_CALLS;
        let is_due = |fault: &Fault| if fault.only_changes { changes && fault.at <= before } else { fault.at <= calls };
        let mut due = Vec::new();
        state.faults.retain(|fault| {
            let is_due = is_due(fault);
            if is_due {
                due.push(fault.what.clone());
            }
            !is_due
        });
        drop(state);
        if is_endless {
            self.fail("the loop does not end");
        }
        due
    }

    pub fn is_full(&self) -> bool {
        let mut state = self.state();
        let is_full = state.full > 0;
        state.full = state.full.saturating_sub(1);
        is_full
    }

    /// As a process makes them by chance.
    pub fn random_id(&self) -> String {
        format!("{:06x}", self.state().chance.below(1 << 24))
    }

    pub fn crash_at_save(&self) -> Option<bool> {
        self.state().crash_at_save.take()
    }

    /// All that is in flight is lost with the engine, or done just before.
    pub fn ground_flights(&self) {
        let flights: Vec<Flight> = std::mem::take(&mut self.state().flights);
        for flight in flights {
            let lands = self.state().chance.one_in(2);
            if let Some(call) = flight.call.filter(|_| lands) {
                self.note(|| format!("lands at the last moment: {call}"));
                (flight.land)(&self.sim);
            }
        }
    }
}
