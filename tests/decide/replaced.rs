//! What compose put in the predecessor's place: recognized by its labels, and decided about.

use rotate::model::{Container, ContainerId, RestartPolicy, Status};
use rotate::rotation::{Act, Change, Failure, Member, Observed, Record, Replacement, Role, Stage, Step, Withdrawal, decide};
use serde_json::{Value, json};

use crate::make::{AGENT, BOOT, NEXT, OLD, container, member, observed, record};

fn labels(number: &str, configuration: &str) -> Value {
    json!({
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "web",
        "com.docker.compose.container-number": number,
        "com.docker.compose.config-hash": configuration,
    })
}

fn owned() -> Member {
    Member { is_tool_owned: true, original: json!({ "Config": { "Labels": labels("1", "c1") } }).into(), ..member() }
}

fn found(id: &str, image: &str, labels: &Value) -> Container {
    Container::new(json!({ "Id": id, "Name": "/web", "Image": image, "Config": { "Labels": labels } }))
}

#[test]
fn compose_knows_its_containers_by_project_service_and_number() {
    let theirs = || ContainerId::new("theirs");
    let table = [
        (found("theirs", "sha256:new", &labels("1", "c1")), Some(Replacement::Same(theirs()))),
        (found("theirs", "sha256:old", &labels("1", "c1")), Some(Replacement::Other(found("theirs", "sha256:old", &labels("1", "c1"))))),
        (found("theirs", "sha256:new", &labels("1", "c2")), Some(Replacement::Other(found("theirs", "sha256:new", &labels("1", "c2"))))),
        (found("theirs", "sha256:new", &labels("2", "c1")), None),
        (found("theirs", "sha256:new", &json!({})), None),
        (found("old", "sha256:new", &labels("1", "c1")), None),
        (found("new", "sha256:new", &labels("1", "c1")), None),
    ];
    for (found, expected) in table {
        assert_eq!(Replacement::of(&owned(), &found), expected, "{found:?}");
    }
    let unlabelled = Member { original: json!({ "Config": {} }).into(), ..owned() };
    assert_eq!(Replacement::of(&unlabelled, &found("theirs", "sha256:new", &json!({}))), None, "no labels are no sign");
}

fn at(stage: Stage) -> Record {
    Record { stage, members: vec![owned()], ..record() }
}

fn seen(old: Option<(&str, Status)>, new: Option<(&str, Status)>, replacement: Option<Replacement>) -> Observed {
    let old = old.map(|(name, status)| container("old", name, status, RestartPolicy::No));
    let new = new.map(|(name, status)| container("new", name, status, RestartPolicy::Always));
    let mut observed = observed(old, new);
    observed.members[0].replacement = replacement;
    observed
}

fn same() -> Option<Replacement> {
    Some(Replacement::Same(ContainerId::new("theirs")))
}

fn other(image: &str) -> Option<Replacement> {
    Some(Replacement::Other(found("theirs", image, &labels("1", "c2"))))
}

#[test]
fn one_that_is_as_good_becomes_the_successor_after_ours_is_gone() {
    let id = ContainerId::new("theirs");
    let adopt = Step::Write(Change::AdoptReplacement { member: 0, id, agent: AGENT.into(), boot: BOOT.into() });
    let role = Role::Successor;
    for stage in [Stage::Creating, Stage::Switching, Stage::Kept] {
        assert_eq!(decide(&at(stage), &seen(None, None, same())), adopt, "{stage:?}");
        assert_eq!(decide(&at(stage), &seen(Some((OLD, Status::Exited)), None, same())), adopt, "{stage:?}");
    }
    let running = seen(None, Some((NEXT, Status::Running)), same());
    assert_eq!(decide(&at(Stage::Switching), &running), Step::Act(Act::Stop { member: 0, role }));
    let stopped = seen(None, Some((NEXT, Status::Exited)), same());
    assert_eq!(decide(&at(Stage::Switching), &stopped), Step::Act(Act::Remove { member: 0, role }));
    let mut back = at(Stage::Switching);
    back.apply(&Change::TurnBack { failure: Failure::SuccessorGone });
    assert_eq!(decide(&back, &seen(None, None, same())), adopt, "on the way back it is stopped as ours would be");
}

#[test]
fn an_adopted_one_has_to_prove_itself_again_or_goes_the_way_back_with_the_rest() {
    let change = Change::AdoptReplacement { member: 0, id: ContainerId::new("theirs"), agent: "another".into(), boot: BOOT.into() };
    let mut kept = at(Stage::Kept);
    kept.apply(&Change::Prove { keep_until: jiff::Timestamp::MAX });
    kept.apply(&change);
    assert_eq!((kept.stage, kept.keep_until, kept.outcome.clone(), kept.starts), (Stage::Switching, None, None, 1));
    assert_eq!(kept.members[0].successor, Some(ContainerId::new("theirs")));
    let mut back = at(Stage::Switching);
    back.apply(&Change::TurnBack { failure: Failure::SuccessorGone });
    let goal = back.goal.clone();
    back.apply(&change);
    assert_eq!(back.goal, goal);
}

#[test]
fn one_of_another_configuration_is_what_a_person_wants_and_ours_are_cleared_away() {
    let replaced = Failure::Withdrawn { why: Withdrawal::Replaced };
    let given_up = Step::Write(Change::TurnBack { failure: replaced.clone() });
    for stage in [Stage::Creating, Stage::Switching] {
        assert_eq!(decide(&at(stage), &seen(None, None, other("sha256:new"))), given_up, "{stage:?}");
    }
    let mut back = at(Stage::Switching);
    back.apply(&Change::TurnBack { failure: replaced });
    let mut spare = seen(Some((OLD, Status::Exited)), None, other("sha256:new"));
    spare.members[0].stranger = Some(ContainerId::new("theirs"));
    assert_eq!(decide(&back, &spare), Step::Act(Act::Remove { member: 0, role: Role::Predecessor }));
    let clear = |image| decide(&back, &seen(None, None, other(image)));
    assert_eq!(clear("sha256:old"), Step::Act(Act::TagBack { member: 0 }), "the old one is not created again");
    assert_eq!(clear("sha256:new"), Step::Act(Act::Unpin { member: 0 }), "the tool goes by the tag: it stays where theirs was made of it");
}

#[test]
fn one_that_the_tool_could_not_finish_takes_the_predecessors_place_if_that_is_gone() {
    let begun = Container::new(json!({
        "Id": "theirs", "Name": "/new_web", "Image": "sha256:new", "Config": { "Labels": labels("1", "c2") },
        "HostConfig": { "RestartPolicy": { "Name": "unless-stopped" } },
    }));
    let unfinished = || Some(Replacement::Other(begun.clone()));
    let take = Step::Write(Change::TakeForPredecessor { member: 0, found: begun.clone() });
    for stage in [Stage::Creating, Stage::Switching] {
        let mut back = at(stage);
        back.apply(&Change::TurnBack { failure: Failure::Withdrawn { why: Withdrawal::Replaced } });
        assert_eq!(decide(&back, &seen(None, None, unfinished())), take, "{stage:?}");
    }

    let mut back = at(Stage::Creating);
    back.apply(&Change::TurnBack { failure: Failure::Withdrawn { why: Withdrawal::Replaced } });
    back.apply(&Change::TakeForPredecessor { member: 0, found: begun.clone() });
    let role = Role::Predecessor;
    let mut now = observed(Some(container("theirs", "new_web", Status::Created, RestartPolicy::UnlessStopped)), None);
    assert_eq!(decide(&back, &now), Step::Act(Act::Rename { member: 0, role, to: "web".into() }));
    now = observed(Some(container("theirs", "web", Status::Created, RestartPolicy::UnlessStopped)), None);
    assert_eq!(decide(&back, &now), Step::Act(Act::Start { member: 0, role }), "with the policy that it was made with");

    let mut stopped = at(Stage::Switching);
    stopped.apply(&Change::TurnBack { failure: Failure::Withdrawn { why: Withdrawal::Replaced } });
    let name_back = Step::Act(Act::Rename { member: 0, role, to: "web".into() });
    assert_eq!(decide(&stopped, &seen(Some((OLD, Status::Exited)), None, unfinished())), name_back, "one that is there serves again");
}

#[test]
fn both_gone_while_the_new_one_ran_is_a_wish_and_both_gone_while_stopped_is_not() {
    let mut gone = seen(None, None, None);
    let expected = |failure| Step::Write(Change::TurnBack { failure });
    assert_eq!(decide(&at(Stage::Switching), &gone), expected(Failure::SuccessorGone), "`container prune` takes what is stopped");
    gone.members[0].has_successor_run = true;
    assert_eq!(decide(&at(Stage::Switching), &gone), expected(Failure::Withdrawn { why: Withdrawal::TakenAway }));
    let mut back = at(Stage::Switching);
    back.apply(&Change::TurnBack { failure: Failure::Withdrawn { why: Withdrawal::TakenAway } });
    assert_eq!(decide(&back, &gone), Step::Act(Act::TagBack { member: 0 }), "the old one is not created again");
    let again = decide(&back, &seen(None, None, same()));
    assert_eq!(again, Step::Act(Act::Unpin { member: 0 }), "what a person made since then stays, and so does the tag that it was made of");
    let mut unowned = at(Stage::Switching);
    unowned.members[0].is_tool_owned = false;
    assert_eq!(decide(&unowned, &gone), expected(Failure::SuccessorGone));
}
