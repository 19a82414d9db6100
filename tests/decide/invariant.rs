//! What must hold of every step, over all that can be seen: 2 containers × (absent or 6 states × 2 policies × 4 names), what a tool may have put
//! in their place, all stages, goals and policies of failure, another agent, a network that is missing.

use rotate::model::{Container, ContainerId, RestartPolicy, Status};
use rotate::rotation::{Act, Change, ContainerView, Failure, GateFailure, Goal, Observed, Record, Replacement, Role, Stage, Step};

use crate::decided::decided;
use crate::make::{FAILED, NEXT, OLD, container, observed, record};

const STATUSES: [Status; 6] = [Status::Created, Status::Running, Status::Paused, Status::Restarting, Status::Exited, Status::Dead];
const STAGES: [Stage; 5] = [Stage::Preparing, Stage::Creating, Stage::Switching, Stage::Kept, Stage::Closed];

fn views(id: &str) -> Vec<Option<ContainerView>> {
    let mut views = vec![None];
    for status in STATUSES {
        for policy in [RestartPolicy::No, RestartPolicy::Always] {
            views.extend(["web", NEXT, OLD, FAILED].map(|name| Some(container(id, name, status, policy))));
        }
    }
    views
}

fn goals() -> [Goal; 3] {
    let back = |failure| Goal::Back { failure };
    [Goal::Forward, back(Failure::Gate { why: GateFailure::Unhealthy }), back(Failure::Requested)]
}

/// What a tool may have put in the unit's place: only seen where nothing of ours has the name.
fn replacements(old: Option<&ContainerView>, new: Option<&ContainerView>) -> Vec<Option<Replacement>> {
    let is_named = [old, new].iter().flatten().any(|view| view.name == "web");
    let id = ContainerId::new("theirs");
    let theirs = |name| Container::new(serde_json::json!({ "Id": "theirs", "Name": name, "Image": "sha256:new" }));
    if is_named {
        vec![None]
    } else {
        vec![None, Some(Replacement::Same(id)), Some(Replacement::Other(theirs("/web"))), Some(Replacement::Other(theirs("/new_web")))]
    }
}

/// Calls `check` with every combination of record and observation.
fn for_all(mut check: impl FnMut(&Record, &Observed, &Step)) {
    let mut count = 0;
    for stage in STAGES {
        for goal in goals() {
            for (stays, returns_late) in [(false, false), (false, true), (true, true)] {
                let mut record = record();
                (record.stage, record.goal) = (stage, goal.clone());
                (record.terms.stays, record.terms.returns_late) = (stays, returns_late);
                let mut observed = observed(None, None);
                for old in views("old") {
                    for new in views("new") {
                        for replacement in replacements(old.as_ref(), new.as_ref()) {
                            let member = &mut observed.members[0];
                            (member.predecessor, member.successor) = (old.clone(), new.clone());
                            member.stranger = replacement.as_ref().map(|_| ContainerId::new("theirs"));
                            member.replacement = replacement;
                            for (agent, missing) in [("agent", None), ("another", None), ("agent", Some("net"))] {
                                observed.agent = agent.into();
                                observed.members[0].missing_networks = missing.map(str::to_owned).into_iter().collect();
                                let step = decided(&record, &mut observed);
                                check(&record, &observed, &step);
                                count += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(count, 5 * 3 * 3 * (49 * 49 + 3 * 37 * 37) * 3);
}

fn can_run(view: Option<&ContainerView>) -> bool {
    view.is_some_and(|v| v.state.is_active() || (v.policy != Some(RestartPolicy::No) && v.state.started_at.is_some()))
}

#[test]
fn no_container_is_started_while_the_other_could_run() {
    for_all(|record, observed, step| {
        let member = &observed.members[0];
        let other = match step {
            Step::Act(Act::Start { role: Role::Predecessor, .. }) => &member.successor,
            Step::Act(Act::Start { role: Role::Successor, .. }) => &member.predecessor,
            _ => return,
        };
        assert!(!can_run(other.as_ref()), "{record}: {observed}: {step:?}");
    });
}

#[test]
fn no_policy_is_restored_while_the_other_could_run() {
    for_all(|record, observed, step| {
        let member = &observed.members[0];
        let other = match step {
            Step::Act(Act::Rearm { role: Role::Predecessor, .. }) => &member.successor,
            Step::Act(Act::Rearm { role: Role::Successor, .. }) => &member.predecessor,
            _ => return,
        };
        assert!(!can_run(other.as_ref()), "{record}: {observed}: {step:?}");
    });
}

#[test]
fn no_policy_is_weakened_while_its_container_runs() {
    for_all(|record, observed, step| {
        let member = &observed.members[0];
        let own = match step {
            Step::Act(Act::Disarm { role: Role::Predecessor, .. }) => &member.predecessor,
            Step::Act(Act::Disarm { role: Role::Successor, .. }) => &member.successor,
            _ => return,
        };
        assert!(own.as_ref().is_some_and(|v| !v.state.is_active()), "{record}: {observed}: {step:?}");
    });
}

#[test]
fn only_what_is_stopped_is_renamed_or_removed() {
    for_all(|record, observed, step| {
        let member = &observed.members[0];
        let own = match step {
            Step::Act(Act::Rename { role: Role::Predecessor, .. } | Act::Remove { role: Role::Predecessor, .. }) => &member.predecessor,
            Step::Act(Act::Rename { role: Role::Successor, .. } | Act::Remove { role: Role::Successor, .. }) => &member.successor,
            _ => return,
        };
        assert!(own.as_ref().is_none_or(|v| !v.state.is_active()), "{record}: {observed}: {step:?}");
    });
}

#[test]
fn the_predecessor_is_removed_only_when_it_is_spare() {
    for_all(|record, observed, step| {
        if !matches!(step, Step::Act(Act::Remove { role: Role::Predecessor, .. })) {
            return;
        }
        let member = &observed.members[0];
        let (old, new) = (member.predecessor.as_ref(), member.successor.as_ref());
        assert!(old.is_some_and(|v| v.name == OLD && !can_run(Some(v))), "{record}: {observed}");
        let is_replaced = match record.stage {
            Stage::Kept => member.stranger.is_some() || new.is_some_and(|v| v.name == "web"),
            _ => matches!(member.replacement, Some(Replacement::Other(_))),
        };
        assert!(is_replaced, "{record}: {observed}");
    });
}

#[test]
fn the_predecessor_is_not_stopped_before_the_switch() {
    for_all(|record, observed, step| {
        let touches = matches!(step, Step::Act(Act::Stop { role: Role::Predecessor, .. } | Act::Disarm { role: Role::Predecessor, .. }));
        assert!(!touches || record.stage == Stage::Switching, "{record}: {observed}: {step:?}");
    });
}

#[test]
fn a_successor_is_never_proved_by_being_absent_or_stopped() {
    for_all(|record, observed, step| {
        if matches!(step, Step::Write(Change::Prove { .. })) {
            let new = observed.members[0].successor.as_ref();
            assert!(new.is_some_and(|v| v.state.status == Status::Running && v.name == "web"), "{record}: {observed}");
        }
    });
}

#[test]
fn what_was_just_created_is_not_started_before_it_has_all_its_networks() {
    for_all(|record, observed, step| {
        if observed.members[0].missing_networks.is_empty() {
            return;
        }
        let leads_to_its_start = match &record.goal {
            Goal::Forward => matches!(step, Step::Write(Change::EnterSwitching { .. })),
            Goal::Back { .. } => matches!(step, Step::Act(Act::Start { role: Role::Predecessor, .. })),
        };
        assert!(!leads_to_its_start, "{record}: {observed}: {step:?}");
    });
}

#[test]
fn after_the_proof_nothing_is_stopped_or_started_and_an_unwell_successor_keeps_its_predecessor() {
    for_all(|record, observed, step| {
        if record.stage != Stage::Kept {
            return;
        }
        let runs = matches!(step, Step::Act(Act::Stop { .. } | Act::Start { .. } | Act::Rearm { .. } | Act::Disarm { .. }));
        assert!(!runs, "{record}: {observed}: {step:?}");
        let new = observed.members[0].successor.as_ref();
        if new.is_some_and(|v| v.name == "web" && v.state.status == Status::Restarting) {
            assert!(!matches!(step, Step::Act(_) | Step::Write(Change::Close)), "{record}: {observed}: {step:?}");
        }
    });
}

#[test]
fn only_the_policy_for_late_failures_turns_a_kept_rotation_back() {
    for_all(|record, observed, step| {
        if record.stage == Stage::Kept && matches!(step, Step::Write(Change::TurnBack { .. })) {
            assert!(record.terms.returns_late && !record.terms.stays, "{record}: {observed}");
        }
    });
}

#[test]
fn a_successor_that_stays_is_never_left_for_the_predecessor_by_the_gate() {
    for_all(|record, observed, step| {
        if let Step::Write(Change::TurnBack { failure: Failure::Gate { .. } | Failure::StartsExhausted { .. } }) = step {
            assert!(!record.terms.stays, "{record}: {observed}");
        }
        if let Step::Write(Change::Stay { .. }) = step {
            let new = observed.members[0].successor.as_ref();
            assert!(record.terms.stays && record.goal == Goal::Forward, "{record}: {observed}");
            assert!(new.is_some_and(|v| v.name == "web" && v.state.started_at.is_some()), "{record}: {observed}");
        }
    });
}
