//! One process of the agent: what it is asked for, until it ends or dies.

use std::sync::Arc;

use rotate::config::{Config, Origins};
use rotate::cycle::{Cycle, CycleError, Report, Request};
use rotate::interrupt::Interrupt;

use super::clock::{ProcessClock, run};
use super::line::Line;
use super::registry::Counter;
use super::store::MemoryStore;
use super::world::World;

/// A process.
pub struct Process {
    agent: String,
    clock: ProcessClock,
    interrupt: Interrupt,
}

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order<'a> {
    Run,
    RollBack(&'a str),
    DryRun,
    /// A run while a daemon may be at work on the same engine.
    BesideADaemon,
}

/// What came of it.
pub struct Passed {
    pub report: Report,
    /// None: it died.
    pub result: Option<Result<(), CycleError>>,
}

impl Process {
    pub fn start(world: &Arc<World>, number: usize) -> Self {
        world.set_dead(false);
        Self { agent: format!("agent-{number}"), clock: ProcessClock::start(world), interrupt: Interrupt::default() }
    }

    /// One pass.
    pub fn pass(&self, world: &Arc<World>, store: &MemoryStore, config: &Config, order: Order<'_>) -> Passed {
        world.note(|| format!("{}: {order:?}", self.agent));
        world.state().calls_of_process = 0;
        let mut report = Report::default();
        let (line, registry) = (Line(Arc::clone(world)), Counter(Arc::clone(world)));
        let boot = format!("boot-{}", world.sim.host().boot);
        let watcher = |_| {
            if std::mem::take(&mut world.state().is_term_due) {
                world.note(|| "SIGTERM".to_owned());
                self.interrupt.set();
            }
        };
        let random_id = || Ok(world.random_id());
        let cycle = Cycle {
            engine: &line,
            registry: &registry,
            store,
            clock: &self.clock,
            interrupt: &self.interrupt,
            config,
            origins: &Origins::default(),
            watcher: &watcher,
            random_id: &random_id,
            name: None,
            is_alone: order != Order::BesideADaemon,
            agent: &self.agent,
            boot: &boot,
        };
        let request = Request { is_dry_run: order == Order::DryRun, ..Request::default() };
        let result = match order {
            Order::Run | Order::DryRun | Order::BesideADaemon => run(world, cycle.run(&request, &mut report)),
            Order::RollBack(name) => run(world, cycle.roll_back(name, &mut report)),
        };
        world.note(|| {
            let said = match &result {
                None => "died".to_owned(),
                Some(Err(error)) => format!("error: {error}"),
                Some(Ok(())) => "done".to_owned(),
            };
            let entries = report.entries.iter().map(|e| format!("{} {:?} {}", e.name, e.verdict, e.message.as_deref().unwrap_or_default()));
            format!("{}: {said}: {}", self.agent, entries.collect::<Vec<_>>().join("; "))
        });
        Passed { report, result }
    }

    /// True if it was asked to stop.
    pub fn is_over(&self) -> bool {
        self.interrupt.is_set()
    }
}
