//! After the proof: the predecessor is kept for a while, then goes with the old image. Nothing goes that is not proved to be spare, and no
//! predecessor from a successor that is known to be unwell.

use super::{Looked, act_refused, attempt_once, looked, replaced, service, turn_back_for};
use crate::rotation::{Act, Change, Failure, GateFailure, Late, Member, MemberView, Observed, Outcome, Record, Role, Step, late};

/// Stage `Kept`.
pub fn step(record: &Record, observed: &Observed) -> Step {
    let mut gone = observed.members.iter().enumerate().filter(|(_, view)| view.successor.is_none());
    if let Some(step) = gone.find_map(|(n, view)| replaced::adopt(observed, n, view, act_refused)) {
        return step;
    }
    let Some(members) = looked(record, observed) else { return Step::LookAtImages };
    let (n, health) = health(observed, &members);
    let is_doubtful = match &health {
        Late::Failed(why) | Late::Suspected(why) => {
            let is_sure = matches!(health, Late::Failed(_));
            if let Some(step) = on_late_failure(record, observed, n, why, is_sure) {
                return step;
            }
            true
        }
        Late::Ask { .. } if observed.is_interrupted => return Step::Rest,
        Late::Ask { until } => return Step::Wait { until: *until },
        Late::Well if record.late.is_some() => return Step::Write(Change::Recover),
        Late::Well => false,
        Late::Unclear => record.late.is_some() || matches!(record.outcome, Some(Outcome::Stayed { .. })),
    };
    let is_past = record.keep_until.is_none_or(|until| observed.at >= until) && !is_doubtful;
    // A tool would start it beside its successor, but where that one is unwell it is all there is.
    let is_due = |member: &Member| is_past || member.is_tool_owned && record.late.is_none();
    // Who requires another goes before it.
    let spare =
        members.iter().enumerate().rev().filter(|(_, Looked { member, view, .. })| is_due(member) && is_spare(record, member, view));
    let mut removals = spare.map(|(n, _)| Act::Remove { member: n, role: Role::Predecessor });
    if let Some(step) = removals.find_map(|act| attempt_once(observed, act)) {
        return step;
    }
    if !is_past {
        return Step::Rest;
    }
    for (n, Looked { member, view, images }) in members.iter().enumerate() {
        let unpin = images.pin.is_some().then_some(Act::Unpin { member: n });
        let left = images.left_pins.iter().filter(|_| view.predecessor.is_none()).map(|pin| Act::UnpinLeft { pin: pin.clone() });
        let is_unused = view.predecessor.is_none() && !images.is_old_tagged && member.new_image.as_ref() != Some(&member.old_image);
        let old = images.old.clone().filter(|_| is_unused).map(|image| Act::RemoveImage { image });
        if let Some(step) = unpin.into_iter().chain(left).chain(old).find_map(|act| attempt_once(observed, act)) {
            return step;
        }
    }
    Step::Write(Change::Close)
}

/// How the successors are that have their unit's name; the first that is not well speaks for all.
fn health(observed: &Observed, members: &[Looked<'_>]) -> (usize, Late) {
    let served = members.iter().enumerate().filter_map(|(n, seen @ Looked { member, view, .. })| {
        if view.service.is_some() {
            return Some((n, service::health(seen, observed)?));
        }
        let successor = view.successor.as_ref().filter(|new| new.name == member.name)?;
        Some((n, late(successor, member.policy, observed.at, observed.now)))
    });
    served.reduce(|first, next| if first.1 == Late::Well { next } else { first }).unwrap_or((0, Late::Well))
}

/// Back, if that is wanted, has not failed before and is sure; else it is written down with the last log lines, once.
fn on_late_failure(record: &Record, observed: &Observed, n: usize, why: &GateFailure, is_sure: bool) -> Option<Step> {
    if is_sure && record.terms.returns_late && !record.terms.stays && record.failed_rollback.is_none() {
        return Some(turn_back_for(record, n, Failure::Late { why: why.clone() }));
    }
    let is_known = record.late.as_ref().is_some_and(|known| std::mem::discriminant(known) == std::mem::discriminant(why));
    if is_known {
        return None;
    }
    let successor = observed.members.get(n).and_then(|view| view.successor.as_ref());
    match successor.filter(|_| record.log.is_none()) {
        Some(successor) => Some(Step::ReadLog { successor: successor.id.clone() }),
        None if record.members.len() > 1 && record.failed_member != Some(n) => Some(Step::Write(Change::NoteFailed { member: n })),
        None => Some(Step::Write(Change::FailLate { why: why.clone() })),
    }
}

/// Stopped, under the name that we gave it, while another container has the unit's name.
pub fn is_spare(record: &Record, member: &Member, view: &MemberView) -> bool {
    let is_replaced = view.stranger.is_some() || view.successor.as_ref().is_some_and(|new| new.name == member.name);
    view.predecessor.as_ref().is_some_and(|old| old.is_at_rest() && old.name == record.old_name(member)) && is_replaced
}
