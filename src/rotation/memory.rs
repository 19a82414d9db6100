//! What a process remembers of a rotation between two looks: what it saw, and what came of its own acts.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::observed::Comparison;
use super::pair::Pair;
use super::probe::Sample;
use super::waiting::Waiting;
use super::{Act, Failure, Goal, Record, Refused, Role, Watch};
use crate::model::ContainerId;
use crate::store::Store;

/// What a process remembers between two looks; none of it outlives the process.
#[derive(Debug, Default)]
pub struct Memory {
    /// See [`super::Observed::agent`].
    pub agent: String,
    /// See [`super::Observed::boot`].
    pub boot: String,
    /// See [`super::Observed::is_held_before_tag`].
    pub is_held_before_tag: bool,
    /// See [`super::Observed::is_run_stopped`].
    pub is_run_stopped: bool,
    /// See [`super::Observed::unanswered`].
    pub unanswered: Option<Act>,
    /// See [`super::Observed::refused`].
    pub refused: Vec<Refused>,
    /// What was seen of containers that have to prove themselves.
    pub watches: HashMap<ContainerId, Watch>,
    /// Those of them that ran.
    pub have_run: HashSet<ContainerId>,
    /// What it did about the unit of systemd.
    pub service: ServiceMemory,
    /// Why the new digest is refused, as long as the store has not taken that.
    pub unrefused: Option<Failure>,
    /// The store has not taken the last change.
    pub is_unsaved: bool,
    /// Pins of open rotations; none if they are not known.
    pub pins: Option<HashSet<String>>,
    /// The last comparison. It is looked at again before the switch, and made again only if something has changed since.
    pub compared: Option<(Pair, Comparison)>,
}

/// What a process did about a unit of systemd since the stage and the goal that the record has.
#[derive(Debug, Default)]
pub struct ServiceMemory {
    /// See [`super::ServiceView::asked`].
    pub asked: u32,
    /// See [`super::ServiceView::was_asked`].
    pub was_asked: Option<bool>,
    /// Since when it has time to get up.
    pub since: Option<Duration>,
    /// What of that time it waits for others that come up before it.
    pub waiting: Waiting,
    /// How often systemd had restarted it by itself when it was looked at first, or first after our own restart was done: one that meets systemd's pause
    /// between two restarts does not set the counter back (seen on 257, on a busy host).
    pub base: Option<u64>,
    /// When systemd had last started it before this process asked for anything.
    pub last_start: u64,
    /// Dependents whose start was asked for.
    pub started: HashSet<String>,
    /// See [`super::ServiceView::is_pinned`].
    pub is_pinned: bool,
    /// See [`super::ServiceView::has_asked_to_stay`].
    pub has_asked_to_stay: bool,
}

impl ServiceMemory {
    /// What was done for another stage or goal does not count.
    pub fn begin_again(&mut self) {
        *self = Self { is_pinned: self.is_pinned, has_asked_to_stay: self.has_asked_to_stay, ..Self::default() };
    }

    fn done(&mut self, act: &Act, now: Duration) {
        match act {
            Act::RestartService { .. } => {
                (self.asked, self.since, self.base) = (self.asked.saturating_add(1), Some(now), None);
                self.waiting = Waiting::default();
            }
            Act::WriteDropIn { .. } => self.is_pinned = true,
            Act::Stay { .. } => self.has_asked_to_stay = true,
            Act::StartDependent { name } => drop(self.started.insert(name.clone())),
            _ => {}
        }
    }
}

impl Memory {
    /// True if a tag is the pin of a rotation that is closed.
    pub fn is_left_pin(&self, tag: &str) -> bool {
        let is_pin = tag.strip_prefix(Record::PINS).is_some_and(|rest| rest.starts_with(':'));
        is_pin && self.pins.as_ref().is_some_and(|pins| !pins.contains(tag))
    }

    /// Takes in a probe that has ended; one of a container that is not watched any more is no news.
    pub fn take(&mut self, sample: Sample, now: Duration) {
        if let Some(watch) = self.watches.get_mut(&sample.container) {
            watch.take(sample.begun, now, sample.answer);
        }
    }

    /// Before the engine is asked for an act of this process: a container that it starts is watched from now on, one that it stops no longer.
    pub fn begin(&mut self, record: &Record, act: &Act, now: Duration) {
        let Some(id) = started_or_stopped(record, act) else { return };
        if matches!(act, Act::Start { .. }) {
            // Asked for again after the engine went away: it may have started the container before, and by its policy once more when it came back.
            let is_over_a_restart = self.unanswered.as_ref() == Some(act) && !self.watches.contains_key(&id);
            self.watches.insert(id, Watch::begin(now, !is_over_a_restart));
        } else {
            self.watches.remove(&id);
        }
    }

    /// The engine did it. What a container has time for begins when it runs: an engine may take minutes to start one.
    pub fn done(&mut self, record: &Record, act: &Act, now: Duration) {
        self.unanswered = None;
        self.refused.retain(|refused| refused.act != *act);
        if let Some((member, role)) = act.makes() {
            self.forget_refusals(member, role);
        }
        // What an engine without the image refused, it can do now.
        if let Act::PullOld { member } = act {
            self.refused
                .retain(|refused| refused.act != Act::TagOld { member: *member } && refused.act != Act::Recreate { member: *member });
        }
        self.service.done(act, now);
        // It goes before the proof: what fails yet needs one for its way back.
        if matches!(act, Act::RemoveDropIn { .. }) && record.goal == Goal::Forward {
            self.service.is_pinned = false;
        }
        if matches!(act, Act::Start { .. })
            && let Some(id) = started_or_stopped(record, act)
        {
            if let Some(watch) = self.watches.get_mut(&id) {
                watch.begin_again(now);
            }
            self.have_run.insert(id);
        }
    }

    /// What was said of a container is not said of the one that takes its place.
    pub fn forget_refusals(&mut self, member: usize, role: Role) {
        self.refused.retain(|refused| refused.act.container() != Some((member, role)));
    }

    /// The engine said no, which takes the place of what it said of the same act before.
    pub fn refuse(&mut self, refused: Refused) {
        self.unanswered = None;
        self.refused.retain(|earlier| earlier.act != refused.act);
        self.refused.push(refused);
    }

    /// From here on nothing that was seen before is evidence: as if another process looked, which the name of `agent` says.
    pub fn forget(&mut self, agent: &str, now: Duration) {
        self.watches.clear();
        self.refused.clear();
        self.have_run.clear();
        self.service.begin_again();
        self.agent = format!("{agent}+{}", now.as_millis());
    }
}

/// What no open rotation may lose.
pub fn pins(store: &dyn Store) -> Option<HashSet<String>> {
    let records = store.open_rotations().inspect_err(|error| tracing::warn!("pins that were left stay: {error}")).ok()?;
    Some(records.iter().flat_map(|record| (0..record.members.len()).map(|n| record.pin(n))).collect())
}

/// The container that an act starts or stops.
fn started_or_stopped(record: &Record, act: &Act) -> Option<ContainerId> {
    let (Act::Start { member, role } | Act::Stop { member, role }) = act else { return None };
    let member = record.members.get(*member)?;
    match role {
        Role::Predecessor => Some(member.predecessor.clone()),
        Role::Successor => member.successor.clone(),
    }
}
