//! A host with one unit of systemd, in a few lines.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use rotate::engine::Refusal;
use rotate::model::{Activity, ContainerId, Ending, Health, ImageId, RestartPolicy, ServiceState, State, Status};
use rotate::rotation::{
    Act, ContainerView, Dependent, GateRules, Goal, ImagesView, MemberView, Observed, Proof, Record, Refused, ServiceView, Stage, Watch,
};

use super::beside::Beside;
use crate::make;

pub const OLD: &str = "sha256:old";
pub const NEW: &str = "sha256:new";
/// What a person pulled in the meantime.
pub const OTHER: &str = "sha256:other";
/// Where a tag points that another hand took away.
pub const NOWHERE: &str = "";

/// What the new image does once it is started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Good,
    Sick,
    /// It exits, and the unit stays down.
    Exits,
    /// It exits, and systemd starts it again and again.
    Loops,
}

/// The host.
#[derive(Debug, Clone)]
pub struct World {
    pub kind: Kind,
    pub tag: &'static str,
    /// What the unit runs, and in which container.
    pub runs: Option<(&'static str, u32)>,
    pub containers: u32,
    pub activity: Activity,
    pub restarts: u64,
    /// With which code the unit has failed.
    pub exit_code: Option<i64>,
    /// How its last run ended, in systemd's word.
    pub result: &'static str,
    pub pulls: bool,
    pub has_drop_in: bool,
    /// The new image is there.
    pub has_new: bool,
    pub pin: bool,
    pub is_dependent_up: bool,
    /// systemd has not come to it yet.
    pub has_job: bool,
    /// It is alone in its pod, which stops with it: the start that follows a stop is dropped.
    pub is_alone: bool,
    /// Its files are there.
    pub is_loaded: bool,
    /// Others run the new image under the same tag, and proved it.
    pub is_shared: bool,
    /// A drop-in keeps the unit on the old image.
    pub stays: bool,
    /// The old image does not come up any more.
    pub is_old_broken: bool,
    /// Its files ask for another image by now.
    pub is_edited: bool,
    /// A drop-in cannot be removed.
    pub keeps_drop_in: bool,
    /// The store takes no write.
    pub is_full: bool,
    pub now: Duration,
    pub boots: u32,
    pub sibling: Option<Beside>,
}

/// What a process remembers.
#[derive(Clone, Default)]
pub struct Process {
    pub number: u32,
    pub asked: u32,
    pub was_asked: bool,
    pub base: Option<u64>,
    pub first: u32,
    pub since: Option<Duration>,
    pub is_pinned: bool,
    pub has_asked_to_stay: bool,
    pub has_run: bool,
    pub is_dependent_asked: bool,
    pub watches: HashMap<u32, Watch>,
}

impl World {
    pub fn new(kind: Kind, pulls: bool) -> Self {
        let (runs, now) = (Some((OLD, 1)), Duration::from_secs(1));
        let (activity, restarts, boots, containers) = (Activity::Active, 0, 0, 1);
        Self {
            kind,
            tag: OLD,
            runs,
            containers,
            activity,
            restarts,
            exit_code: None,
            result: "",
            pulls,
            has_drop_in: false,
            has_new: false,
            pin: false,
            is_dependent_up: true,
            has_job: false,
            is_alone: false,
            is_loaded: true,
            is_old_broken: false,
            is_edited: false,
            keeps_drop_in: false,
            is_full: false,
            is_shared: false,
            stays: false,
            now,
            boots,
            sibling: None,
        }
    }

    /// The unit is started, by whomever.
    pub fn start(&mut self) {
        if self.pulls && !self.has_drop_in {
            (self.tag, self.has_new) = (NEW, true);
        }
        self.containers += 1;
        let image = self.next();
        (self.restarts, self.activity, self.runs) = (0, Activity::Active, Some((image, self.containers)));
        if image == OLD && self.is_old_broken {
            (self.runs, self.activity) = (None, Activity::Failed);
        }
        if image == NEW && matches!(self.kind, Kind::Exits | Kind::Loops) {
            self.runs = None;
            self.is_dependent_up = false;
            (self.activity, self.restarts) = if self.kind == Kind::Loops { (Activity::Activating, 1) } else { (Activity::Failed, 0) };
        }
    }

    /// What its next start brings.
    pub fn next(&self) -> &'static str {
        match () {
            () if self.stays => OLD,
            () if self.is_edited => OTHER,
            () => self.tag,
        }
    }

    pub fn boot(&mut self) {
        self.boots += 1;
        self.start();
        self.is_dependent_up = self.runs.is_some();
    }

    pub fn act(&mut self, act: &Act, process: &mut Process) {
        match act {
            Act::Pin { .. } => self.pin = true,
            Act::Unpin { .. } => self.pin = false,
            Act::Pull { .. } => self.has_new = true,
            Act::MoveTag { .. } => self.tag = NEW,
            Act::TagOld { .. } | Act::TagBack { .. } => self.tag = OLD,
            Act::WriteDropIn { .. } => (self.has_drop_in, self.stays, process.is_pinned) = (true, false, true),
            Act::Stay { .. } => (self.has_drop_in, self.stays, process.has_asked_to_stay) = (true, true, true),
            Act::RemoveDropIn { .. } => (self.has_drop_in, self.stays) = (false, false),
            Act::StartDependent { .. } => (self.is_dependent_up, process.is_dependent_asked) = (true, true),
            Act::RestartService { .. } => {
                match self.runs {
                    Some(_) if self.is_alone => (self.runs, self.activity) = (None, Activity::Inactive),
                    Some(_) | None => self.start(),
                }
                (process.asked, process.since, process.base) = (process.asked + 1, Some(self.now), Some(0));
            }
            Act::RemoveImage { .. } => {
                assert!(self.tag != NEW && self.runs.is_none_or(|(image, _)| image != NEW), "{self:?}");
                self.has_new = false;
            }
            other => panic!("not for a unit of systemd: {other}"),
        }
    }

    pub fn look(&mut self, record: &Record, process: &mut Process) -> Observed {
        self.restarts += u64::from(self.kind == Kind::Loops && self.activity == Activity::Activating);
        let mut member = MemberView::default();
        if let Some((image, number)) = self.runs {
            let is_new = image == NEW;
            let view = self.container(record, process, is_new, number);
            match image {
                OTHER => member.stranger = Some(view.id),
                NEW => member.successor = Some(view),
                _ => member.predecessor = Some(view),
            }
        }
        let id = |image: &str| Some(ImageId::new(image));
        let pin = id(OLD).filter(|_| self.pin);
        member.images = Some(ImagesView {
            new: id(NEW).filter(|_| self.has_new || self.tag == NEW),
            old: id(OLD),
            tag: id(self.tag).filter(|_| self.tag != NOWHERE),
            pin,
            is_old_tagged: true,
            is_new_tagged: self.tag == NEW,
            ..ImagesView::default()
        });
        member.has_successor_run = process.has_run;
        let state = ServiceState {
            name: "web.service".into(),
            load: if self.is_loaded { "loaded".into() } else { "not-found".into() },
            activity: self.activity,
            has_job: self.has_job,
            takes_orders: true,
            restarts: self.restarts,
            result: self.result.into(),
            exit_code: self.exit_code.filter(|_| self.activity == Activity::Failed),
            ..ServiceState::default()
        };
        let dependent = |is_up: bool| Dependent {
            name: "dep.service".into(),
            activity: if is_up { Activity::Active } else { Activity::Inactive },
            is_asked: process.is_dependent_asked,
        };
        let is_noted = record.service().is_some_and(|service| !service.dependents.is_empty());
        let is_seen = match record.stage {
            Stage::Creating => self.is_dependent_up,
            Stage::Switching => is_noted,
            Stage::Preparing | Stage::Kept | Stage::Closed => false,
        };
        let dependents = if is_seen { vec![dependent(self.is_dependent_up)] } else { vec![] };
        if process.asked == 0 {
            process.first = self.containers;
        }
        member.service = Some(ServiceView {
            asked: process.asked,
            was_asked: process.was_asked,
            has_run: !process.watches.is_empty(),
            is_started: self.containers > process.first,
            restarts: self.restarts.saturating_sub(*process.base.get_or_insert(self.restarts)),
            is_late: self.now - *process.since.get_or_insert(self.now) > Duration::from_secs(100),
            pulls: self.pulls && !self.has_drop_in,
            has_drop_in: self.has_drop_in,
            is_pinned: process.is_pinned,
            stays: self.stays && self.is_loaded,
            has_asked_to_stay: process.has_asked_to_stay,
            is_shared: self.is_shared && self.tag == NEW && record.goal != Goal::Forward,
            dependents,
            siblings: self.sibling.filter(|_| record.stage > Stage::Preparing).map(|beside| self.beside(beside)).into_iter().collect(),
            state,
            ..ServiceView::default()
        });
        let mut observed = make::observed(None, None);
        observed.members = vec![member];
        if self.keeps_drop_in {
            let (act, message) = (Act::RemoveDropIn { member: 0 }, "no space left on device".into());
            observed.refused = vec![Refused { act, refusal: Refusal::NoSpace, message }];
        }
        (observed.agent, observed.boot) = (format!("agent{}", process.number), format!("boot{}", self.boots));
        (observed.now, observed.at) = (self.now, Timestamp::UNIX_EPOCH + self.now);
        observed
    }

    fn container(&self, record: &Record, process: &mut Process, is_new: bool, number: u32) -> ContainerView {
        let is_sick = is_new && self.kind == Kind::Sick;
        let health = Some(if is_sick { Health::Unhealthy } else { Health::Healthy });
        let started_at = Some(Timestamp::UNIX_EPOCH);
        let state = State { status: Status::Running, exit_code: 0, oom_killed: false, started_at, restart_count: 0, health };
        let is_incoming = is_new == (record.goal == Goal::Forward);
        if record.stage == Stage::Switching && is_incoming {
            process.has_run |= is_new;
            let watch = process.watches.entry(number).or_insert_with(|| Watch::begin(self.now, true));
            watch.look(self.now, &state);
        }
        ContainerView {
            id: ContainerId::new(if number == 1 { "old".to_owned() } else { number.to_string() }),
            name: "web".into(),
            policy: Some(RestartPolicy::Always),
            state,
            gate: gate(),
            watch: process.watches.get(&number).cloned(),
            ending: Ending::Unknown,
        }
    }
}

pub fn gate() -> GateRules {
    GateRules {
        proof: Proof::Healthcheck { start_period: Duration::ZERO },
        min_healthy: Duration::from_secs(2),
        deadline: Duration::from_secs(60),
        is_oneshot: false,
        restarts: 0,
        is_started_again: false,
    }
}
