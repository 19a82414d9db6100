//! After the proof: the predecessor is kept for a while, then goes with the old image. Nothing goes that is not proved to be spare.

use super::attempt_once;
use crate::rotation::{Act, Change, Member, MemberView, Observed, Record, Role, Step};

/// Stage `Kept`.
pub fn step(record: &Record, observed: &Observed) -> Step {
    let is_past = record.keep_until.is_none_or(|until| observed.at >= until);
    let members = || record.members.iter().zip(&observed.members).enumerate();
    let spare = members().filter(|(_, (member, view))| (is_past || member.is_tool_owned) && is_spare(record, member, view));
    let mut removals = spare.map(|(n, _)| Act::Remove { member: n, role: Role::Predecessor });
    if let Some(step) = removals.find_map(|act| attempt_once(observed, act)) {
        return step;
    }
    if !is_past {
        return Step::Rest;
    }
    for (n, (member, view)) in members() {
        let unpin = view.images.pin.is_some().then_some(Act::Unpin { member: n });
        let is_unused = view.predecessor.is_none() && !view.images.is_old_tagged && member.new_image.as_ref() != Some(&member.old_image);
        let old = view.images.old.clone().filter(|_| is_unused).map(|image| Act::RemoveImage { image });
        if let Some(step) = [unpin, old].into_iter().flatten().find_map(|act| attempt_once(observed, act)) {
            return step;
        }
    }
    Step::Write(Change::Close)
}

/// Stopped, under the name that we gave it, while another container has the unit's name.
fn is_spare(record: &Record, member: &Member, view: &MemberView) -> bool {
    let is_replaced = view.stranger.is_some() || view.successor.as_ref().is_some_and(|new| new.name == member.name);
    view.predecessor.as_ref().is_some_and(|old| old.is_at_rest() && old.name == record.old_name(member)) && is_replaced
}
