//! A unit that makes others beside the container (`.kube`): what was well before has to be so again.

use std::time::Duration;

use rotate::model::{Activity, ContainerId, Ending, State, Status};
use rotate::rotation::{ContainerView, Failure, GateFailure, GateRules, Goal, Outcome, Proof, Record, Sibling, Stage, Watch};

use super::world::{Kind, NEW, OLD, Process, World, gate};
use super::{drive, record};

/// How what the unit makes beside the container does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beside {
    Lives,
    /// Only beside the old image.
    DiesWithNew,
    /// Once the unit was restarted, there is none.
    IsGone,
}

impl World {
    /// One look at it.
    pub fn beside(&self, beside: Beside) -> Sibling {
        let is_dead = beside == Beside::DiesWithNew && self.runs.is_some_and(|(image, _)| image == NEW);
        let status = if is_dead { Status::Exited } else { Status::Running };
        let state = |status| State { status, exit_code: 4, oom_killed: false, started_at: None, restart_count: 0, health: None };
        let mut watch = Watch::begin(Duration::ZERO, true);
        watch.look(Duration::ZERO, &state(Status::Running));
        watch.look(self.now, &state(status));
        let gate = GateRules { proof: Proof::Running, min_healthy: Duration::ZERO, ..gate() };
        let (id, name) = (ContainerId::new("side"), "side".to_owned());
        let view = ContainerView { id, name, policy: None, state: state(status), gate, watch: Some(watch), ending: Ending::Unknown };
        let is_well = status == Status::Running;
        Sibling { name: "side".into(), is_well, view: Some(view).filter(|_| beside != Beside::IsGone || self.containers == 1) }
    }
}

/// Until it rests, and what serves then.
fn rotated(kind: Kind, beside: Beside) -> (Record, World) {
    let (mut world, mut record) = (World { sibling: Some(beside), ..World::new(kind, false) }, record());
    assert!(drive(&mut world, &mut record, &mut Process::default(), 2_000, false), "{record}");
    (record, world)
}

fn runs(world: &World) -> Option<&'static str> {
    world.runs.map(|(image, _)| image)
}

#[test]
fn a_good_image_is_proved_only_with_what_was_well_beside_it() {
    let (record, world) = rotated(Kind::Good, Beside::Lives);
    assert_eq!((record.stage, runs(&world)), (Stage::Kept, Some(NEW)));
    let (record, world) = rotated(Kind::Good, Beside::DiesWithNew);
    let Some(Outcome::TurnedBack { failure: failure @ Failure::Gate { why: GateFailure::Sibling { name, why } }, .. }) = &record.outcome
    else {
        panic!("{record} {:?}", record.outcome)
    };
    assert!(failure.refuses_digest());
    assert_eq!((name.as_str(), why.as_ref()), ("side", &GateFailure::Exited { code: 4 }));
    assert_eq!((record.stage, runs(&world), world.has_new), (Stage::Closed, Some(OLD), false));
}

#[test]
fn what_does_not_come_back_is_awaited_no_longer_than_the_unit_and_told_on_the_way_back() {
    let (record, world) = rotated(Kind::Good, Beside::IsGone);
    let Goal::Back { failure: Failure::Gate { why: GateFailure::Sibling { name, .. } } } = &record.goal else { panic!("{record}") };
    assert_eq!(name, "side");
    assert_eq!((record.stage, runs(&world), world.activity), (Stage::Closed, Some(OLD), Activity::Active));
    assert_eq!(record.service().map(|service| service.down.clone()), Some(vec!["side".to_owned()]));
}

#[test]
fn an_image_that_fails_by_itself_is_told_for_that() {
    let (record, _) = rotated(Kind::Sick, Beside::DiesWithNew);
    let Some(Outcome::TurnedBack { failure, .. }) = &record.outcome else { panic!("{record}") };
    assert!(matches!(failure, Failure::Gate { why: GateFailure::Unhealthy }), "{failure}");
}
