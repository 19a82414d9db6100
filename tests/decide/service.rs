//! A rotation by a unit of systemd, on a model of systemd in a few lines: it is cut before and after each step, with and without a boot, and gone on with.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use rotate::model::{Activity, ContainerId, Ending, Health, ImageId, RestartPolicy, Service, ServiceState, State, Status};
use rotate::rotation::{
    Act, Change, ContainerView, Dependent, Failure, GateRules, Goal, ImagesView, MemberView, Observed, Outcome, Proof, Record, ServiceView,
    Stage, Step, Watch, decide,
};

use super::make;

const OLD: &str = "sha256:old";
const NEW: &str = "sha256:new";

/// What the new image does once it is started.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Good,
    Sick,
    /// It exits, and the unit stays down.
    Exits,
    /// It exits, and systemd starts it again and again.
    Loops,
}

/// The host.
#[derive(Debug, Clone)]
struct World {
    kind: Kind,
    tag: &'static str,
    /// What the unit runs, and in which container.
    runs: Option<(&'static str, u32)>,
    containers: u32,
    activity: Activity,
    restarts: u64,
    pulls: bool,
    has_drop_in: bool,
    pin: bool,
    is_dependent_up: bool,
    /// systemd has not come to it yet.
    has_job: bool,
    now: Duration,
    boots: u32,
}

/// What a process remembers.
#[derive(Default)]
struct Process {
    number: u32,
    asked: u32,
    base: Option<u64>,
    since: Option<Duration>,
    is_pinned: bool,
    has_run: bool,
    is_dependent_asked: bool,
    watches: HashMap<u32, Watch>,
}

impl World {
    fn new(kind: Kind, pulls: bool) -> Self {
        let (runs, now) = (Some((OLD, 1)), Duration::from_secs(1));
        let (activity, restarts, boots, containers) = (Activity::Active, 0, 0, 1);
        Self {
            kind,
            tag: OLD,
            runs,
            containers,
            activity,
            restarts,
            pulls,
            has_drop_in: false,
            pin: false,
            is_dependent_up: true,
            has_job: false,
            now,
            boots,
        }
    }

    /// The unit is started, by whomever.
    fn start(&mut self) {
        if self.pulls && !self.has_drop_in {
            self.tag = NEW;
        }
        self.containers += 1;
        (self.restarts, self.activity, self.runs) = (0, Activity::Active, Some((self.tag, self.containers)));
        if self.tag == NEW && matches!(self.kind, Kind::Exits | Kind::Loops) {
            self.runs = None;
            self.is_dependent_up = false;
            (self.activity, self.restarts) = if self.kind == Kind::Loops { (Activity::Activating, 1) } else { (Activity::Failed, 0) };
        }
    }

    fn boot(&mut self) {
        self.boots += 1;
        self.start();
        self.is_dependent_up = self.runs.is_some();
    }

    fn act(&mut self, act: &Act, process: &mut Process) {
        match act {
            Act::Pin { .. } => self.pin = true,
            Act::Unpin { .. } => self.pin = false,
            Act::MoveTag { .. } => self.tag = NEW,
            Act::TagOld { .. } | Act::TagBack { .. } => self.tag = OLD,
            Act::WriteDropIn { .. } => (self.has_drop_in, process.is_pinned) = (true, true),
            Act::RemoveDropIn { .. } => self.has_drop_in = false,
            Act::StartDependent { .. } => (self.is_dependent_up, process.is_dependent_asked) = (true, true),
            Act::RestartService { .. } => {
                self.start();
                (process.asked, process.since, process.base) = (process.asked + 1, Some(self.now), Some(0));
            }
            Act::RemoveImage { .. } => {}
            other => panic!("not for a unit of systemd: {other}"),
        }
    }

    fn look(&mut self, record: &Record, process: &mut Process) -> Observed {
        self.restarts += u64::from(self.activity == Activity::Activating);
        let mut member = MemberView::default();
        if let Some((image, number)) = self.runs {
            let is_new = image == NEW;
            let view = self.container(record, process, is_new, number);
            if is_new { member.successor = Some(view) } else { member.predecessor = Some(view) }
        }
        let id = |image: &str| Some(ImageId::new(image));
        let pin = id(OLD).filter(|_| self.pin);
        member.images = ImagesView {
            new: id(NEW),
            old: id(OLD),
            tag: id(self.tag),
            pin,
            is_old_tagged: true,
            is_new_tagged: true,
            ..ImagesView::default()
        };
        member.has_successor_run = process.has_run;
        let state = ServiceState {
            load: "loaded".into(),
            activity: self.activity,
            has_job: self.has_job,
            takes_orders: true,
            restarts: self.restarts,
            ..ServiceState::default()
        };
        let dependent = |is_up: bool| Dependent {
            name: "dep.service".into(),
            activity: if is_up { Activity::Active } else { Activity::Inactive },
            is_asked: process.is_dependent_asked,
        };
        let dependents = match record.stage {
            Stage::Creating | Stage::Switching => vec![dependent(self.is_dependent_up)],
            Stage::Preparing | Stage::Kept | Stage::Closed => vec![],
        };
        member.service = Some(ServiceView {
            asked: process.asked,
            restarts: self.restarts - *process.base.get_or_insert(self.restarts),
            is_late: self.now - *process.since.get_or_insert(self.now) > Duration::from_secs(100),
            pulls: self.pulls && !self.has_drop_in,
            has_drop_in: self.has_drop_in,
            is_pinned: process.is_pinned,
            dependents,
            state,
            ..ServiceView::default()
        });
        let mut observed = make::observed(None, None);
        observed.members = vec![member];
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
            gate: GateRules {
                proof: Proof::Healthcheck { start_period: Duration::ZERO },
                min_healthy: Duration::from_secs(2),
                deadline: Duration::from_secs(60),
                is_oneshot: false,
            },
            watch: process.watches.get(&number).cloned(),
            ending: Ending::Unknown,
        }
    }
}

fn record() -> Record {
    let service = Service { name: "web.service".into(), drop_ins: vec![], dependents: vec![], was_pinned: false };
    Record { agent: "agent0".into(), boot: "boot0".into(), ..make::record().by_service(service) }
}

/// Goes on until the record rests, or `left` steps are done; the last one is lost if `is_lost`. True if it came to rest.
fn drive(world: &mut World, record: &mut Record, process: &mut Process, mut left: usize, is_lost: bool) -> bool {
    for _ in 0..500 {
        let observed = world.look(record, process);
        let step = decide(record, &observed);
        let is_done = !(left == 0 && is_lost);
        match step {
            Step::Rest | Step::Done => return true,
            Step::Act(act) if is_done => world.act(&act, process),
            Step::Write(change) if is_done => {
                let before = (record.goal.clone(), record.stage);
                record.apply(&change);
                if before != (record.goal.clone(), record.stage) {
                    let Process { number, is_pinned, has_run, .. } = *process;
                    *process = Process { number, is_pinned, has_run, ..Process::default() };
                }
            }
            Step::ReadLog { .. } => record.apply(&Change::KeepLog { lines: vec![] }),
            Step::Wait { until } => world.now = until.max(world.now + Duration::from_millis(1)),
            Step::Act(_) | Step::Write(_) => {}
            other => panic!("{other:?} at {observed}: {record}"),
        }
        if left == 0 {
            return false;
        }
        left -= 1;
    }
    panic!("no end: {record} {world:?}");
}

fn check(world: &World, record: &Record, how: &str) {
    let runs = world.runs.map(|(image, _)| image);
    let is_refused = matches!(&record.outcome, Some(Outcome::TurnedBack { failure, .. }) if failure.refuses_digest());
    assert_eq!(runs, Some(world.tag), "{how}: what runs is what each start brings: {world:?}");
    assert!(world.is_dependent_up, "{how}: {world:?}");
    assert_eq!(world.has_drop_in, world.pulls && is_refused, "{how}: {world:?} {:?}", record.outcome);
    match (world.kind, record.stage) {
        (Kind::Good, Stage::Kept) => assert!(runs == Some(NEW) && world.pin, "{how}: {world:?}"),
        (Kind::Good, _) => assert!(!is_refused && !world.pin, "{how}: {:?}", record.outcome),
        (_, stage) => assert!(stage == Stage::Closed && !world.pin, "{how}: {record}"),
    }
    // Nothing of ours was done before a unit pulled by itself.
    assert!(world.kind == Kind::Good || runs == Some(OLD), "{how}: {world:?}");
}

#[test]
fn wherever_a_rotation_by_a_unit_is_cut_the_next_process_ends_with_what_is_proved() {
    let mut cuts = 0;
    for kind in [Kind::Good, Kind::Sick, Kind::Exits, Kind::Loops] {
        for (pulls, is_lost, is_boot) in
            [false, true].into_iter().flat_map(|a| [(a, false), (a, true)]).flat_map(|(a, b)| [(a, b, false), (a, b, true)])
        {
            for left in 0.. {
                let (mut world, mut record) = (World::new(kind, pulls), record());
                let how = format!("{kind:?}, pulls {pulls}, cut after {left}, lost {is_lost}, boot {is_boot}");
                let is_over = drive(&mut world, &mut record, &mut Process::default(), left, is_lost);
                if !is_over {
                    // What a unit pulls by itself before anything of ours keeps it from that is its own business.
                    if is_boot && !(pulls && !world.has_drop_in && record.stage < Stage::Switching) {
                        world.boot();
                    }
                    drive(&mut world, &mut record, &mut Process { number: 1, ..Process::default() }, 500, false);
                }
                check(&world, &record, &how);
                cuts += 1;
                if is_over {
                    break;
                }
            }
        }
    }
    assert!(cuts > 300, "{cuts}");
}

#[test]
fn a_unit_that_waits_for_others_for_ever_goes_back_and_its_image_is_not_refused() {
    let (mut world, mut record) = (World::new(Kind::Good, false), record());
    let mut process = Process::default();
    while process.asked == 0 {
        drive(&mut world, &mut record, &mut process, 0, false);
    }
    // Stopped, and its start waits: the job is there, and no container.
    (world.runs, world.activity, world.has_job) = (None, Activity::Inactive, true);
    while record.goal == Goal::Forward {
        drive(&mut world, &mut record, &mut process, 0, false);
    }
    let Goal::Back { failure: failure @ Failure::ActRefused { .. } } = &record.goal else { panic!("{record}") };
    assert!(!failure.refuses_digest());
    world.has_job = false;
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    assert_eq!((record.stage, world.runs.map(|(image, _)| image)), (Stage::Closed, Some(OLD)));
}

#[test]
fn a_new_image_that_takes_the_host_down_is_started_twice_and_no_third_time() {
    let (mut world, mut record) = (World::new(Kind::Good, false), record());
    for number in 0..10 {
        let mut process = Process { number, ..Process::default() };
        while record.stage != Stage::Closed && record.goal == Goal::Forward && world.runs != Some((NEW, world.containers)) {
            drive(&mut world, &mut record, &mut process, 0, false);
        }
        if record.goal != Goal::Forward {
            break;
        }
        // The host dies of it, and comes up without the unit.
        world.boots += 1;
        (world.runs, world.activity) = (None, Activity::Inactive);
    }
    let Goal::Back { failure: Failure::StartsExhausted { starts } } = record.goal else { panic!("{record}") };
    assert_eq!(starts, 2);
}
