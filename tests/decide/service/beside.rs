//! A unit that makes others beside the container (`.kube`): what was well before has to be so again.

use rotate::model::Activity;
use rotate::rotation::{Failure, GateFailure, Goal, Outcome, Record, Stage};

use super::world::{Beside, Kind, NEW, OLD, Process, World};
use super::{drive, record};

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
