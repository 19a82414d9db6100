//! What one look shows: everything that `decide` may know besides the record. Data, filled by `observe.rs`, and what follows from it alone.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::{Act, Countdown, GateFailure, GateRules, Goal, Replacement, ServiceView, Verdict, Watch, countdown, verdict};
use crate::engine::Refusal;
use crate::model::{Container, ContainerId, Ending, ImageId, Platform, RestartPolicy, State};

/// One look at the host, the engine and this process.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Wall-clock time.
    pub at: Timestamp,
    /// Time since this process began; does not jump.
    pub now: Duration,
    /// This process and its connection to the engine: changes with a new process, and when the engine was gone for a while.
    pub agent: String,
    /// This boot of the host.
    pub boot: String,
    /// A person or systemd asked this process to stop.
    pub is_interrupted: bool,
    /// The run wants the other units brought to the same point first.
    pub is_held_before_tag: bool,
    /// Another rotation of the run failed before this one touched anything.
    pub is_run_stopped: bool,
    /// An act of this process that got no answer: it may still land.
    pub unanswered: Option<Act>,
    /// Each act whose last answer to this process was a no.
    pub refused: Vec<Refused>,
    /// One view a member, in the record's order.
    pub members: Vec<MemberView>,
}

/// An act that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The act.
    pub act: Act,
    /// What kind of refusal.
    pub refusal: Refusal,
    /// The engine's words.
    pub message: String,
}

/// One look at one member.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemberView {
    /// The predecessor; none if it is gone.
    pub predecessor: Option<ContainerView>,
    /// The successor, found by id or, before that is known, by its temporary name.
    pub successor: Option<ContainerView>,
    /// Networks that the container just created lacks: the successor before the switch, the predecessor created again on the way back.
    pub missing_networks: Vec<String>,
    /// A container with the unit's name that is neither of the two.
    pub stranger: Option<ContainerId>,
    /// What the tool that owns the unit made in the predecessor's place; looked for only where nothing of ours has the unit's name.
    pub replacement: Option<Replacement>,
    /// This process saw the successor run, whether it still exists or not.
    pub has_successor_run: bool,
    /// Images; none where they were not looked at. While the two change places that is done only for a decision which asks for it
    /// ([`super::Step::LookAtImages`]): a service may be down, and each call costs it its time.
    pub images: Option<ImagesView>,
    /// A container that it requires, directly or not, and that does not run; looked for only before the switch.
    pub required_at_rest: Option<String>,
    /// The comparison of the two containers; looked at only before the switch.
    pub comparison: Option<Comparison>,
    /// Volumes born with the successor that still exist.
    pub volumes_born: Vec<String>,
    /// The unit of systemd that makes it, where one does.
    pub service: Option<ServiceView>,
}

/// One look at a container.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerView {
    /// Its id.
    pub id: ContainerId,
    /// Its name now.
    pub name: String,
    /// Its restart policy; none if it is an unknown one.
    pub policy: Option<RestartPolicy>,
    /// Its state.
    pub state: State,
    /// How its HEALTHCHECK and the policy judge it.
    pub gate: GateRules,
    /// What this process saw of it while it had to prove itself.
    pub watch: Option<Watch>,
    /// How its last process ended; asked for only where something follows from it.
    pub ending: Ending,
}

/// One look at the images of a member.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImagesView {
    /// The new image, found by digest.
    pub new: Option<ImageId>,
    /// True if the new image is the old one, be it under another id.
    pub is_same: bool,
    /// What the new image is made for, if that is neither the engine's own platform nor the old image's.
    pub foreign: Option<Platform>,
    /// True if the new image has a tag.
    pub is_new_tagged: bool,
    /// The old image, found by id.
    pub old: Option<ImageId>,
    /// True if the old image has a tag other than our pin.
    pub is_old_tagged: bool,
    /// Where the reference's tag points.
    pub tag: Option<ImageId>,
    /// Where our pin points.
    pub pin: Option<ImageId>,
    /// Pins of the old image that rotations left which are closed: the engine had refused to remove them.
    pub left_pins: Vec<String>,
}

/// The comparison of predecessor and successor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// All differences as lines for people.
    pub all: Vec<String>,
    /// Those that no rule explains.
    pub unexplained: Vec<String>,
    /// Anonymous volumes that the predecessor does not mount.
    pub volumes_born: Vec<String>,
}

impl Observed {
    /// True if a verdict follows from it that a restart of the engine brings about as well: a container is down, or was started again, or is late.
    pub fn is_doubtful(&self, goal: &Goal) -> bool {
        self.members.iter().any(|member| {
            let incoming = if *goal == Goal::Forward { &member.successor } else { &member.predecessor };
            incoming.as_ref().is_some_and(|view| match view.verdict(self.now) {
                Verdict::Failed(why) => !matches!(why, GateFailure::Unhealthy | GateFailure::OutOfMemory),
                Verdict::Passed => !view.state.is_active(),
                Verdict::Pending { .. } => false,
            })
        })
    }
}

impl ContainerView {
    /// Takes from the document what decisions need.
    pub fn new(container: &Container, gate: GateRules, watch: Option<Watch>) -> Self {
        Self {
            id: container.id(),
            name: container.name().to_owned(),
            policy: container.restart_policy(),
            state: container.state(),
            gate,
            watch,
            ending: Ending::Unknown,
        }
    }

    /// What the gate says of it, as this process watches it; one that is not watched yet will be by the next look.
    pub fn verdict(&self, now: Duration) -> Verdict {
        self.watch.as_ref().map_or(Verdict::Pending { until: now }, |watch| verdict(&self.gate, watch, &self.state, now))
    }

    /// True if it has proved itself, or has yet to stay as well as it is.
    pub fn is_well_so_far(&self, now: Duration) -> bool {
        let is_well = |watch| matches!(countdown(&self.gate, watch, now), Countdown::Well { .. });
        self.verdict(now) == Verdict::Passed || self.watch.as_ref().is_some_and(is_well)
    }

    /// True if nothing but us will start it: it never ran, or it is stopped and its policy is `no`.
    pub fn is_at_rest(&self) -> bool {
        !self.state.is_active() && (self.policy == Some(RestartPolicy::No) || self.state.started_at.is_none())
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |view: &Option<ContainerView>| match view {
            None => "absent".to_owned(),
            Some(v) => format!("{:?} `{}` {}", v.state.status, v.name, v.policy.map_or_else(|| "?".to_owned(), |p| p.to_string())),
        };
        for member in &self.members {
            write!(f, "old {} · new {}; ", show(&member.predecessor), show(&member.successor))?;
            if let Some(service) = &member.service {
                write!(f, "{service}; ")?;
            }
        }
        match (&self.unanswered, self.refused.last()) {
            (Some(act), _) => write!(f, "no answer to: {act}"),
            (None, Some(refused)) => write!(f, "refused: {}", refused.act),
            (None, None) => f.write_str("all answered"),
        }
    }
}
