//! A tag that several units start from: what one of them has proved is not taken away by another's way back.

use rotate::model::ImageId;
use rotate::rotation::{Goal, Stage};

use super::world::{Kind, NEW, OLD, Process, World};
use super::{drive, drive_until, record};

#[test]
fn a_unit_in_which_the_image_of_others_is_sick_stays_on_the_old_one_and_the_tag_stays_theirs() {
    for kind in [Kind::Sick, Kind::Exits, Kind::Loops] {
        for (left, is_boot) in (0..60).flat_map(|left| [(left, false), (left, true)]) {
            let (mut world, mut record) = (World { is_shared: true, tag: NEW, ..World::new(kind, false) }, record());
            record.members[0].tag_before = Some(ImageId::new(NEW));
            if !drive(&mut world, &mut record, &mut Process::default(), left, true) {
                // Before anything of ours a boot brings what the tag points to.
                if is_boot && record.stage == Stage::Switching {
                    world.boot();
                }
                drive(&mut world, &mut record, &mut Process { number: 1, ..Process::default() }, 500, false);
            }
            let how = format!("{kind:?} cut after {left}, boot {is_boot}: {record} {world:?}");
            assert_eq!((record.stage, world.tag, world.pin), (Stage::Closed, NEW, false), "{how}");
            assert_eq!(world.runs.map(|(image, _)| image), Some(OLD), "{how}");
            let is_given_up = record.goal != Goal::Forward && !world.stays;
            assert!(
                world.next() == OLD || is_given_up && record.outcome.as_ref().is_some_and(|o| !format!("{o:?}").contains("Gate")),
                "{how}"
            );
        }
    }
}

#[test]
fn a_unit_that_stayed_follows_its_tag_again_with_what_proves_itself() {
    for (kind, is_shared) in [(Kind::Good, false), (Kind::Sick, false), (Kind::Sick, true)] {
        let (mut world, mut record) = (World { stays: true, has_drop_in: true, is_shared, ..World::new(kind, false) }, record());
        let original = serde_json::json!({ "Config": { "Image": "localhost/rotate/unit:web" } });
        record.members[0].original = rotate::model::Container::new(original);
        assert!(drive(&mut world, &mut record, &mut Process::default(), 500, false));
        match kind {
            Kind::Good => assert_eq!((world.next(), world.stays, world.has_drop_in), (NEW, false, false), "{world:?}"),
            _ => assert_eq!((world.next(), world.stays, world.tag), (OLD, true, if is_shared { NEW } else { OLD }), "{world:?}"),
        }
    }
}

#[test]
fn a_unit_that_is_out_of_sight_for_a_moment_does_not_take_the_tag_from_others() {
    let (mut world, mut record, mut process) =
        (World { is_shared: true, tag: NEW, ..World::new(Kind::Sick, false) }, record(), Process::default());
    record.members[0].tag_before = Some(ImageId::new(NEW));
    drive_until(&mut world, &mut record, &mut process, |world, _, _| world.stays);
    world.is_loaded = false;
    for _ in 0..10 {
        drive(&mut world, &mut record, &mut process, 0, false);
    }
    world.is_loaded = true;
    assert!(drive(&mut world, &mut record, &mut process, 500, false));
    assert_eq!((record.stage, world.tag, world.next()), (Stage::Closed, NEW, OLD));
}
