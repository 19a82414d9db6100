//! Why a person is called where another hand has taken one of the two containers, or both; and that what is told then is true of what is left.

use rotate::ask::{Exit, View};
use rotate::cycle::{Entry, Report};
use rotate::engine::Refusal;
use rotate::model::{ContainerId, RestartPolicy, Status};
use rotate::rotation::{
    Act, Change, Ended, Failure, GateFailure, ImagesView, Member, MemberView, Record, Refused, Role, Stage, Step, StuckReason, decide,
};

use crate::make::{container, images, member, observed, record};
use crate::service;

const NO: &str = "attempt to write a readonly database";

fn back(failure: Failure) -> Record {
    let mut record = Record { stage: Stage::Switching, ..record() };
    record.apply(&Change::TurnBack { failure });
    record
}

fn sick() -> Failure {
    Failure::Gate { why: GateFailure::Unhealthy }
}

/// What follows where the old one is gone and the engine has refused this act; with the new one still there, or not.
fn step(record: &Record, has_new: bool, images: ImagesView, act: &Act) -> Step {
    let new = has_new.then(|| container("new", "web", Status::Running, RestartPolicy::Always));
    let mut seen = observed(None, new);
    seen.members[0].images = Some(images);
    seen.refused = vec![Refused { act: act.clone(), refusal: Refusal::Other, message: NO.into() }];
    decide(record, &seen)
}

#[test]
fn what_cannot_be_made_again_is_one_thing_where_the_other_is_gone_too_and_another_where_it_is_there() {
    let old = images().old;
    let table = [
        (Act::Recreate { member: 0 }, "create the old container again", ImagesView { tag: old, ..images() }),
        (Act::TagOld { member: 0 }, "point the tag to the old image", images()),
        (Act::PullOld { member: 0 }, "pull the old image again", ImagesView { old: None, pin: None, ..images() }),
    ];
    for (refused, act, images) in table {
        let not_made_again = Step::Stuck { reason: StuckReason::NotMadeAgain { act: act.into(), message: NO.into() } };
        assert_eq!(step(&back(sick()), false, images.clone(), &refused), not_made_again, "{act}");
        let act_refused = Step::Stuck { reason: StuckReason::ActRefused { act: act.into(), message: NO.into() } };
        assert_eq!(step(&back(sick()), true, images, &refused), act_refused, "{act}");
    }
}

#[test]
fn what_could_not_be_pulled_again_is_asked_for_again_and_what_nobody_knows_the_digest_of_is_lost() {
    let gone = || ImagesView { old: None, pin: None, ..images() };
    let pull = Act::PullOld { member: 0 };
    let mut record = back(sick());
    let mut seen = observed(None, None);
    seen.members[0].images = Some(gone());
    assert_eq!(decide(&record, &seen), Step::Act(pull.clone()), "by a process that was not refused it yet");
    record.members[0].old_digest = None;
    for has_new in [false, true] {
        assert_eq!(step(&record, has_new, gone(), &pull), Step::Stuck { reason: StuckReason::NothingLeft });
    }
}

#[test]
fn a_way_back_that_a_person_asked_for_is_given_up_if_the_old_image_cannot_be_pulled_while_the_new_one_serves() {
    let gone = ImagesView { old: None, pin: None, ..images() };
    let why = StuckReason::ActRefused { act: "pull the old image again".into(), message: NO.into() };
    let give_up = Change::GiveUpRollback { why, agent: "agent".into(), boot: "boot".into() };
    assert_eq!(step(&back(Failure::Requested), true, gone, &Act::PullOld { member: 0 }), Step::Write(give_up));
}

#[test]
fn a_way_back_that_a_person_asked_for_is_not_given_up_for_a_new_container_that_it_has_removed() {
    let start = Act::Start { member: 0, role: Role::Predecessor };
    let mut seen = observed(Some(container("old", "web", Status::Exited, RestartPolicy::Always)), None);
    seen.refused = vec![Refused { act: start, refusal: Refusal::Other, message: NO.into() }];
    let refused = StuckReason::PredecessorRefused { message: NO.into() };
    assert_eq!(decide(&back(Failure::Requested), &seen), Step::Stuck { reason: refused.clone() });
    seen.members[0].successor = Some(container("new", "web.rotate-failed-7f3a21", Status::Exited, RestartPolicy::No));
    let step = decide(&back(Failure::Requested), &seen);
    assert!(matches!(&step, Step::Write(Change::GiveUpRollback { why, .. }) if *why == refused), "{step:?}");
}

#[test]
fn where_another_has_the_name_that_is_why() {
    let mut seen = observed(None, None);
    seen.members[0].stranger = Some(ContainerId::new("theirs"));
    assert_eq!(decide(&back(sick()), &seen), Step::Stuck { reason: StuckReason::NameTaken { by: "theirs".into() } });
}

/// What is told of a container that only a person can help: its code, and the three lines without what they begin with.
#[track_caller]
fn check(record: &Record, reason: StuckReason, code: &str, error: &str, state: &str, help: &str) {
    let is_down = if matches!(reason, StuckReason::ActRefused { .. }) { "may be down" } else { "IS DOWN" };
    let entry = Entry::of(record, &Ended::Stuck(reason), record.opened_at);
    let view = View::report(&Report { is_dry_run: false, entries: vec![entry] });
    let told = &view.trouble[0];
    assert_eq!(told.error, format!("`web` {is_down}, a person is needed: {error}"));
    assert_eq!((told.state.as_str(), told.help.as_str()), (state, help));
    let document = &view.document["containers"][0];
    assert_eq!((&document["verdict"], &document["reason"], &document["state"]), (&"stuck".into(), &code.into(), &state.into()));
    assert_eq!(view.exit, Exit::PersonNeeded);
}

fn reasons() -> [StuckReason; 6] {
    let message = || "no".to_owned();
    [
        StuckReason::PredecessorRefused { message: message() },
        StuckReason::PredecessorSick { why: GateFailure::Unhealthy },
        StuckReason::NameTaken { by: "4f1c".into() },
        StuckReason::ActRefused { act: "create the old container again".into(), message: message() },
        StuckReason::NotMadeAgain { act: "create the old container again".into(), message: message() },
        StuckReason::NothingLeft,
    ]
}

#[test]
fn of_two_containers_none_is_said_to_be_there_that_may_be_gone() {
    let kept = "the old container is kept, and the new one if it was still there; rotate touches nothing more until it is run again";
    let what_there_is = "what there is of its two containers is kept; rotate touches nothing more until it is run again";
    let table = [
        (
            "stuck",
            "neither the new nor the old container serves: the engine does not start the old container: no",
            kept,
            "it starts the old one again",
        ),
        ("stuck", "neither the new nor the old container serves: the old container turned unhealthy", kept, "it starts the old one again"),
        (
            "stuck",
            "neither the new nor the old container serves: its name now belongs to container 4f1c, which rotate did not make",
            what_there_is,
            "it brings the old one back",
        ),
        ("stuck", "the engine refuses to create the old container again: no", what_there_is, "it goes on from there"),
    ];
    for (reason, (code, error, state, then)) in reasons().into_iter().zip(table) {
        check(&record(), reason, code, error, state, &format!("remove the cause, then run `rotate now web`: {then}"));
    }
    let [.., not_made_again, nothing_left] = reasons();
    check(
        &record(),
        not_made_again,
        "not_made_again",
        "neither the old nor the new container is on the engine any more, and it cannot create the old container again: no",
        "no container of it is on the engine now, its configuration is kept in rotate's record; rotate touches nothing more until it is run again",
        "remove the cause (a restart of the engine's service may do), then run `rotate now web`: it makes the container again; where its old image \
         is not to be had any more, create `web` anew by hand: `rotate history web` names the images",
    );
    check(
        &record(),
        nothing_left,
        "stuck",
        "the old container is gone and cannot be made again: its image or its configuration is gone, too",
        "its old container is not there, its new one is kept if it was; rotate touches nothing more until it is run again",
        "create `web` anew by hand: `rotate history web` names the images; rotate removed none of its volumes",
    );
}

#[test]
fn of_a_unit_of_systemd_the_old_image_is_said_to_be_there_only_where_it_was_seen() {
    let (there, not_there) = ("the old image is there", "the old image is not there");
    let table = [there, there, "its unit is left as it is", "its unit is left as it is", "its unit is left as it is", not_there];
    for (reason, state) in reasons().into_iter().zip(table) {
        let entry = Entry::of(&service::record(), &Ended::Stuck(reason), record().opened_at);
        let view = View::report(&Report { is_dry_run: false, entries: vec![entry] });
        assert_eq!(
            view.trouble[0].state,
            format!("{state}; rotate touches nothing more until it is run again"),
            "{}",
            view.trouble[0].error
        );
    }
}

#[test]
fn a_way_back_that_failed_is_offered_again_unless_nothing_is_left_for_it() {
    for (late, reason) in [None, Some(GateFailure::Unhealthy)].into_iter().flat_map(|late| reasons().map(|reason| (late.clone(), reason))) {
        let is_offered = reason != StuckReason::NothingLeft;
        let record = Record { late, failed_rollback: Some(reason), ..record() };
        let entry = Entry::of(&record, &Ended::Kept, record.opened_at);
        assert_eq!(
            entry.help.is_some_and(|help| help.contains("`rotate rollback web`")),
            is_offered,
            "{record}: {:?}",
            record.failed_rollback
        );
    }
}

/// Its engine would start the new one that was put away, by its id.
#[test]
fn what_requires_one_that_goes_back_leaves_with_that_though_another_of_them_is_lost() {
    let named = |name: &str, requires: &[&str]| {
        let (old, new) = (format!("old-{name}"), format!("new-{name}"));
        let original = serde_json::json!({ "Id": old, "Config": {}, "Dependencies": requires }).into();
        let (predecessor, successor) = (ContainerId::new(&*old), Some(ContainerId::new(&*new)));
        Member { name: name.into(), predecessor, successor, original, ..member() }
    };
    let lost = Member { old_digest: None, ..named("lost", &[]) };
    let mut record = back(sick());
    record.members = vec![lost, named("db", &[]), named("web", &["old-lost", "old-db"])];
    let mut seen = observed(None, None);
    let images = ImagesView { old: None, ..images() };
    let away = |member: &Member| {
        let old = container(member.predecessor.as_str(), &record.old_name(member), Status::Exited, RestartPolicy::No);
        let id = member.successor.as_ref().expect("a successor").as_str().to_owned();
        let new = container(&id, &member.name, Status::Running, RestartPolicy::Always);
        MemberView { predecessor: Some(old), successor: Some(new), images: Some(images.clone()), ..MemberView::default() }
    };
    let none = MemberView { images: Some(images.clone()), ..MemberView::default() };
    seen.members = vec![none, away(&record.members[1]), away(&record.members[2])];
    assert_eq!(decide(&record, &seen), Step::Act(Act::Stop { member: 2, role: Role::Successor }));
}
