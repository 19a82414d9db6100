//! What is done at a call.

use crate::lab::{Action, Fault, Host, wait_for, within};
use std::time::{Duration, Instant};

/// One kind of harm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Harm {
    /// None: the run that the others are measured by.
    Nothing,
    /// kill -9 of the agent before the call reaches the engine.
    KillBefore,
    /// kill -9 of the agent after the engine has acted and before the agent hears of it.
    KillAfter,
    /// The engine answers 500 and does nothing.
    Refuse,
    /// No answer; the call lands beside its repetition, or after the agent has ended.
    Late,
    /// kill -9 of the agent before the call reaches the engine, where it lands beside its repetition, or after the next run.
    KillLate,
    /// The engine has acted; the connection is cut in the middle of its answer.
    Half,
    /// The engine is restarted before it sees the call.
    EngineRestart,
    /// kill -9 of the engine after it has acted; no answer.
    EngineKill,
    /// The host's power is cut before the engine sees the call.
    PowerBefore,
    /// The host's power is cut after the engine has acted and before the agent hears of it.
    PowerAfter,
    /// Another hand runs `docker container prune -f`.
    PruneContainers,
    /// Another hand runs `docker image prune -af`.
    PruneImages,
}

/// Name in options and files, words in the table.
const NAMES: [(Harm, &str, &str); 13] = [
    (Harm::Nothing, "nothing", "nothing"),
    (Harm::KillBefore, "kill-before", "kill -9 before the call"),
    (Harm::KillAfter, "kill-after", "kill -9 after the call"),
    (Harm::Refuse, "refuse", "answer 500"),
    (Harm::Late, "late", "no answer within 1 s, lands late"),
    (Harm::KillLate, "kill-late", "kill -9, the call lands late"),
    (Harm::Half, "half", "cut in the middle of the answer"),
    (Harm::EngineRestart, "engine-restart", "engine restarted before the call"),
    (Harm::EngineKill, "engine-kill", "engine killed -9 after the call"),
    (Harm::PowerBefore, "power-before", "power cut before the call"),
    (Harm::PowerAfter, "power-after", "power cut after the call"),
    (Harm::PruneContainers, "prune-containers", "`container prune -f` before the call"),
    (Harm::PruneImages, "prune-images", "`image prune -af` before the call"),
];

/// Three restarts a minute are more than the unit allows.
const RESTART: &str = "systemctl reset-failed docker; systemctl restart docker";
const KILL: &str = "systemctl reset-failed docker; systemctl kill --kill-whom=main -s KILL docker";

impl Harm {
    pub fn all() -> impl Iterator<Item = Harm> {
        NAMES.iter().map(|(harm, ..)| *harm)
    }

    pub fn named(name: &str) -> Option<Harm> {
        NAMES.iter().find(|(_, known, _)| *known == name).map(|(harm, ..)| *harm)
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn words(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (Harm, &'static str, &'static str) {
        NAMES.iter().find(|(harm, ..)| *harm == self).expect("each has a row")
    }

    /// It is done to the whole host: many cells are brought to their calls and share one.
    pub fn is_of_host(self) -> bool {
        self.stops_containers() || self.prunes()
    }

    /// Each container of the host is stopped by it.
    pub fn stops_containers(self) -> bool {
        self.cuts_power() || matches!(self, Harm::EngineRestart | Harm::EngineKill)
    }

    pub fn cuts_power(self) -> bool {
        matches!(self, Harm::PowerBefore | Harm::PowerAfter)
    }

    /// The agent goes on by itself, and may go back for it: the next run brings it to where it would have been. Not for a power cut: what ended with
    /// the host is no evidence against the new one, which is started once more.
    pub fn may_turn_back(self) -> bool {
        self == Harm::Refuse || self.is_of_host() && !self.cuts_power()
    }

    /// Another hand removes what it does not see in use.
    pub fn prunes(self) -> bool {
        matches!(self, Harm::PruneContainers | Harm::PruneImages)
    }

    /// The moment depends on who is faster.
    pub fn is_racy(self) -> bool {
        matches!(self, Harm::Late | Harm::KillLate | Harm::EngineRestart | Harm::EngineKill)
    }

    /// How many cells may share it: after its own death Docker 26.1 loses the more of its containers the more there are to be found again at once.
    pub fn most_at_once(self) -> usize {
        if self == Harm::EngineKill { 6 } else { usize::MAX }
    }

    /// As a fault of one cell's proxy; `moment` passes when a harm of the whole host is over.
    pub fn fault(self, moment: impl FnOnce() + Send + 'static) -> Option<Fault> {
        let moment = Box::new(moment);
        Some(match self {
            Harm::Nothing => return None,
            Harm::KillBefore => Fault::Before(Action::Kill),
            Harm::KillAfter => Fault::After(Action::Kill),
            Harm::Refuse => Fault::Before(Action::Status(500, "the campaign says no".to_owned())),
            Harm::Late => Fault::Before(Action::Late),
            Harm::KillLate => Fault::Before(Action::KillLate),
            Harm::Half => Fault::After(Action::Half),
            Harm::EngineRestart | Harm::PruneContainers | Harm::PruneImages => Fault::Before(Action::Hold(moment)),
            Harm::PowerBefore => Fault::Before(Action::Last(moment)),
            Harm::EngineKill | Harm::PowerAfter => Fault::After(Action::Last(moment)),
        })
    }

    /// Does it to the host, and returns when its engine answers.
    pub fn strike(self, host: &Host) {
        match self {
            Harm::EngineRestart => on_host(host, RESTART),
            Harm::EngineKill => on_host(host, KILL),
            Harm::PowerBefore | Harm::PowerAfter => {
                host.cut_power();
                host.boot();
            }
            Harm::PruneContainers => drop(host.docker(&["container", "prune", "-f"])),
            Harm::PruneImages => drop(host.docker(&["image", "prune", "-af"])),
            _ => {}
        }
        wait_for("the engine answers", Duration::from_secs(120), || host.try_docker(&["version"]).ok());
        if self == Harm::EngineKill {
            // Docker may lose what it finds running after its own death, and start it again and again without an end («cannot delete running task», seen
            // on 26.1 with containers that nobody had touched; not even its own restart ends that): a cell of which it lost one shows nothing.
            let mut quiet_since = Instant::now();
            let is_quiet = || {
                if !host.docker(&["ps", "-q", "--filter", "status=restarting"]).is_empty() {
                    quiet_since = Instant::now();
                }
                (quiet_since.elapsed() > Duration::from_secs(5)).then_some(())
            };
            within(Duration::from_secs(30), is_quiet);
        }
    }
}

/// A harm that was not done shows nothing.
fn on_host(host: &Host, command: &str) {
    let output = host.exec(&["sh", "-c", command]);
    assert!(output.status.success(), "`{command}`: {}", String::from_utf8_lossy(&output.stderr));
}
