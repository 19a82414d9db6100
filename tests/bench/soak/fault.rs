//! What goes wrong in a round.

use std::collections::BTreeMap;
use std::fmt;

use fastrand::Rng;

use crate::lab::{Action, Fault as Harm, FaultProxy, Host, Scratch};

/// Calls of one rotation that change something, about.
const CALLS: usize = 11;

/// At most one a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    None,
    /// The daemon is killed -9; systemd starts it.
    Kill,
    /// The engine says 500, without or after having done what it was asked.
    Error,
    /// The connection ends without an answer.
    Cut,
    /// The engine is restarted.
    Restart,
    /// Another hand stops one of the containers.
    Stop,
    /// Another hand removes all images that nothing uses.
    PruneImages,
    /// Another hand removes all containers that do not run.
    PruneContainers,
}

impl Fault {
    /// None, more often than not.
    pub fn choose(rng: &mut Rng, may_kill: bool) -> Fault {
        match rng.u32(..100) {
            0..18 if may_kill => Fault::Kill,
            18..26 => Fault::Error,
            26..34 => Fault::Cut,
            34..37 => Fault::Restart,
            37..42 => Fault::Stop,
            42..46 => Fault::PruneImages,
            46..50 => Fault::PruneContainers,
            _ => Fault::None,
        }
    }

    /// At a random call of the round, before or after the engine has done it. The container that another hand will stop, if one will.
    pub fn arm(self, proxy: &FaultProxy, s: &Scratch, names: &[String], rng: &mut Rng) -> Option<String> {
        let is_before = rng.bool();
        let k = rng.usize(1..=CALLS * names.len());
        let harm = move |action| if is_before { Harm::Before(action) } else { Harm::After(action) };
        let host: &'static Host = s.host;
        let command = |command: Vec<String>| {
            Action::Run(Box::new(move || {
                host.exec(&command.iter().map(String::as_str).collect::<Vec<_>>());
            }))
        };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let victim = (self == Fault::Stop).then(|| names[rng.usize(..names.len())].clone());
        let action = match self {
            Fault::None => return None,
            Fault::Kill => Action::Kill,
            Fault::Error => Action::Status(500, "the soak says no".to_owned()),
            Fault::Cut => Action::Cut,
            Fault::Restart => command(["sh", "-c", "systemctl reset-failed docker; systemctl restart docker"].map(str::to_owned).to_vec()),
            Fault::Stop => command(words(&format!("docker stop {}", victim.as_deref().unwrap_or_default()))),
            Fault::PruneImages => command(words("docker image prune -af")),
            Fault::PruneContainers => command(words("docker container prune -f")),
        };
        proxy.at(k, harm(action));
        victim
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Fault::None => "no fault",
            Fault::Kill => "killed -9",
            Fault::Error => "500",
            Fault::Cut => "cut",
            Fault::Restart => "engine restarted",
            Fault::Stop => "stopped by another hand",
            Fault::PruneImages => "images pruned",
            Fault::PruneContainers => "containers pruned",
        })
    }
}

/// How often each was done.
#[derive(Default)]
pub struct Tally {
    done: BTreeMap<Fault, usize>,
    /// Sick images that were turned back from.
    pub sick: usize,
}

impl Tally {
    /// One round; `is_done`: its call came.
    pub fn count(&mut self, fault: &Fault, is_done: bool) {
        if is_done && *fault != Fault::None {
            *self.done.entry(*fault).or_default() += 1;
        }
    }

    /// How many were done.
    pub fn faults(&self) -> usize {
        self.done.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let each: Vec<String> = self.done.iter().map(|(fault, times)| format!("{fault} {times}")).collect();
        write!(f, "{} faults ({})", self.faults(), each.join(", "))
    }
}
