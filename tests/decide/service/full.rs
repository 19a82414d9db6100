//! A rotation by a unit of systemd from a moment on at which its store takes no write: it ends, and the next process ends what the store has.

use rotate::model::{Activity, ImageId};
use rotate::rotation::{Change, Failure, Goal, Record, Stage, Step, decide};

use super::world::{Kind, NEW, OLD, Process, World};
use super::{check, drive, drive_until, record, write};

/// What comes with the first write that is not taken.
type Event = fn(&mut World);

/// Of these the unit is up afterwards, or would be if its image were not what it is.
const RESTARTS: [(&str, Event); 3] = [("nothing", |_| {}), ("a restart", World::start), ("a boot", World::boot)];
const FAILS: (&str, Event) = ("its failure", |world| (world.runs, world.activity) = (None, Activity::Failed));

/// The tag has moved, and the unit is not restarted yet.
fn moved(world: &mut World) -> (Record, Process) {
    let (mut record, mut process) = (record(), Process::default());
    drive_until(world, &mut record, &mut process, |world, _, _| world.tag == NEW);
    assert_eq!((record.stage, &record.goal), (Stage::Creating, &Goal::Forward));
    (record, process)
}

#[test]
fn a_unit_that_another_hand_has_restarted_goes_back_although_nothing_can_be_written() {
    for kind in [Kind::Good, Kind::Sick, Kind::Exits, Kind::Loops] {
        let mut world = World::new(kind, false);
        let (mut record, mut process) = moved(&mut world);
        world.start();
        world.is_full = true;
        assert!(drive(&mut world, &mut record, &mut process, 500, false));
        let Goal::Back { failure: Failure::NotRecorded { .. } } = &record.goal else { panic!("{record}") };
        assert_eq!((world.runs.map(|(image, _)| image), world.tag), (Some(OLD), OLD), "{record} {world:?}");
    }
}

#[test]
fn a_way_back_that_could_not_be_written_and_was_cut_between_the_tag_and_the_restart_is_gone_on_with() {
    for kind in [Kind::Good, Kind::Sick] {
        let mut world = World::new(kind, false);
        let (mut record, mut process) = moved(&mut world);
        let mut written = record.clone();
        world.start();
        world.is_full = true;
        drive_until(&mut world, &mut record, &mut process, |world, _, _| world.tag == OLD);
        assert_eq!(world.runs.map(|(image, _)| image), Some(NEW));
        world.is_full = false;
        assert!(drive(&mut world, &mut written, &mut Process { number: 1, ..Process::default() }, 500, false));
        check(&world, &written, &format!("{kind:?}"));
        assert_eq!((written.stage, world.tag), (Stage::Closed, OLD), "{written}");
    }
}

/// Every point at which the store can stop, every event that can come with it, and the same process or another one.
fn stop_everywhere(begin: &World, opened: &Record, events: &[(&str, Event)], mut end: impl FnMut(World, Record, Process, String)) {
    for left in 0.. {
        let (mut world, mut record, mut process) = (begin.clone(), opened.clone(), Process::default());
        let is_over = drive(&mut world, &mut record, &mut process, left, false);
        for ((name, event), is_other) in events.iter().flat_map(|event| [(event, false), (event, true)]) {
            let (mut world, record) = (world.clone(), record.clone());
            let boots = world.boots;
            event(&mut world);
            let is_same = !is_other && world.boots == boots;
            let process = if is_same { process.clone() } else { Process { number: 1, ..Process::default() } };
            let how = format!("{begin:?}\nafter {left} steps {name}, another process {is_other}, {record}");
            end(World { is_full: true, ..world }, record, process, how);
        }
        if is_over {
            return;
        }
    }
}

#[test]
fn wherever_the_store_stops_what_runs_is_what_each_start_brings_and_the_next_process_ends_with_what_is_proved() {
    let mut ends = 0;
    for kind in [Kind::Good, Kind::Sick, Kind::Exits, Kind::Loops] {
        for (is_alone, pulls) in [(false, false), (false, true), (true, false), (true, true)] {
            let begin = World { is_alone, ..World::new(kind, pulls) };
            stop_everywhere(&begin, &record(), &RESTARTS, |mut world, mut record, mut process, how| {
                let mut written = record.clone();
                assert!(drive(&mut world, &mut record, &mut process, 500, false), "{how}");
                // What its own pull has brought proves itself with the next process.
                let is_by_itself = written.stage == Stage::Preparing && pulls;
                assert!(is_by_itself || world.runs.map(|(image, _)| image) == Some(world.tag), "{how}: {record} {world:?}");
                world.is_full = false;
                drive(&mut world, &mut written, &mut Process { number: 2, ..Process::default() }, 500, false);
                check(&world, &written, &how);
                ends += 1;
            });
        }
    }
    assert!(ends > 1_000, "{ends}");
}

#[test]
fn a_way_back_out_of_the_switch_that_could_not_be_written_is_gone_on_with_wherever_it_is_cut_and_no_image_is_tried_again() {
    let mut cuts = 0;
    for (kind, is_alone) in [Kind::Sick, Kind::Exits, Kind::Loops].into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        for (pulls, is_shared) in [(false, false), (true, false), (false, true)] {
            let begin = World { is_alone, is_shared, tag: if is_shared { NEW } else { OLD }, ..World::new(kind, pulls) };
            let mut opened = record();
            opened.members[0].tag_before = is_shared.then(|| ImageId::new(NEW));
            stop_everywhere(&begin, &opened, &RESTARTS[..1], |world, record, process, how| {
                for left in 0.. {
                    let (mut world, mut unwritten, mut process) = (world.clone(), record.clone(), process.clone());
                    let is_over = drive(&mut world, &mut unwritten, &mut process, left, false);
                    let is_on_its_way = record.stage == Stage::Switching && unwritten.goal != Goal::Forward;
                    if is_on_its_way && world.next() == OLD {
                        let how = format!("{how}\ncut after {left} more");
                        go_on_unwritten(&mut world, &record, &how);
                        cuts += 1;
                    }
                    if is_over {
                        break;
                    }
                }
            });
        }
    }
    assert!(cuts > 300, "{cuts}");
}

/// Some processes, none of which can write: the first brings the unit up, and no later one touches it.
fn go_on_unwritten(world: &mut World, written: &Record, how: &str) {
    let mut first = None;
    for number in 2..5 {
        let mut record = written.clone();
        assert!(drive(world, &mut record, &mut Process { number, ..Process::default() }, 900, false), "{how}");
        let runs = *first.get_or_insert(world.runs);
        assert!(world.runs == runs && world.runs.is_some_and(|(image, _)| image == OLD), "{how}: {record} {world:?}");
    }
}

#[test]
fn a_unit_whose_image_fells_the_host_goes_back_where_its_starts_cannot_be_counted() {
    let (mut world, mut record) = (World::new(Kind::Good, false), record());
    drive_until(&mut world, &mut record, &mut Process::default(), |_, record, _| record.stage == Stage::Switching);
    world.is_full = true;
    let mut process = Process { number: 1, ..Process::default() };
    // The host has died of it, and comes up without the unit.
    world.boots += 1;
    (world.runs, world.activity) = (None, Activity::Inactive);
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    assert_eq!((world.runs.map(|(image, _)| image), world.tag), (Some(OLD), OLD), "{record} {world:?}");
}

#[test]
fn wherever_the_store_stops_a_rotation_by_a_unit_ends() {
    let mut ends = 0;
    for kind in [Kind::Good, Kind::Sick, Kind::Exits, Kind::Loops] {
        let one_at_most = (0..32_u32).filter(|bits| bits.count_ones() < 2);
        for (bits, pulls) in one_at_most.flat_map(|bits| [(bits, false), (bits, true)]) {
            let is = |bit: u32| bits >> bit & 1 == 1;
            let (is_shared, stays, is_old_broken) = (is(0), is(1), is(2));
            let begin = World { is_shared, stays, has_drop_in: stays, tag: if is_shared { NEW } else { OLD }, ..World::new(kind, pulls) };
            let mut opened = record();
            opened.members[0].tag_before = is_shared.then(|| ImageId::new(NEW));
            (opened.terms.is_oneshot, opened.terms.stays) = (is(3), is(4));
            let events = [&RESTARTS[..], &[FAILS]].concat();
            stop_everywhere(&begin, &opened, &events, |mut world, mut record, mut process, how| {
                world.is_old_broken = is_old_broken;
                if record.stage == Stage::Kept {
                    write(&mut record, &mut process, &Change::TurnBack { failure: Failure::Requested });
                }
                end(&mut world, &mut record, &mut process, &how);
                ends += 1;
            });
        }
    }
    assert!(ends > 5_000, "{ends}");
}

/// Goes on until nothing is left to do, or only a person can help: in so many steps at most, and not in many without a pause.
fn end(world: &mut World, record: &mut Record, process: &mut Process, how: &str) {
    let mut hasty = 0;
    for _ in 0..2_000 {
        let step = decide(record, &world.look(record, process));
        hasty = if matches!(step, Step::Wait { .. }) { 0 } else { hasty + 1 };
        assert!(hasty < 40, "no pause, at last for {step:?}: {how}: {record} {world:?}");
        if matches!(step, Step::Stuck { .. }) || drive(world, record, process, 0, false) {
            return;
        }
    }
    panic!("no end: {how}: {record} {world:?}");
}
