//! What a person does to a unit of systemd while its new image has to prove itself.

use rotate::model::ImageId;
use rotate::rotation::{Failure, Goal, Record, Stage, Step, StuckReason, Withdrawal, decide};

use super::world::{Kind, NEW, NOWHERE, OLD, OTHER, Process, World};
use super::{drive, drive_until, record};

/// The new image runs, and nothing is said of it yet.
fn proving(kind: Kind) -> (World, Record, Process) {
    let (mut world, mut record, mut process) = (World::new(kind, false), record(), Process::default());
    while world.runs.is_none_or(|(image, _)| image != NEW) {
        drive(&mut world, &mut record, &mut process, 0, false);
    }
    (world, record, process)
}

#[test]
fn a_tag_that_a_person_moved_along_with_the_unit_stays_where_they_put_it() {
    for tag in [OTHER, NEW] {
        let (mut world, mut record, _) = proving(Kind::Good);
        (world.runs, world.tag) = (Some((OTHER, 9)), tag);
        assert!(drive(&mut world, &mut record, &mut Process { number: 1, ..Process::default() }, 500, false));
        let Goal::Back { failure: Failure::Withdrawn { why: Withdrawal::Replaced } } = &record.goal else { panic!("{record}") };
        assert_eq!((record.stage, world.runs), (Stage::Closed, Some((OTHER, 9))));
        assert_ne!(world.tag, NEW, "what nobody has proved is not what the next start brings");
        assert!(tag == NEW || world.tag == OTHER);
    }
}

#[test]
fn a_sick_image_that_runs_on_without_the_unit_s_files_is_not_told_as_rolled_back() {
    let (mut world, mut record, mut process) = proving(Kind::Sick);
    world.is_loaded = false;
    while record.goal == Goal::Forward || world.tag == NEW {
        drive(&mut world, &mut record, &mut process, 0, false);
    }
    let step = decide(&record, &world.look(&record, &mut process));
    assert!(matches!(step, Step::Stuck { reason: StuckReason::PredecessorRefused { .. } }), "{step:?}");
}

#[test]
fn a_unit_that_is_edited_to_another_image_before_its_way_back_is_left_with_that() {
    let (mut world, mut record, mut process) = proving(Kind::Sick);
    drive_until(&mut world, &mut record, &mut process, |_, record, _| record.goal != Goal::Forward);
    world.is_edited = true;
    let before = world.containers;
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    assert_eq!((record.stage, world.tag, world.runs.map(|(image, _)| image)), (Stage::Closed, OLD, Some(OTHER)), "{record}");
    assert!(world.containers <= before + 2, "a person's service was restarted {} times", world.containers - before);
}

#[test]
fn a_tag_that_is_lost_before_it_was_moved_moves_all_the_same_and_is_back_if_the_rotation_is_withdrawn() {
    for is_withdrawn in [false, true] {
        let (mut world, mut record, mut process) = (World::new(Kind::Good, false), record(), Process::default());
        record.members[0].tag_before = Some(ImageId::new(OLD)); // as when it was opened
        drive_until(&mut world, &mut record, &mut process, |world, _, _| world.pin);
        world.tag = NOWHERE;
        if is_withdrawn {
            process = Process { number: 1, ..Process::default() };
        }
        assert!(drive(&mut world, &mut record, &mut process, 500, false));
        let (stage, tag) = if is_withdrawn { (Stage::Closed, OLD) } else { (Stage::Kept, NEW) };
        assert_eq!((record.stage, world.tag), (stage, tag), "{record}");
    }
}
