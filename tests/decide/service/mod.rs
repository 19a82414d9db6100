//! A rotation by a unit of systemd, on a model of systemd in a few lines: it is cut before and after each step, with and without a boot, and gone on with.

mod again;
mod beside;
mod full;
mod hands;
mod pulls;
mod shared;
mod world;

use std::path::Path;
use std::time::Duration;

use rotate::model::{Activity, Container, DropIn, DropInKind, ImageId, Manager, SERVICE_LABEL, Service};
use rotate::rotation::{Act, Change, Failure, GateFailure, Goal, Member, Outcome, Record, Stage, Step, Unwritten, Withdrawal, has_left};

use crate::decided::decided;
use crate::make;
use world::{Kind, NEW, OLD, Process, World};

pub fn record() -> Record {
    let (drop_ins, dependents, down, manager) = (vec![], vec![], vec![], Manager::System);
    let (is_to_note, was_pinned, leaves_drop_ins, siblings) = (false, false, false, vec![]);
    let (name, source) = ("web.service".into(), None);
    let service = Service { name, drop_ins, dependents, is_to_note, down, manager, source, was_pinned, leaves_drop_ins, siblings };
    let member = Member { new_image: None, ..make::member() };
    Record { agent: "agent0".into(), boot: "boot0".into(), members: vec![member], ..make::record().by_service(service) }
}

/// Goes on until the record rests, or is left to another run, or `left` steps are done; the last one is lost if `is_lost`. False if it is cut.
fn drive(world: &mut World, record: &mut Record, process: &mut Process, mut left: usize, is_lost: bool) -> bool {
    for _ in 0..2_000 {
        let mut observed = world.look(record, process);
        let step = decided(record, &mut observed);
        let is_done = !(left == 0 && is_lost);
        match step {
            Step::Rest | Step::Done => return true,
            Step::Act(act) if is_done => {
                world.act(&act, process);
                process.is_pinned &= !(matches!(act, Act::RemoveDropIn { .. }) && record.goal == Goal::Forward);
            }
            Step::Write(change) if is_done => match change.unwritten(record) {
                Unwritten::Left if world.is_full => return true,
                Unwritten::TurnsBack if world.is_full => write(record, process, &not_recorded()),
                Unwritten::Left | Unwritten::TurnsBack | Unwritten::Made => write(record, process, &change),
            },
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

/// The record changes; what was done for another stage or goal does not count any more.
fn write(record: &mut Record, process: &mut Process, change: &Change) {
    let before = (record.goal.clone(), record.stage);
    record.apply(change);
    if before != (record.goal.clone(), record.stage) {
        let Process { number, is_pinned, has_asked_to_stay, .. } = *process;
        let has_run = process.has_run && before.0 == record.goal;
        *process = Process { number, is_pinned, has_asked_to_stay, has_run, ..Process::default() };
    }
}

fn not_recorded() -> Change {
    Change::TurnBack { failure: Failure::NotRecorded { message: "no space".into() } }
}

/// Goes on step by step until this is so.
fn drive_until(world: &mut World, record: &mut Record, process: &mut Process, is_so: impl Fn(&mut World, &Record, &mut Process) -> bool) {
    for _ in 0..2_000 {
        if is_so(world, record, process) {
            return;
        }
        drive(world, record, process, 0, false);
    }
    panic!("never: {record} {world:?}");
}

fn check(world: &World, record: &Record, how: &str) {
    let runs = world.runs.map(|(image, _)| image);
    let is_refused = matches!(&record.outcome, Some(Outcome::TurnedBack { failure, .. }) if failure.refuses_digest());
    assert_eq!(runs, Some(world.tag), "{how}: what runs is what each start brings: {world:?}");
    // What a boot could not start beside an image that exits was down before any process of ours could note it.
    let is_noted = record.service().is_some_and(|service| !service.dependents.is_empty());
    assert!(world.is_dependent_up || !is_noted, "{how}: {world:?}");
    assert!(!(is_refused && world.has_new), "{how}: {world:?}");
    assert_eq!(world.has_drop_in, world.pulls && is_refused, "{how}: {world:?} {:?}", record.outcome);
    match (world.kind, record.stage) {
        (Kind::Good, Stage::Kept) => assert!(runs == Some(NEW) && world.pin, "{how}: {world:?}"),
        (Kind::Good, _) => assert!(!is_refused && !world.pin, "{how}: {:?}", record.outcome),
        (_, stage) => assert!(stage == Stage::Closed && !world.pin, "{how}: {record}"),
    }
    assert!(world.kind == Kind::Good || runs == Some(OLD), "{how}: {world:?}");
}

#[test]
fn wherever_a_rotation_by_a_unit_is_cut_the_next_process_ends_with_what_is_proved() {
    let mut cuts = 0;
    let kinds = [Kind::Good, Kind::Sick, Kind::Exits, Kind::Loops];
    for (kind, is_alone) in kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        for (pulls, is_lost, is_boot) in
            [false, true].into_iter().flat_map(|a| [(a, false), (a, true)]).flat_map(|(a, b)| [(a, b, false), (a, b, true)])
        {
            for left in 0.. {
                let (mut world, mut record) = (World { is_alone, ..World::new(kind, pulls) }, record());
                let how = format!("{kind:?}, alone in a pod {is_alone}, pulls {pulls}, cut after {left}, lost {is_lost}, boot {is_boot}");
                let is_over = drive(&mut world, &mut record, &mut Process::default(), left, is_lost);
                if !is_over {
                    if is_boot {
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
    drive_until(&mut world, &mut record, &mut process, |_, _, process| process.asked > 0);
    // Stopped, and its start waits: the job is there, and no container.
    (world.runs, world.activity, world.has_job) = (None, Activity::Inactive, true);
    drive_until(&mut world, &mut record, &mut process, |_, record, _| record.goal != Goal::Forward);
    let Goal::Back { failure: failure @ Failure::ActRefused { .. } } = &record.goal else { panic!("{record}") };
    assert!(!failure.refuses_digest());
    world.has_job = false;
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    assert_eq!((record.stage, world.runs.map(|(image, _)| image)), (Stage::Closed, Some(OLD)));
}

#[test]
fn an_image_of_which_nothing_ran_before_systemd_gave_its_start_up_is_not_refused() {
    let [timeout, exit] = ["timeout", "exit-code"].map(|result| format!("web.service: Failed with result '{result}'."));
    // Down since then, or started once more by systemd: by then only the log tells.
    for (kind, result, lines, is_refused) in [
        (Kind::Exits, "timeout", vec![], false),
        (Kind::Exits, "signal", vec![], true),
        (Kind::Loops, "success", vec![exit.clone(), timeout.clone()], false),
        // The old container took too long to stop.
        (Kind::Loops, "success", vec![timeout, exit], true),
    ] {
        let (mut world, mut record) = (World { result, ..World::new(kind, false) }, record());
        record.log = Some(lines);
        assert!(drive(&mut world, &mut record, &mut Process::default(), 500, false));
        let Some(Outcome::TurnedBack { failure, was_switched: true }) = &record.outcome else { panic!("{kind:?}: {record}") };
        assert_eq!(failure.refuses_digest(), is_refused, "{kind:?} {result}: {failure:?}");
    }
}

#[test]
fn an_image_of_which_nothing_ran_by_the_deadline_is_not_refused_unless_its_last_run_failed() {
    for (result, is_refused) in [("success", false), ("exit-code", true)] {
        let (mut world, mut record, mut process) = (World::new(Kind::Good, false), record(), Process::default());
        drive_until(&mut world, &mut record, &mut process, |_, _, process| process.asked > 0);
        // At `podman run` still, or in systemd's pause before another one.
        (world.runs, world.activity, world.result) = (None, Activity::Activating, result);
        drive_until(&mut world, &mut record, &mut process, |_, record, _| record.goal != Goal::Forward);
        let Goal::Back { failure } = &record.goal else { panic!("{record}") };
        assert_eq!(failure.refuses_digest(), is_refused, "{result}: {failure:?}");
    }
}

#[test]
fn an_image_whose_own_last_line_sounds_like_podman_s_is_refused_unless_the_exit_code_is_one_of_a_container_that_never_ran() {
    let cases = [(Some(1), true), (Some(2), true), (Some(125), false), (Some(126), false), (Some(127), false), (None, false)];
    let lines = ["Error: listen tcp :80: bind: address already in use", "Error: no space left on device"];
    for (line, (exit_code, is_refused)) in lines.into_iter().flat_map(|line| cases.map(|case| (line, case))) {
        let (mut world, mut record) = (World { exit_code, ..World::new(Kind::Exits, false) }, record());
        record.log = Some(vec![line.to_owned()]);
        assert!(drive(&mut world, &mut record, &mut Process::default(), 500, false));
        let Some(Outcome::TurnedBack { failure, was_switched: true }) = &record.outcome else { panic!("{exit_code:?}: {record}") };
        assert_eq!(failure.refuses_digest(), is_refused, "{exit_code:?}: {failure:?}");
        assert_eq!(matches!(failure, Failure::StartRefused { .. }), !is_refused, "{exit_code:?}: {failure:?}");
    }
}

#[test]
fn what_was_wrong_with_a_unit_whose_container_went_with_it_is_still_known_and_of_any_other_one_somebody_removed_it() {
    let why = GateFailure::Exited { code: 1 };
    let late = |record: Record| Record { late: Some(why.clone()), ..record }.late_without_container();
    assert_eq!(late(record()), Some(why.clone()));
    assert_eq!(late(make::record()), None);
    assert_eq!(record().late_without_container(), None);
}

#[test]
fn a_new_image_that_takes_the_host_down_is_started_twice_and_no_third_time() {
    for is_enabled in [false, true] {
        takes_the_host_down(is_enabled);
    }
}

/// `is_enabled`: each boot starts the unit, before any process of ours.
fn takes_the_host_down(is_enabled: bool) {
    let (mut world, mut record) = (World::new(Kind::Good, false), record());
    for number in 0..10 {
        let mut process = Process { number, ..Process::default() };
        drive_until(&mut world, &mut record, &mut process, |world, record, _| {
            record.stage == Stage::Closed || record.goal != Goal::Forward || world.runs == Some((NEW, world.containers))
        });
        drive(&mut world, &mut record, &mut process, 0, false);
        if record.goal != Goal::Forward {
            break;
        }
        // The host dies of it.
        if is_enabled {
            world.boot();
        } else {
            world.boots += 1;
            (world.runs, world.activity) = (None, Activity::Inactive);
        }
    }
    let Goal::Back { failure: Failure::StartsExhausted { starts } } = record.goal else { panic!("{record}") };
    assert_eq!(starts, 2);
}

#[test]
fn a_drop_in_is_taken_for_ours_only_if_a_rotation_of_this_store_went_wrong_beside_it_since_the_last_proof() {
    let path = Path::new("/etc/containers/systemd/web.container.d/50-rotate.conf");
    let ended = |outcome| {
        let record = record();
        let drop_in = DropIn { unit: "web.service".into(), path: path.to_owned(), kind: DropInKind::Container };
        let service = record.service().map(|service| Service { drop_ins: vec![drop_in], ..service.clone() });
        Record { outcome: Some(outcome), ..record.by_service(service.expect("a unit")) }
    };
    let sick = Failure::Gate { why: GateFailure::Unhealthy };
    let back = |failure: &Failure, was_switched| ended(Outcome::TurnedBack { failure: failure.clone(), was_switched });
    let refused = || back(&sick, true);
    let withdrawn = || back(&Failure::Withdrawn { why: Withdrawal::SameImage }, false);
    let cases = [
        (vec![], false),
        (vec![refused()], true),
        (vec![withdrawn(), refused()], true),
        (vec![ended(Outcome::Stayed { failure: sick.clone() })], true),
        (vec![withdrawn()], false),
        (vec![ended(Outcome::Rotated), refused()], false),
    ];
    for (records, expected) in cases {
        let told: Vec<_> = records.iter().map(|record| &record.outcome).collect();
        assert_eq!(has_left(&records, path), expected, "{told:?}");
        assert!(!has_left(&records, Path::new("/etc/systemd/system/x-image.service.d/50-rotate.conf")), "{told:?}");
    }
}

#[test]
fn a_container_is_its_units_by_name_label_and_image_whatever_its_id_is() {
    let container = |id: &str, name: &str, unit: &str, image: &str| {
        let labels = serde_json::json!({ SERVICE_LABEL: unit });
        Container::new(serde_json::json!({ "Id": id, "Name": name, "Image": image, "Config": { "Labels": labels } }))
    };
    let mut by_unit = record();
    by_unit.members[0].new_image = Some(ImageId::new(NEW));
    let cases = [
        (container("1", "web", "web.service", "sha256:old"), true, false),
        (container("2", "web", "web.service", "sha256:new"), true, true),
        (container("3", "web", "web.service", "sha256:other"), false, false),
        (container("old", "web", "other.service", "sha256:old"), false, false),
        (container("new", "web2", "web.service", "sha256:new"), false, false),
    ];
    for (container, is_its, is_successor) in cases {
        assert_eq!(by_unit.is_of_its_unit(&by_unit.members[0], &container), is_its, "{container:?}");
        assert_eq!(by_unit.is_successor(&by_unit.members[0], &container), is_successor, "{container:?}");
        assert!(!make::record().is_of_its_unit(&by_unit.members[0], &container), "no unit makes it: {container:?}");
    }
}
