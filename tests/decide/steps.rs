//! Single decisions that a person would ask about.

use rotate::model::{RestartPolicy, Status};
use rotate::rotation::{Act, Change, Failure, ImagesView, Observed, Record, Refused, Role, Stage, Step, StuckReason, Withdrawal, decide};

use crate::make::{FAILED, NEXT, OLD, container, observed, record};

fn check(name: &str, record: &Record, observed: &Observed, expected: &Step) {
    assert_eq!(&decide(record, observed), expected, "{name}: {record}: {observed}");
}

fn at(stage: Stage) -> Record {
    Record { stage, ..record() }
}

fn images(seen: &mut Observed) -> &mut ImagesView {
    seen.members[0].images.as_mut().expect("they were looked at")
}

fn back(stage: Stage, failure: Failure) -> Record {
    let mut record = at(stage);
    record.apply(&Change::TurnBack { failure });
    record.stage = stage;
    record
}

#[test]
fn the_switch_goes_stop_policy_rename_rename_start() {
    use {RestartPolicy::Always, RestartPolicy::No, Status::Created, Status::Exited, Status::Running};
    let (old, new) = (Role::Predecessor, Role::Successor);
    let record = at(Stage::Switching);
    let rename = |role, to: &str| Act::Rename { member: 0, role, to: to.into() };
    let table = [
        (("web", Running, Always), NEXT, Act::Stop { member: 0, role: old }),
        (("web", Exited, Always), NEXT, Act::Disarm { member: 0, role: old }),
        (("web", Exited, No), NEXT, rename(old, OLD)),
        ((OLD, Exited, No), NEXT, rename(new, "web")),
        ((OLD, Exited, No), "web", Act::Start { member: 0, role: new }),
    ];
    for ((name, status, policy), next, act) in table {
        let seen = observed(Some(container("old", name, status, policy)), Some(container("new", next, Created, Always)));
        check("switch", &record, &seen, &Step::Act(act));
    }
}

#[test]
fn the_way_back_goes_stop_policy_rename_rename_policy_start() {
    use {RestartPolicy::Always, RestartPolicy::No, Status::Exited, Status::Running};
    let (old, new) = (Role::Predecessor, Role::Successor);
    let record = back(Stage::Switching, Failure::Requested);
    let rename = |role, to: &str| Act::Rename { member: 0, role, to: to.into() };
    let table = [
        (("web", Running, Always), (OLD, No), Act::Stop { member: 0, role: new }),
        (("web", Exited, Always), (OLD, No), Act::Disarm { member: 0, role: new }),
        (("web", Exited, No), (OLD, No), rename(new, FAILED)),
        ((FAILED, Exited, No), (OLD, No), rename(old, "web")),
        ((FAILED, Exited, No), ("web", No), Act::Rearm { member: 0, role: old }),
        ((FAILED, Exited, No), ("web", Always), Act::Start { member: 0, role: old }),
    ];
    for ((name, status, policy), (old_name, old_policy), act) in table {
        let seen = observed(Some(container("old", old_name, Exited, old_policy)), Some(container("new", name, status, policy)));
        check("way back", &record, &seen, &Step::Act(act));
    }
}

#[test]
fn an_act_without_an_answer_is_repeated_before_anything_else() {
    let mut seen = observed(None, None);
    let act = Act::Start { member: 0, role: Role::Successor };
    seen.unanswered = Some(act.clone());
    for stage in [Stage::Preparing, Stage::Creating, Stage::Switching, Stage::Kept] {
        check("unanswered", &at(stage), &seen, &Step::Act(act.clone()));
    }
}

#[test]
fn a_new_process_undoes_what_was_only_prepared() {
    let running = container("old", "web", Status::Running, RestartPolicy::Always);
    let mut seen = observed(Some(running), None);
    seen.agent = "another".into();
    let expected = Step::Write(Change::TurnBack { failure: Failure::Withdrawn { why: Withdrawal::Interrupted } });
    check("preparing", &at(Stage::Preparing), &seen, &expected);
    check("creating", &at(Stage::Creating), &seen, &expected);
}

#[test]
fn a_start_is_counted_by_a_new_process_and_given_up_after_two_boots() {
    let mut seen = observed(
        Some(container("old", OLD, Status::Exited, RestartPolicy::No)),
        Some(container("new", "web", Status::Exited, RestartPolicy::Always)),
    );
    (seen.agent, seen.boot) = ("another".into(), "after".into());
    let mut record = at(Stage::Switching);
    record.starts = 1;
    let count = Change::CountStart { agent: "another".into(), boot: "after".into() };
    check("the exit is no evidence: once more", &record, &seen, &Step::Write(count));
    record.starts = 2;
    check("not a third time", &record, &seen, &Step::Write(Change::TurnBack { failure: Failure::StartsExhausted { starts: 2 } }));
}

#[test]
fn a_start_that_a_boot_makes_is_counted_as_well_and_is_the_last_after_two() {
    let mut seen = observed(
        Some(container("old", OLD, Status::Exited, RestartPolicy::No)),
        Some(container("new", "web", Status::Running, RestartPolicy::Always)),
    );
    (seen.agent, seen.boot) = ("another".into(), "after".into());
    let mut record = at(Stage::Switching);
    record.starts = 1;
    let count = Change::CountStart { agent: "another".into(), boot: "after".into() };
    check("the engine has started it", &record, &seen, &Step::Write(count.clone()));
    record.starts = 2;
    check("three times", &record, &seen, &Step::Write(Change::TurnBack { failure: Failure::StartsExhausted { starts: 2 } }));
    record.starts = 1;
    record.apply(&count);
    assert!(matches!(decide(&record, &seen), Step::Wait { .. }), "counted once a boot");
}

#[test]
fn a_refused_start_turns_back_and_a_refused_start_of_the_old_one_is_stuck() {
    let no = |role| Refused {
        act: Act::Start { member: 0, role },
        refusal: rotate::engine::Refusal::PortTaken,
        message: "port is already allocated".into(),
    };
    let mut seen = observed(
        Some(container("old", OLD, Status::Exited, RestartPolicy::No)),
        Some(container("new", "web", Status::Created, RestartPolicy::Always)),
    );
    seen.refused = vec![no(Role::Successor)];
    let failure = Failure::StartRefused { refusal: rotate::engine::Refusal::PortTaken, message: "port is already allocated".into() };
    assert!(!failure.refuses_digest(), "a taken port is not the image's fault");
    check("forward", &at(Stage::Switching), &seen, &Step::Write(Change::TurnBack { failure: failure.clone() }));

    let mut seen = observed(
        Some(container("old", "web", Status::Exited, RestartPolicy::Always)),
        Some(container("new", FAILED, Status::Created, RestartPolicy::No)),
    );
    seen.refused = vec![no(Role::Predecessor)];
    let reason = StuckReason::PredecessorRefused { message: "port is already allocated".into() };
    check("back", &back(Stage::Switching, failure), &seen, &Step::Stuck { reason: reason.clone() });
    let give_up = Change::GiveUpRollback { why: reason, agent: "agent".into(), boot: "boot".into() };
    check("a person's wish", &back(Stage::Switching, Failure::Requested), &seen, &Step::Write(give_up));
}

#[test]
fn foreign_hands_before_the_switch_end_the_rotation_with_nothing_touched() {
    let view = |name, status| Some(container("old", name, status, RestartPolicy::Always));
    let table = [
        (None, Withdrawal::PredecessorGone),
        (view("web", Status::Exited), Withdrawal::PredecessorNotRunning),
        (view("web", Status::Paused), Withdrawal::PredecessorNotRunning),
        (view("www", Status::Running), Withdrawal::PredecessorRenamed { to: "www".into() }),
    ];
    for (old, why) in table {
        for stage in [Stage::Preparing, Stage::Creating] {
            let expected = Step::Write(Change::TurnBack { failure: Failure::Withdrawn { why: why.clone() } });
            check("withdrawn", &at(stage), &observed(old.clone(), None), &expected);
        }
    }
}

#[test]
fn a_tag_that_somebody_else_moved_is_not_moved_back() {
    let mut seen = observed(Some(container("old", "web", Status::Running, RestartPolicy::Always)), None);
    let record = back(Stage::Creating, Failure::SuccessorGone);
    check("ours", &record, &seen, &Step::Act(Act::TagBack { member: 0 }));
    images(&mut seen).tag = Some(rotate::model::ImageId::new("sha256:third"));
    check("somebody's", &record, &seen, &Step::Act(Act::Unpin { member: 0 }));
}

#[test]
fn a_container_that_another_tool_finds_by_label_is_not_kept() {
    let seen = observed(
        Some(container("old", OLD, Status::Exited, RestartPolicy::No)),
        Some(container("new", "web", Status::Running, RestartPolicy::Always)),
    );
    let mut record = at(Stage::Kept);
    record.keep_until = Some(seen.at + jiff::SignedDuration::from_secs(60));
    check("kept", &record, &seen, &Step::Rest);
    record.members[0].is_tool_owned = true;
    check("compose", &record, &seen, &Step::Act(Act::Remove { member: 0, role: Role::Predecessor }));
}

#[test]
fn a_pin_that_an_earlier_rotation_left_goes_with_the_last_container_of_its_image() {
    let new = || Some(container("new", "web", Status::Running, RestartPolicy::Always));
    let mut seen = observed(None, new());
    let record = at(Stage::Kept);
    let left = "localhost/rotate/keep:aaaaaa".to_owned();
    images(&mut seen).is_old_tagged = true;
    images(&mut seen).left_pins = vec![left.clone()];
    check("ours first", &record, &seen, &Step::Act(Act::Unpin { member: 0 }));
    images(&mut seen).pin = None;
    check("then it", &record, &seen, &Step::Act(Act::UnpinLeft { pin: left }));
    seen.members[0].predecessor = Some(container("old", OLD, Status::Exited, RestartPolicy::No));
    seen.members[0].successor.as_mut().expect("a successor").name = "other".into();
    check("not while it has a container", &record, &seen, &Step::Write(Change::Close));
}
