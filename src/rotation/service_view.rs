//! One look at the unit of systemd that owns a member. Plain data, filled by `observe_service.rs`.

use std::fmt;
use std::time::Duration;

use super::{ContainerView, Verdict};
use crate::model::{Activity, ServiceState};

/// What systemd shows, and what this process did about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceView {
    /// How it stands.
    pub state: ServiceState,
    /// How often this process asked for its restart since the goal was set.
    pub asked: u32,
    /// An earlier process had asked for it on the way back, and left it to a person, or to us.
    pub was_asked: bool,
    /// How often systemd restarted it by itself since then, or since this process looked first.
    pub restarts: u64,
    /// systemd has started it since then, whatever became of it. A start that has to wait for others is dropped if one of them fails.
    pub is_started: bool,
    /// This process saw the container run that the goal wants. systemd forgets when it started a unit that is down.
    pub has_run: bool,
    /// It had as long to get up as it may take.
    pub is_late: bool,
    /// How long that is, in seconds.
    pub limit_seconds: u64,
    /// It, or a unit that fetches its image, would pull at its next start.
    pub pulls: bool,
    /// There is a drop-in of ours beside it, or beside such a one.
    pub has_drop_in: bool,
    /// This process wrote that drop-in.
    pub is_pinned: bool,
    /// It starts from a tag of ours, not from its own.
    pub stays: bool,
    /// This process wrote the drop-in for that.
    pub has_asked_to_stay: bool,
    /// On the way back: another unit runs the new image under the same tag, and this one can be kept on the old one without it.
    pub is_shared: bool,
    /// Before the restart: those that it will stop and that run. After it: those that were noted then.
    pub dependents: Vec<Dependent>,
    /// What it makes beside the member, as that was noted; looked at before and during the switch only.
    pub siblings: Vec<Sibling>,
}

/// A container that a restart of the unit makes anew as well, and that was well before.
#[derive(Debug, Clone, PartialEq)]
pub struct Sibling {
    /// Its name.
    pub name: String,
    /// It has come up: what is well before a restart has to be so after it.
    pub is_well: bool,
    /// None: there is none yet.
    pub view: Option<ContainerView>,
}

impl Sibling {
    /// What the gate says of it.
    pub fn verdict(&self, now: Duration) -> Verdict {
        self.view.as_ref().map_or(Verdict::Pending { until: now }, |view| view.verdict(now))
    }
}

/// A unit that depends on the one that is restarted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub activity: Activity,
    /// This process asked for its start.
    pub is_asked: bool,
}

impl ServiceView {
    /// True if it is up and nothing is under way.
    pub fn is_up(&self) -> bool {
        self.state.activity == Activity::Active && !self.state.has_job
    }

    /// True if it is down and nothing is under way.
    pub fn is_down(&self) -> bool {
        matches!(self.state.activity, Activity::Inactive | Activity::Failed) && !self.state.has_job
    }

    /// True if a rotation may begin with it: it is up, and what systemd goes by is what its files say.
    pub fn is_ready(&self) -> bool {
        self.is_up() && self.state.is_loaded() && !self.state.is_edited && self.state.takes_orders
    }
}

impl fmt::Display for ServiceView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = if self.state.has_job { " with a job" } else { "" };
        write!(f, "{} {}{job} asked={} restarts={}", self.state.name, self.state.activity, self.asked, self.restarts)
    }
}
