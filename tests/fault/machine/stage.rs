//! One cell under way, from its containers to what was found.

use std::{process::Child, time::Duration};

use serde_json::Value;

use super::cell::{Cell, Healer};
use super::check;
use super::daemon::Daemon;
use super::ending;
use super::found::Found;
use super::harm::Harm;
use super::history;
use super::scenario::{End, Task};
use super::world::{Start, World};
use crate::lab::{Action, Fault, FaultProxy, Host, Outcome, within};

/// A cell under way.
pub struct Stage {
    cell: Cell,
    /// Gone before its containers are.
    daemon: Option<Daemon>,
    world: World,
    proxy: FaultProxy,
    found: Found,
}

/// An engine is not there (`src/ask/exit.rs`).
const UNAVAILABLE: i32 = 69;

/// No cell's agent takes longer: the longest deadline of a call, twice.
const LIMIT: Duration = Duration::from_secs(300);

impl Stage {
    pub fn new(host: &'static Host, cell: Cell) -> Stage {
        let title = format!("{}, {} {}, {}", cell.scenario.name, cell.harm.name(), cell.k, cell.healer.name());
        let world = World::new(host, cell.scenario, &title);
        let (daemon, proxy) = match cell.healer {
            Healer::Now => (None, world.proxy()),
            Healer::Daemon => {
                let daemon = Daemon::install(&world);
                let proxy = FaultProxy::start_at(&host.path(&daemon.proxy()), &host.socket());
                daemon.configure(&format!("engine = \"unix://{}\"\n{}", daemon.proxy(), world.config()));
                (Some(daemon), proxy)
            }
        };
        let stage = Stage { cell, world, daemon, proxy, found: Found::default() };
        stage.prepare();
        stage
    }

    /// What has to be behind the agent before the harm is done, done by whoever does the rest.
    fn prepare(&self) {
        let Some(daemon) = &self.daemon else { return self.world.prepare() };
        daemon.start();
        daemon.at_rest();
        match self.cell.scenario.task {
            Task::Now | Task::DryRun => {}
            Task::Rollback | Task::Retire => {
                daemon.answer(&["now", &self.world.starts[0].name]);
                daemon.at_rest();
                self.world.wait_for_retirement();
            }
            // It is killed in its task, and the harm meets its next start.
            Task::Leftovers(call) => self.proxy.at(call, Fault::After(Action::Kill)),
        }
    }

    /// How many calls of the cell come before those that are counted.
    fn first(&self) -> usize {
        match self.cell.scenario.task {
            Task::Leftovers(call) if self.daemon.is_some() => call,
            _ => 0,
        }
    }

    /// Does the scenario's task, with the harm at its call. `moment`: see [`Harm::fault`]. `must_die` is asked all the time.
    pub fn cut(&mut self, moment: impl FnOnce() + Send + 'static, mut must_die: impl FnMut() -> bool) {
        self.found.skipped = self.proxy.count() + self.first();
        if let Some(fault) = self.cell.harm.fault(moment) {
            self.proxy.at(self.first() + self.cell.k, fault);
        }
        match &self.daemon {
            None => {
                let task = self.world.task();
                let task: Vec<&str> = task.iter().map(String::as_str).collect();
                let outcome = self.answered(|| {
                    let mut running = self.world.agent(&self.proxy).spawn(&task);
                    let mut dies = false;
                    within(LIMIT, || {
                        dies = must_die();
                        (dies || !running.is_running()).then_some(())
                    });
                    if dies { running.kill() } else { running.wait(Duration::from_secs(1)) }
                });
                self.ended(&outcome, &self.world.ends());
            }
            Some(daemon) => {
                let mut client = daemon.ask(&self.world.task());
                let mut dies = false;
                within(LIMIT, || {
                    dies = must_die();
                    (dies || client.try_wait().is_ok_and(|ended| ended.is_some())).then_some(())
                });
                self.client_said(client, dies);
            }
        }
        if let (true, Some(daemon)) = (self.first() > 0, &self.daemon) {
            daemon.at_rest();
        }
        self.found.before = self.proxy.count();
        let done = self.proxy.done() - usize::from(self.first() > 0);
        if self.cell.harm != Harm::Nothing && done == 0 {
            self.found.problems.push(format!("there was no call {} to do harm at", self.cell.k));
        }
    }

    fn client_said(&mut self, client: Child, is_lost: bool) {
        if is_lost {
            return; // it goes with its host
        }
        if let Ok(output) = client.wait_with_output() {
            let outcome = Outcome::of("rotate ...".to_owned(), &output);
            self.ended(&outcome, &self.world.ends());
        }
    }

    /// Another boot, another engine: the agent finds it where it was. A daemon waits for it until then, since it is up before.
    pub fn come_up(&mut self) {
        self.keep_calls();
        let host = self.world.s.host;
        // The one of the last boot goes first: its socket may have the same path.
        self.proxy = self.world.proxy();
        if let Some(daemon) = &self.daemon {
            self.proxy = FaultProxy::start_at(&host.path(&daemon.proxy()), &host.socket());
        }
    }

    /// Looks, lets it be healed, and looks again.
    pub fn heal(mut self) -> Found {
        if self.cell.harm.cuts_power() {
            self.look("after the boot", check::units_come_up);
        }
        if self.cell.harm == Harm::Late {
            self.land();
        }
        self.found.is_void = self.is_lost();
        let may_be_pruned = self.cell.harm.prunes();
        self.look("after the cut", |world| check::after_the_cut(world, may_be_pruned));
        if let Some(daemon) = &self.daemon {
            daemon.at_rest();
            self.wake();
            self.look("healed by itself", check::one_serves);
        }
        self.run_again();
        // A late call has not landed yet, and what no engine starts again its owner starts below.
        let needs_owner = self.cell.harm.stops_containers() && !self.world.scenario.is_restarted();
        if self.cell.harm != Harm::KillLate && !needs_owner {
            self.look("after the next start", check::one_serves);
        }
        if self.cell.harm == Harm::KillLate {
            self.land();
            self.look("after the late call", |world| check::after_the_cut(world, false));
            self.run_again();
        }
        if self.wake() {
            self.run_again();
        }
        if self.cell.harm.may_turn_back() {
            self.run_again(); // a call that was refused, or whose image was pruned, is not made twice by one run
        }
        self.check();
        self.check_rest();
        self.found.is_void |= !self.found.problems.is_empty() && self.is_lost();
        self.found.is_void &= !check::two_ran(&self.world);
        self.keep_calls();
        if let Some(journal) = self.daemon.as_ref().map(Daemon::journal) {
            self.said(&journal);
            if ending::is_panic(&journal) {
                self.found.problems.push("the daemon panicked".to_owned());
            }
        }
        self.found
    }

    fn land(&mut self) {
        if let Some(answer) = self.proxy.land() {
            self.said(&format!("the late call landed when nobody waited for it: {answer}"));
        }
    }

    fn look(&mut self, when: &str, look: impl Fn(&World) -> Vec<String>) {
        let problems = look(&self.world);
        self.found.problems.extend(problems.into_iter().map(|problem| format!("{when}: {problem}")));
    }

    /// What an owner does where nobody else does it: starts a container without a restart policy. True if there was need to.
    fn wake(&self) -> bool {
        self.cell.harm.stops_containers() && !self.world.scenario.is_restarted() && self.world.wake()
    }

    /// The engine, by its own death, and nobody else.
    fn is_lost(&self) -> bool {
        self.cell.harm == Harm::EngineKill && self.world.starts.iter().any(|start| check::is_lost(self.world.s.host, start))
    }

    fn run_again(&mut self) {
        let next = self.world.next();
        let next: Vec<&str> = next.iter().map(String::as_str).collect();
        let outcome = match &self.daemon {
            None => self.now(&next),
            Some(daemon) => {
                let outcome = daemon.answer(&next);
                daemon.at_rest();
                outcome
            }
        };
        self.ended(&outcome, &self.ends());
    }

    fn now(&self, args: &[&str]) -> Outcome {
        self.answered(|| self.world.agent(&self.proxy).run(args))
    }

    /// Once more where the engine did not say in time who it is, so that nothing was asked of it: Podman begins with a call, and others load the machine.
    fn answered(&self, mut run: impl FnMut() -> Outcome) -> Outcome {
        let (calls, done) = (self.proxy.count(), self.proxy.done());
        let outcome = run();
        let is_untouched = outcome.status == Some(UNAVAILABLE) && (self.proxy.count(), self.proxy.done()) == (calls, done);
        if is_untouched { run() } else { outcome }
    }

    fn check(&mut self) {
        let harm = self.cell.harm;
        let is_pull =
            self.proxy.calls().get(self.found.skipped + self.cell.k.max(1) - 1).is_some_and(|call| call.contains("/images/create?"));
        let may_turn_back = harm.may_turn_back() || harm == Harm::Late && is_pull;
        let may_be_pruned = harm.prunes();
        for start in &self.world.starts {
            let end = self.end(start);
            self.found.problems.extend(check::whole(&self.world, start, end, may_be_pruned));
            let history = self.history(&start.name);
            self.found.problems.extend(history::problems(self.world.scenario, start, end, &history, may_turn_back));
        }
        if let Some(pod) = self.world.pod.as_ref().filter(|_| !harm.stops_containers()) {
            self.found.problems.extend(pod.problem(&self.world.s));
        }
    }

    /// Which one has to serve in the end.
    fn end(&self, start: &Start) -> End {
        let is_given_up = self.world.scenario.task == Task::Rollback && self.cell.harm.may_turn_back();
        // A rollback that the engine refused is given up, and nobody asks for it again.
        if is_given_up { check::end(&self.world, start) } else { self.world.scenario.end(&start.service) }
    }

    fn ends(&self) -> Vec<End> {
        self.world.starts.iter().map(|start| self.end(start)).collect()
    }

    fn history(&self, name: &str) -> Value {
        let args = ["history", name, "--json"];
        let text = match &self.daemon {
            None => self.world.agent(&self.proxy).run(&args).stdout,
            Some(daemon) => daemon.answer(&args).stdout,
        };
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A further run does nothing.
    fn check_rest(&mut self) {
        if self.world.scenario.is_tried_again() {
            return;
        }
        let (calls, picture) = (self.proxy.count(), check::picture(&self.world));
        self.run_again();
        let more = self.proxy.calls().split_off(calls);
        if !more.is_empty() {
            self.found.problems.push(format!("a further run calls {more:?}"));
        }
        let now = check::picture(&self.world);
        if now != picture {
            self.found.problems.push(format!("a further run changes\n{picture}\nto\n{now}"));
        }
    }

    fn keep_calls(&mut self) {
        let calls = self.proxy.calls();
        self.found.calls.extend(calls);
    }

    /// Keeps what an agent said, and judges it.
    fn ended(&mut self, outcome: &Outcome, ends: &[End]) {
        self.said(&outcome.to_string());
        let problems = ending::problems(&self.world, outcome, ends, !self.cell.harm.stops_containers());
        self.found.problems.extend(problems);
    }

    fn said(&mut self, text: &str) {
        self.found.said.push_str(text);
        self.found.said.push('\n');
    }
}
