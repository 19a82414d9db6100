//! What follows when the tool that owns a unit put a container of its own in the predecessor's place in the middle of a rotation.

use super::{attempt, turn_back};
use crate::model::Container;
use crate::rotation::{Act, Change, Failure, Member, MemberView, Observed, Refused, Replacement, Role, Step, Withdrawal};

/// On the way forward: one that is as good as the successor takes its place and its gate; for any other the rotation is given up.
pub fn forward(observed: &Observed, n: usize, view: &MemberView) -> Option<Step> {
    match view.replacement.as_ref()? {
        Replacement::Same(_) => adopt(observed, n, view, super::act_refused),
        Replacement::Other(_) => Some(turn_back(Failure::Withdrawn { why: Withdrawal::Replaced })),
    }
}

/// Makes one that is as good as the successor the successor. Our own, if it is still there, goes first: two would run on one volume.
pub fn adopt(observed: &Observed, n: usize, view: &MemberView, on_refusal: impl FnOnce(&Refused) -> Step) -> Option<Step> {
    let Replacement::Same(id) = view.replacement.as_ref()? else { return None };
    let role = Role::Successor;
    Some(match &view.successor {
        Some(ours) if ours.state.is_active() => attempt(observed, Act::Stop { member: n, role }, on_refusal),
        Some(_) => attempt(observed, Act::Remove { member: n, role }, on_refusal),
        None => {
            let (agent, boot) = (observed.agent.clone(), observed.boot.clone());
            Step::Write(Change::AdoptReplacement { member: n, id: id.clone(), agent, boot })
        }
    })
}

/// One of another configuration that the tool removed the predecessor for and then could not finish, because ours was in its way: it takes the
/// predecessor's place, and is named and started as that one would be.
pub fn finish(n: usize, member: &Member, view: &MemberView) -> Option<Step> {
    let found = unfinished(member, view).filter(|_| view.predecessor.is_none())?;
    Some(Step::Write(Change::TakeForPredecessor { member: n, found: found.clone() }))
}

/// True if what became of the unit is what a person wanted: nothing of it is started, and what they made is not touched.
pub fn is_settled(failure: &Failure, member: &Member, view: &MemberView) -> bool {
    if unfinished(member, view).is_some() {
        return false;
    }
    let is_given_up = matches!(failure, Failure::Withdrawn { why: Withdrawal::Replaced | Withdrawal::TakenAway });
    let is_other = matches!(view.replacement, Some(Replacement::Other(_)));
    is_other || is_given_up && (view.predecessor.is_none() || view.replacement.is_some())
}

fn unfinished<'a>(member: &Member, view: &'a MemberView) -> Option<&'a Container> {
    match view.replacement.as_ref()? {
        Replacement::Other(found) => Some(found).filter(|found| found.name() != member.name),
        Replacement::Same(_) => None,
    }
}
