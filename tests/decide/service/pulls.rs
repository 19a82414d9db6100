//! A unit that pulls by itself: a boot, before any process of ours, brings what a rotation was about to pull.

use std::path::Path;

use rotate::model::{Activity, DropIn, DropInKind, Service};
use rotate::rotation::{Goal, Record, Stage, Step, decide, has_left};

use super::world::{Kind, NEW, OTHER, Process, World};
use super::{check, drive, drive_until};

const DROP_IN: &str = "/etc/containers/systemd/web.container.d/50-rotate.conf";

/// Of a unit with a place for a drop-in, which could also stay on its old image while the tag is where a person wants it.
fn record() -> Record {
    let drop_in = DropIn { unit: "web.service".into(), path: DROP_IN.into(), kind: DropInKind::Container };
    let record = super::record();
    let service = Service { drop_ins: vec![drop_in], ..record.service().expect("a unit").clone() };
    record.by_service(service)
}

/// Its old image is pinned, and nothing else was done.
fn pinned(kind: Kind, pulls: bool) -> (World, Record) {
    let (mut world, mut record) = (World::new(kind, pulls), record());
    drive_until(&mut world, &mut record, &mut Process::default(), |world, _, _| world.pin);
    assert_eq!(record.stage, Stage::Preparing);
    (world, record)
}

/// The host has come up, and the unit is down: it has a job, or nobody has asked for it.
fn boot_without_the_unit(world: &mut World, has_job: bool) {
    world.boots += 1;
    (world.runs, world.activity, world.has_job) = (None, Activity::Inactive, has_job);
}

#[test]
fn what_a_boot_brought_in_the_middle_of_the_preparation_is_kept_or_taken_back_wherever_its_proof_is_cut() {
    let mut cuts = 0;
    let kinds = [Kind::Good, Kind::Sick, Kind::Exits, Kind::Loops];
    let lost = [false, true];
    for (kind, first, is_first_lost) in kinds.into_iter().flat_map(|kind| (0..3).flat_map(move |n| lost.map(|is_lost| (kind, n, is_lost))))
    {
        let (mut world, mut record) = (World::new(kind, true), record());
        drive(&mut world, &mut record, &mut Process::default(), first, is_first_lost);
        assert_eq!(record.stage, Stage::Preparing, "{kind:?} {first}");
        world.boot();
        for (is_lost, is_boot) in lost.into_iter().flat_map(|is_lost| [(is_lost, false), (is_lost, true)]) {
            for left in 0.. {
                let (mut world, mut record) = (world.clone(), record.clone());
                let how = format!("{kind:?}, cut after {first}, lost {is_first_lost}, then after {left}, lost {is_lost}, boot {is_boot}");
                let is_over = drive(&mut world, &mut record, &mut Process { number: 1, ..Process::default() }, left, is_lost);
                if !is_over {
                    if is_boot {
                        world.boot();
                    }
                    drive(&mut world, &mut record, &mut Process { number: 2, ..Process::default() }, 500, false);
                }
                check(&world, &record, &how);
                let stage = if kind == Kind::Good { Stage::Kept } else { Stage::Closed };
                assert_eq!(record.stage, stage, "{how}: {record}");
                assert!(kind == Kind::Good || world.has_drop_in, "{how}: it would pull the same again: {world:?}");
                let noted = record.service().map_or(0, |service| service.dependents.len());
                assert_eq!(noted, usize::from(matches!(kind, Kind::Good | Kind::Sick)), "{how}: what was up with it: {record}");
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
fn a_drop_in_that_could_not_be_removed_is_known_for_ours_by_a_later_run_that_can() {
    let is_ours = |record: &Record| has_left(std::slice::from_ref(record), Path::new(DROP_IN));
    for (is_withdrawn, keeps_drop_in) in [(false, false), (false, true), (true, false), (true, true)] {
        let (mut world, mut record) = (World { keeps_drop_in, ..World::new(Kind::Good, true) }, record());
        let mut process = Process::default();
        drive_until(&mut world, &mut record, &mut process, |world, _, _| world.has_drop_in);
        if is_withdrawn {
            world.tag = OTHER;
        }
        assert!(drive(&mut world, &mut record, &mut process, 500, false));
        let stage = if is_withdrawn { Stage::Closed } else { Stage::Kept };
        assert_eq!((record.stage, world.has_drop_in, is_ours(&record)), (stage, keeps_drop_in, keeps_drop_in), "{record}");
    }
}

#[test]
fn a_unit_that_pulls_and_is_on_its_way_up_is_waited_for() {
    for kind in [Kind::Good, Kind::Sick] {
        let (mut world, mut record) = pinned(kind, true);
        boot_without_the_unit(&mut world, true);
        let mut process = Process { number: 1, ..Process::default() };
        for _ in 0..10 {
            drive(&mut world, &mut record, &mut process, 0, false);
        }
        assert_eq!((record.stage, &record.goal, world.pin), (Stage::Preparing, &Goal::Forward, true));
        world.has_job = false;
        world.start();
        assert!(drive(&mut world, &mut record, &mut process, 500, false));
        check(&world, &record, &format!("{kind:?}"));
        assert_eq!(record.stage, if kind == Kind::Good { Stage::Kept } else { Stage::Closed });
    }
}

#[test]
fn a_unit_that_pulls_and_is_on_its_way_for_ever_is_given_up() {
    let (mut world, mut record) = pinned(Kind::Good, true);
    boot_without_the_unit(&mut world, true);
    let mut process = Process { number: 1, ..Process::default() };
    drive_until(&mut world, &mut record, &mut process, |_, record, _| record.stage == Stage::Closed);
    assert!(!world.pin && record.goal != Goal::Forward, "{record} {world:?}");
}

#[test]
fn a_unit_that_a_boot_has_left_down_is_not_started_for_a_tag_that_rotate_has_not_moved() {
    for pulls in [false, true] {
        let (mut world, mut record) = pinned(Kind::Good, pulls);
        boot_without_the_unit(&mut world, false);
        world.tag = NEW;
        assert!(drive(&mut world, &mut record, &mut Process { number: 1, ..Process::default() }, 500, false));
        assert_eq!((record.stage, world.runs, world.tag, world.pin), (Stage::Closed, None, NEW, false), "{record}");
    }
}

#[test]
fn what_a_boot_brought_proves_itself_once_the_others_of_the_run_are_prepared() {
    let (mut world, mut record) = pinned(Kind::Sick, true);
    world.boot();
    let mut process = Process { number: 1, ..Process::default() };
    loop {
        let mut observed = world.look(&record, &mut process);
        observed.is_held_before_tag = true;
        match decide(&record, &observed) {
            Step::Act(act) => world.act(&act, &mut process),
            Step::Write(change) => record.apply(&change),
            step => break assert_eq!(step, Step::Prepared),
        }
    }
    assert_eq!((record.stage, &record.goal), (Stage::Preparing, &Goal::Forward));
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    check(&world, &record, "held");
    assert_eq!(record.stage, Stage::Closed);
}

#[test]
fn a_unit_that_fails_once_its_drop_in_is_removed_and_before_its_proof_does_not_pull_the_same_again() {
    let (mut world, mut record, mut process) = (World::new(Kind::Good, true), record(), Process::default());
    drive_until(&mut world, &mut record, &mut process, |world, record, _| record.stage == Stage::Switching && !world.has_drop_in);
    assert_eq!(record.goal, Goal::Forward);
    (world.kind, world.runs, world.activity) = (Kind::Exits, None, Activity::Failed);
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    check(&world, &record, "failed");
    assert_eq!(record.stage, Stage::Closed);
}
