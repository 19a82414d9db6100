//! The way back of a unit that a later pass tries again, and of one whose runs end.

use rotate::model::Activity;
use rotate::rotation::{Goal, Record, Stage, Step, decide};

use super::world::{Kind, OLD, Process, World};
use super::{drive, drive_until, record};

/// On its way back, with the tag on the old image and the unit not restarted yet.
fn going_back(world: &mut World, record: &mut Record, process: &mut Process) {
    drive_until(world, record, process, |world, record, _| record.goal != Goal::Forward && world.tag == OLD);
}

/// Goes on until only a person can help; how often the unit was restarted until then.
fn restarts_until_stuck(world: &mut World, record: &mut Record, process: &mut Process) -> u32 {
    let is_stuck = |world: &mut World, record: &Record, process: &mut Process| {
        matches!(decide(record, &world.look(record, process)), Step::Stuck { .. })
    };
    drive_until(world, record, process, is_stuck);
    process.asked
}

#[test]
fn what_a_pass_gave_up_is_started_once_by_the_next_one_and_left_alone_while_it_comes_up() {
    let (mut world, mut record, mut process) = (World::new(Kind::Sick, false), record(), Process::default());
    going_back(&mut world, &mut record, &mut process);
    world.is_old_broken = true;
    assert_eq!(restarts_until_stuck(&mut world, &mut record, &mut process), 3);
    let later = |number| Process { number, was_asked: true, ..Process::default() };
    assert_eq!(restarts_until_stuck(&mut world, &mut record, &mut later(1)), 1);
    world.activity = Activity::Activating;
    assert_eq!(restarts_until_stuck(&mut world, &mut record, &mut later(2)), 0);
    // The cause is gone.
    (world.is_old_broken, world.activity) = (false, Activity::Failed);
    assert!(drive(&mut world, &mut record, &mut later(3), 500, false));
    assert_eq!((record.stage, world.runs.map(|(image, _)| image)), (Stage::Closed, Some(OLD)));
}

#[test]
fn a_run_of_the_old_image_that_has_ended_well_is_the_end_of_the_way_back() {
    let (mut world, mut record, mut process) = (World::new(Kind::Sick, false), record(), Process::default());
    record.terms.is_oneshot = true;
    going_back(&mut world, &mut record, &mut process);
    drive_until(&mut world, &mut record, &mut process, |_, _, process| !process.watches.is_empty());
    // Its work is done, and its container went with it.
    (world.runs, world.activity) = (None, Activity::Inactive);
    let containers = world.containers;
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    assert_eq!((record.stage, world.containers), (Stage::Closed, containers), "it is not run again");
}
