//! Forward through the switch: the old one out, the new one in, and the gate.

use super::hand_over::HandOver;
use super::{act_refused, attempt, is_to_wait, refusal, replaced, turn_back, turn_back_for};
use crate::model::Status;
use crate::rotation::{Act, Change, ContainerView, Failure, Member, MemberView, Observed, Record, Role, Step, Verdict, Watch, Withdrawal};

/// A successor after whose start the host went down is started once more, and no third time.
const STARTS_OVER_BOOTS: u32 = 2;
/// Within one boot nothing points to the successor; only an endless loop must not be.
const STARTS: u32 = 5;

/// Stage `Switching`, goal forward.
pub fn step(record: &Record, observed: &Observed) -> Step {
    let mut hand_overs = Vec::with_capacity(record.members.len());
    for (n, (member, view)) in record.members.iter().zip(&observed.members).enumerate() {
        if let Some(step) = replaced::forward(observed, n, view) {
            return step;
        }
        let Some(successor) = &view.successor else { return without(record, observed, n, member, view) };
        hand_overs.push(HandOver {
            member: n,
            name: &member.name,
            outgoing: view.predecessor.as_ref(),
            outgoing_role: Role::Predecessor,
            away: record.old_name(member),
            incoming: Some(successor),
            policy: member.policy,
        });
    }
    if let Some(act) = hand_overs.iter().rev().find_map(HandOver::leave) {
        return attempt(observed, act, act_refused);
    }
    let (mut waits, mut unwell) = (Vec::new(), Vec::new());
    for (hand_over, member) in hand_overs.iter().zip(&record.members) {
        let Some(successor) = hand_over.incoming else { continue };
        if !successor.state.is_active() && is_to_wait(observed, member, &unwell) {
            unwell.push(member);
            continue;
        }
        if let Some(act) = hand_over.come() {
            return attempt(observed, act, act_refused);
        }
        if let Some(step) = start(record, observed, hand_over.member, successor) {
            return step;
        }
        match successor.verdict(observed.now) {
            Verdict::Passed => {}
            Verdict::Pending { until } => {
                waits.push(until);
                unwell.extend((!successor.is_well_so_far(observed.now)).then_some(member));
            }
            Verdict::Failed(why) => return fail(record, observed, hand_over.member, successor, Failure::Gate { why }),
        }
    }
    match waits.into_iter().min() {
        None => Step::Write(Change::Prove { keep_until: record.keep_from(observed.at) }),
        Some(_) if observed.is_interrupted => Step::Leave,
        Some(until) => Step::Wait { until },
    }
}

/// Back; but an engine may still be at the stop that an earlier process asked for, and one that lands after the proof of the old container would end it for
/// good. A stop that is repeated is answered when the first one is done. What was started since then has been stopped.
fn without(record: &Record, observed: &Observed, n: usize, member: &Member, view: &MemberView) -> Step {
    let is_to_stop = |old: &&ContainerView| {
        let before = record.times.last().map_or(record.opened_at, |(_, at)| *at);
        let was_stopped = old.state.started_at.is_some_and(|at| at > before);
        old.name == member.name && old.state.is_active() && !was_stopped
    };
    match view.predecessor.as_ref().filter(is_to_stop) {
        Some(_) => attempt(observed, Act::Stop { member: n, role: Role::Predecessor }, |_| turn_back_for(record, n, gone(member, view))),
        None => turn_back_for(record, n, gone(member, view)),
    }
}

/// Containers of a tool do not vanish both while the successor runs unless they are meant to: what is stopped may have been pruned.
fn gone(member: &Member, view: &MemberView) -> Failure {
    if member.is_tool_owned && view.predecessor.is_none() && view.has_successor_run {
        Failure::Withdrawn { why: Withdrawal::TakenAway }
    } else {
        Failure::SuccessorGone
    }
}

fn start(record: &Record, observed: &Observed, member: usize, successor: &ContainerView) -> Option<Step> {
    if successor.state.is_active() {
        // A boot has started it, before any process of ours.
        return (record.boot != observed.boot)
            .then(|| count(record, observed, |failure| fail(record, observed, member, successor, failure)));
    }
    let act = Act::Start { member, role: Role::Successor };
    if let Some(no) = refusal(observed, &act) {
        let failure = Failure::StartRefused { refusal: no.refusal, message: no.message.clone() };
        return Some(fail(record, observed, member, successor, failure));
    }
    // An exit that this process did not live through is no evidence of sickness: a boot or an engine that went away may have ended it.
    let has_run_here = successor.watch.as_ref().is_some_and(Watch::is_evidence);
    if has_run_here && successor.state.status != Status::Created {
        return None;
    }
    if record.agent == observed.agent {
        return Some(Step::Act(act));
    }
    Some(count(record, observed, |failure| fail(record, observed, member, successor, failure)))
}

/// Counts a start of the successor, unless there were too many.
pub fn count(record: &Record, observed: &Observed, on_exhausted: impl FnOnce(Failure) -> Step) -> Step {
    let most = if record.boot == observed.boot { STARTS } else { STARTS_OVER_BOOTS };
    if record.starts >= most {
        return on_exhausted(Failure::StartsExhausted { starts: record.starts });
    }
    Step::Write(Change::CountStart { agent: observed.agent.clone(), boot: observed.boot.clone() })
}

/// Back; but one that has run, and so may have changed its data, stays if its policy says so.
fn fail(record: &Record, observed: &Observed, member: usize, successor: &ContainerView, failure: Failure) -> Step {
    if record.terms.stays && successor.state.started_at.is_some() {
        Step::Write(Change::Stay { failure, keep_until: record.keep_from(observed.at) })
    } else {
        // Whichever of several took the host down.
        let is_of_all = matches!(failure, Failure::StartsExhausted { .. });
        if is_of_all { turn_back(failure) } else { turn_back_for(record, member, failure) }
    }
}
