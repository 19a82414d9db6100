//! Plays one seed: good weather, bad weather, then calm until nothing is left to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rotate::cycle::Verdict;

use super::chance::Chance;
use super::check::{check_end, check_nothing_lost, check_told};
use super::fault::{self, Fault};
use super::hand::{ALL, HARMLESS};
use super::process::{Order, Passed, Process};
use super::scenario::{Ask, Quality, Scenario, Unit};
use super::store::{Disk, MemoryStore};
use super::world::World;

/// One seed's game.
pub struct Game {
    pub world: Arc<World>,
    pub store: MemoryStore,
    pub scenario: Scenario,
    /// The anonymous volume of each unit that has one.
    pub anonymous: BTreeMap<String, String>,
    /// Of the store, made before some pass.
    copy: Option<Disk>,
    pub has_pruned: bool,
    pub has_jumped: bool,
    process: Option<Process>,
    processes: usize,
}

/// More passes than anything needs to come to rest.
const MOST_PASSES: usize = 12;

/// What went wrong, and the story if it was asked for.
pub type Wrong = (String, Vec<String>);

/// Plays a seed.
pub fn play(seed: u64, is_loud: bool) -> Result<(), Wrong> {
    let (played, story) = play_to_the_end(seed, is_loud);
    played.map_err(|wrong| (wrong, story))
}

/// All that happens under a seed, whether it goes well or not.
#[allow(dead_code)] // another crate takes it in
pub fn story(seed: u64) -> Vec<String> {
    play_to_the_end(seed, true).1
}

fn play_to_the_end(seed: u64, is_loud: bool) -> (Result<(), String>, Vec<String>) {
    let mut chance = Chance::new(seed);
    let scenario = Scenario::draw(&mut chance);
    Game::new(scenario, seed, is_loud).end(|game| game.play(&mut chance))
}

/// Plays one scenario in which this goes wrong and nothing else.
pub fn play_scripted(scenario: Scenario, faults: Vec<Fault>) -> Result<(), Wrong> {
    let mut chance = Chance::new(0);
    let (played, story) = Game::new(scenario, 0, true).end(|game| game.play_through(faults, 2, &mut chance));
    played.map_err(|wrong| (wrong, story))
}

impl Game {
    fn new(scenario: Scenario, seed: u64, is_loud: bool) -> Self {
        let world = Arc::new(World::new(scenario.flavour, seed, is_loud));
        Self {
            store: MemoryStore::new(&world),
            scenario,
            anonymous: BTreeMap::new(),
            copy: None,
            has_pruned: false,
            has_jumped: false,
            process: None,
            processes: 0,
            world,
        }
    }

    /// One that a test plays itself, with its containers up.
    pub fn by_hand(scenario: Scenario) -> Self {
        let mut game = Self::new(scenario, 0, true);
        game.set_up().unwrap_or_else(|wrong| panic!("{wrong}"));
        game
    }

    /// One pass in which this goes wrong.
    pub fn pass_in(&mut self, faults: Vec<Fault>) -> Passed {
        self.begin_weather(faults);
        self.pass(Order::Run)
    }

    fn end(mut self, play: impl FnOnce(&mut Self) -> Result<(), String>) -> (Result<(), String>, Vec<String>) {
        let played = play(&mut self);
        let mut state = self.world.state();
        state.flights.clear();
        let failure = state.failure.take();
        (failure.map_or(played, Err), std::mem::take(&mut state.log))
    }

    fn play(&mut self, chance: &mut Chance) -> Result<(), String> {
        let hands: &[_] = match chance.below(10) {
            0..=5 => &[],
            6 | 7 => &HARMLESS,
            _ => &ALL,
        };
        let is_stormy = chance.one_in(4);
        let faults = fault::draw(chance, hands, is_stormy);
        let passes = 1 + chance.below(5);
        self.play_through(faults, passes, chance)
    }

    fn play_through(&mut self, faults: Vec<Fault>, passes: usize, chance: &mut Chance) -> Result<(), String> {
        self.set_up()?;
        if self.scenario.ask != Ask::Update {
            self.pass(Order::Run);
            if self.scenario.ask == Ask::LetGo {
                self.world.advance(self.scenario.config.keep_old);
            }
        }
        self.begin_weather(faults);
        for _ in 0..passes {
            self.bad_pass(chance);
            if self.world.has_failed() {
                return Ok(());
            }
        }
        self.end_weather();
        self.calm(chance)
    }

    fn set_up(&mut self) -> Result<(), String> {
        let sim = &self.world.sim;
        sim.host().add_network("front", "10.1.0");
        sim.host().add_network("back", "10.2.0");
        for Unit { spec, old, new, .. } in &self.scenario.units {
            sim.publish(&spec.image, old.clone());
            let id = sim.run(spec).map_err(|refused| format!("not set up: {refused:?}"))?;
            sim.publish(&spec.image, new.clone());
            let host = sim.host();
            if let Some(mount) = host.containers[&id].mounts.iter().find(|mount| mount.destination == "/anon") {
                self.anonymous.insert(spec.name.clone(), mount.volume.clone());
            }
        }
        self.world.state().units = self.scenario.units.iter().map(|unit| unit.spec.clone()).collect();
        self.world.advance(Duration::from_secs(30));
        self.world.note(|| {
            let units = self.scenario.units.iter().map(|unit| format!("{:?}", unit));
            format!("{:?}, {:?}\n{}", self.scenario.ask, self.scenario.flavour, units.collect::<Vec<_>>().join("\n"))
        });
        Ok(())
    }

    fn begin_weather(&mut self, faults: Vec<Fault>) {
        let is = |what: &fault::What, hand| matches!(what, fault::What::Hand(h) if *h == hand);
        self.has_pruned = faults.iter().any(|f| is(&f.what, HARMLESS[0]) || is(&f.what, HARMLESS[1]) || is(&f.what, HARMLESS[2]));
        self.has_jumped = faults.iter().any(|f| matches!(f.what, fault::What::Jump(_)));
        self.world.note(|| format!("faults: {faults:?}"));
        let mut state = self.world.state();
        (state.calls, state.changes) = (0, 0);
        state.faults = faults;
        state.refuses_create = self.scenario.refuses_create;
    }

    fn bad_pass(&mut self, chance: &mut Chance) {
        let before = match chance.below(48) {
            0 => Some(Disk::default()),
            1..=3 => Some(self.store.disk().clone()),
            _ => self.copy.take_if(|_| chance.one_in(24)),
        };
        if chance.one_in(4) {
            self.copy = Some(self.store.disk().clone());
        }
        let first = self.scenario.units[0].spec.name.clone();
        let order = if self.scenario.ask == Ask::RollBack { Order::RollBack(&first) } else { Order::Run };
        self.pass(order);
        if let Some(before) = before {
            self.world.note(|| "an earlier copy of the store is put back".to_owned());
            *self.store.disk() = before;
            (self.world.state().has_lost_store, self.process) = (true, None);
        }
        if !self.world.state().has_lost_store {
            check_nothing_lost(self);
        }
        let pause = chance.pick(&[0, 50, 3_000, 60_000, 1_000_000]);
        if !self.world.has_failed() {
            self.world.advance(Duration::from_millis(pause));
        }
    }

    fn end_weather(&mut self) {
        {
            let mut state = self.world.state();
            state.faults.clear();
            (state.full, state.crash_at_save, state.is_term_due, state.refuses_create) = (0, None, false, false);
        }
        self.world.note(|| "the weather is over".to_owned());
        // What is in flight lands; what restarts has restarted.
        self.world.advance(Duration::from_secs(900));
        let mut host = self.world.sim.host();
        host.start_engine();
        host.end_lost();
    }

    /// Passes until one changes nothing, then everything that is kept goes.
    fn calm(&mut self, chance: &mut Chance) -> Result<(), String> {
        if self.scenario.ask == Ask::RollBack && !self.world.has_failed() {
            let name = self.scenario.units[0].spec.name.clone();
            self.pass(Order::RollBack(&name));
        }
        let mut is_kept = true;
        for _ in 0..MOST_PASSES {
            let before = self.world.state().changes;
            let passed = self.pass(Order::Run);
            if self.world.has_failed() {
                return Ok(());
            }
            if let Some(Err(error)) = &passed.result {
                return Err(format!("in calm weather: {error}"));
            }
            self.world.advance(chance.between(10, 60_000));
            // What waits for a person is tried again by each pass.
            let is_of = |verdict: &Verdict| matches!(verdict, Verdict::Stuck | Verdict::Skipped | Verdict::Held | Verdict::Orphaned);
            let is_stuck = passed.result.is_some() && passed.report.entries.iter().all(|entry| is_of(&entry.verdict));
            let is_quiet = self.world.state().changes == before || (is_stuck && !self.world.state().hands.is_empty());
            match (is_quiet, is_kept) {
                (true, true) => {
                    is_kept = false;
                    self.world.advance(self.scenario.config.keep_old + Duration::from_secs(200_000));
                }
                (true, false) => {
                    self.world.look();
                    return check_end(self, &passed.report);
                }
                (false, _) => {}
            }
        }
        Err("it never comes to rest".to_owned())
    }

    /// One pass.
    pub fn pass(&mut self, order: Order<'_>) -> Passed {
        if self.process.is_none() || !self.scenario.is_daemon || self.process.as_ref().is_some_and(Process::is_over) {
            self.processes += 1;
            self.process = Some(Process::start(&self.world, self.processes));
        }
        let before = self.disturbances();
        let passed = match &self.process {
            Some(process) => process.pass(&self.world, &self.store, &self.scenario.config, order),
            None => unreachable!("there is one"),
        };
        if passed.result.is_none() {
            self.process = None;
        } else if self.disturbances() == before && matches!(passed.result, Some(Ok(()))) {
            check_told(self, &passed.report);
        }
        // A host whose power was cut boots.
        let is_down = !self.world.sim.host().is_up;
        let is_engine_due = self.world.state().flights.iter().any(|flight| flight.call.is_none());
        if is_down && !is_engine_due {
            self.world.note(|| "the host boots".to_owned());
            self.world.sim.host().start_engine();
        }
        passed
    }

    /// How often the engine went down, and how often another hand was laid on a unit.
    fn disturbances(&self) -> (usize, usize) {
        let state = self.world.state();
        (state.falls, state.hands.len())
    }

    /// True if a good image may have been given up for what the weather did to it.
    pub fn excuses_old(&self, unit: &Unit) -> bool {
        self.world.state().outages >= 2 || unit.quality != Quality::Good || self.scenario.ask == Ask::RollBack
    }
}
