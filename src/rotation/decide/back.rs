//! Back: the predecessor takes its name again and proves itself, then what the rotation made is cleared away.

use super::hand_over::HandOver;
use super::{Looked, attempt, attempt_once, connect, is_to_wait, kept, looked, refusal, replaced};
use crate::model::Status;
use crate::rotation::{
    Act, Change, ContainerView, Failure, ImagesView, Member, MemberView, Observed, Purpose, Record, Refused, Replacement, Role, Stage,
    Step, StuckReason, Verdict, Watch,
};

/// Stage `Switching`, goal back.
pub fn step(record: &Record, observed: &Observed, failure: &Failure) -> Step {
    let members = || record.members.iter().zip(&observed.members);
    if let Some(name) = apart(record, observed, failure) {
        return Step::Stuck { reason: StuckReason::Apart { name } };
    }
    let mut hand_overs = Vec::with_capacity(record.members.len());
    // One that nothing helps keeps those from nothing that do not require it.
    let (mut lost, mut stuck): (Vec<&Member>, Option<Step>) = (Vec::new(), None);
    for (n, (member, view)) in members().enumerate() {
        if let Some(step) = replaced::finish(n, member, view) {
            return step;
        }
        if let Some(predecessor) = view.predecessor.as_ref().filter(|predecessor| predecessor.id != member.predecessor) {
            return Step::Write(Change::AdoptPredecessor { member: n, id: predecessor.id.clone() });
        }
        if replaced::is_settled(failure, member, view) {
            continue;
        }
        if let Some(step) = replaced::adopt(observed, n, view, |no| stuck_on(view, no)) {
            return step;
        }
        let is_kept_back = lost.iter().any(|other| member.requires(other));
        let is_missing = !is_kept_back && view.predecessor.is_none();
        match is_missing.then(|| recreate(observed, failure, n, member, view)) {
            None => {}
            Some(step @ Step::Stuck { .. }) => stuck = stuck.or(Some(step)),
            Some(step) => return step,
        }
        let is_lost = is_kept_back || is_missing;
        if is_lost {
            lost.push(member);
        }
        if let Some(act) = connect(n, Role::Predecessor, view) {
            return attempt(observed, act, |no| stuck_on(view, no));
        }
        let hand_over = HandOver {
            member: n,
            name: &member.name,
            outgoing: view.successor.as_ref(),
            outgoing_role: Role::Successor,
            away: record.failed_name(member),
            incoming: view.predecessor.as_ref().filter(|_| !is_lost),
            policy: member.policy,
        };
        // What would start the one that another goes back to leaves with that, though nothing comes in its place.
        let goes_back = |other: &Member| lost.iter().all(|one| one.name != other.name);
        if !is_lost || record.members.iter().any(|other| member.requires(other) && goes_back(other)) {
            hand_overs.push((hand_over, member, view));
        }
    }
    // A second container of the service would be in the way of the tool.
    let settled = members().enumerate().rev().filter(|(_, (member, view))| replaced::is_settled(failure, member, view));
    let mut spare = settled.filter(|(_, (member, view))| kept::is_spare(record, member, view));
    if let Some(step) = spare.find_map(|(n, _)| attempt_once(observed, Act::Remove { member: n, role: Role::Predecessor })) {
        return step;
    }
    if let Some((act, view)) = hand_overs.iter().rev().find_map(|(hand_over, _, view)| Some((hand_over.leave()?, view))) {
        return attempt(observed, act, |no| stuck_on(view, no));
    }
    let (mut waits, mut unwell, mut sick) = (Vec::new(), Vec::new(), None);
    for (hand_over, member, view) in hand_overs {
        let Some(predecessor) = hand_over.incoming else { continue };
        if !predecessor.state.is_active() && lost.iter().any(|other| member.requires(other)) {
            lost.push(member);
            continue;
        }
        if !predecessor.state.is_active() && is_to_wait(observed, member, &unwell) {
            unwell.push(member);
            continue;
        }
        if let Some(act) = hand_over.come() {
            return attempt(observed, act, |no| stuck_on(view, no));
        }
        match start(observed, failure, hand_over.member, view, predecessor) {
            Some(step @ Step::Stuck { .. }) => {
                lost.push(member);
                stuck = stuck.or(Some(step));
                continue;
            }
            Some(step) => return step,
            None => {}
        }
        match predecessor.verdict(observed.now) {
            Verdict::Passed => {}
            Verdict::Pending { until } => {
                waits.push(until);
                unwell.extend((!predecessor.is_well_so_far(observed.now)).then_some(member));
            }
            // Whoever requires it ran beside it before, too.
            Verdict::Failed(why) => sick = sick.or(Some((view, StuckReason::PredecessorSick { why }))),
        }
    }
    match (waits.into_iter().min(), sick) {
        (Some(_), _) if observed.is_interrupted => Step::Leave,
        (Some(until), _) => Step::Wait { until },
        (None, Some((view, why))) => give_up_on(observed, failure, view, why),
        (None, None) => stuck.unwrap_or_else(|| undo(record, observed, failure)),
    }
}

/// Of several, the one in whose place another hand has put its own, if not all are such. What requires that one would start ours beside it, by its id, and
/// what it requires is ours that runs.
fn apart(record: &Record, observed: &Observed, failure: &Failure) -> Option<String> {
    let members = || record.members.iter().zip(&observed.members);
    let is_theirs = |(member, view): &(&Member, &MemberView)| {
        let is_made = view.stranger.is_some() || view.replacement.is_some();
        is_made && (view.replacement.is_none() || replaced::is_settled(failure, member, view))
    };
    let first = members().find(is_theirs)?;
    (!members().all(|both| is_theirs(&both))).then(|| first.0.name.clone())
}

/// Clears away what the rotation made, and closes the record. The predecessor serves: it was never touched, or has proved itself.
pub fn undo(record: &Record, observed: &Observed, failure: &Failure) -> Step {
    let Some(members) = looked(record, observed) else { return Step::LookAtImages };
    // Who requires another goes before it: no engine removes what is required.
    for (n, seen @ Looked { member, view, images }) in members.iter().enumerate().rev() {
        if let Some(step) = replaced::finish(n, member, view) {
            return step;
        }
        if let Some(step) = undo_member(record, observed, n, seen) {
            return step;
        }
        let unpin = images.pin.is_some().then_some(Act::Unpin { member: n });
        let is_spare = failure.refuses_digest() && member.is_pulled && !images.is_new_tagged;
        let new = images.new.clone().filter(|image| is_spare && *image != member.old_image).map(|image| Act::RemoveImage { image });
        if let Some(step) = [unpin, new].into_iter().flatten().find_map(|act| attempt_once(observed, act)) {
            return step;
        }
    }
    Step::Write(Change::Close)
}

fn undo_member(record: &Record, observed: &Observed, n: usize, seen: &Looked<'_>) -> Option<Step> {
    let Looked { member, view, .. } = seen;
    let back = tag_back(record, n, seen);
    // Where there was no tag before it goes, and no engine takes the last name from the image of a container: not before that one has gone.
    let (at_once, at_last) = if member.tag_before.is_some() { (back, None) } else { (None, back) };
    let tag_at_last = || at_last.and_then(|act| attempt_once(observed, act));
    if let Some(step) = at_once.and_then(|act| attempt_once(observed, act)) {
        return Some(step);
    }
    if let Some(successor) = &view.successor {
        if member.successor.is_none() {
            let seen = view.comparison.clone().unwrap_or_default();
            let (successor, volumes_born) = (successor.id.clone(), seen.volumes_born);
            return Some(Step::Write(Change::Adopt { member: n, successor, volumes_born, differences: seen.all }));
        }
        if successor.state.is_active() {
            return Some(attempt(observed, Act::Stop { member: n, role: Role::Successor }, |no| stuck_on(view, no)));
        }
        let is_at_fault = record.failed_member.is_none_or(|failed| failed == n);
        if successor.state.started_at.is_some() && record.log.is_none() && is_at_fault {
            return Some(Step::ReadLog { successor: successor.id.clone() });
        }
        // One that cannot be removed is in nobody's way; later runs report it.
        return attempt_once(observed, Act::Remove { member: n, role: Role::Successor }).or_else(tag_at_last);
    }
    let mut volumes = view.volumes_born.iter().map(|name| Act::RemoveVolume { name: name.clone() });
    volumes.find_map(|act| attempt_once(observed, act)).or_else(tag_at_last)
}

/// The tag goes back only if it still points to what we moved it to, and the tool has made nothing of it in the meantime: it would
/// make it anew from the old image; or if it was lost.
fn tag_back(record: &Record, n: usize, seen: &Looked<'_>) -> Option<Act> {
    let Looked { member, view, images } = seen;
    let is_moved = member.new_image.is_some() && images.tag == member.new_image && member.tag_before != member.new_image;
    let is_in_use = view.replacement.as_ref().is_some_and(|replacement| match replacement {
        Replacement::Same(_) => true,
        Replacement::Other(found) => Some(found.image_id()) == member.new_image,
    }) || member.new_image.as_ref() == Some(&member.old_image);
    let is_to_return = is_moved && !is_in_use && record.stage >= Stage::Creating;
    (is_to_return && member.tag().is_some() || is_tag_lost(record, member, view, images)).then_some(Act::TagBack { member: n })
}

/// A tag that was there and points to nothing: while our pin is the second name of the image of a running container, `image prune -a` takes either of them
/// (Docker 26.1), which it would not do to the only one. With the container a person may have taken away the tag, too.
pub fn is_tag_lost(record: &Record, member: &Member, view: &MemberView, images: &ImagesView) -> bool {
    let was_there = member.tag_before.is_some() && member.tag().is_some() && record.purpose == Purpose::Rotate;
    was_there && images.tag.is_none() && view.predecessor.is_some()
}

fn start(observed: &Observed, failure: &Failure, member: usize, view: &MemberView, predecessor: &ContainerView) -> Option<Step> {
    if predecessor.state.is_active() {
        return None;
    }
    let act = Act::Start { member, role: Role::Predecessor };
    if let Some(no) = refusal(observed, &act) {
        return Some(give_up_on(observed, failure, view, StuckReason::PredecessorRefused { message: no.message.clone() }));
    }
    let has_run_here = predecessor.watch.as_ref().is_some_and(Watch::is_evidence);
    if has_run_here && predecessor.state.status != Status::Created { None } else { Some(Step::Act(act)) }
}

/// Another hand removed the predecessor, or it was not kept: it is created again from its document and its pinned image.
fn recreate(observed: &Observed, failure: &Failure, n: usize, member: &Member, view: &MemberView) -> Step {
    // It could not have its name.
    if let Some(by) = &view.stranger {
        return give_up_on(observed, failure, view, StuckReason::NameTaken { by: by.short().to_owned() });
    }
    let Some(images) = &view.images else { return Step::LookAtImages };
    if member.original.document().is_null() || (images.old.is_none() && member.old_digest.is_none()) {
        return give_up_on(observed, failure, view, StuckReason::NothingLeft);
    }
    // A registry that is away comes back: what cannot be pulled now is not lost.
    if images.old.is_none() {
        return attempt(observed, Act::PullOld { member: n }, |no| give_up_on(observed, failure, view, refused(view, no)));
    }
    // It is created from the reference as typed, so the tag must point to the old image before, wherever it pointed.
    if member.tag().is_some() && images.tag.as_ref() != Some(&member.old_image) {
        return attempt(observed, Act::TagOld { member: n }, |no| stuck_on(view, no));
    }
    attempt(observed, Act::Recreate { member: n }, |no| stuck_on(view, no))
}

fn stuck_on(view: &MemberView, no: &Refused) -> Step {
    Step::Stuck { reason: refused(view, no) }
}

/// What a refused act means to a person: with neither container there it was to make the predecessor again, and nothing else.
fn refused(view: &MemberView, no: &Refused) -> StuckReason {
    let (act, message) = (no.act.to_string(), no.message.clone());
    match (&view.stranger, &view.predecessor, &view.successor) {
        (Some(by), _, _) => StuckReason::NameTaken { by: by.short().to_owned() },
        (None, None, None) => StuckReason::NotMadeAgain { act, message },
        (None, _, _) => StuckReason::ActRefused { act, message },
    }
}

/// To a successor that is still there.
fn give_up_on(observed: &Observed, failure: &Failure, view: &MemberView, why: StuckReason) -> Step {
    match view.successor {
        Some(_) => give_up(observed, failure, why),
        None => Step::Stuck { reason: why },
    }
}

/// A successor that had proved itself is better than nothing, also one that failed later.
pub fn give_up(observed: &Observed, failure: &Failure, why: StuckReason) -> Step {
    match failure {
        Failure::Requested | Failure::Late { .. } => {
            Step::Write(Change::GiveUpRollback { why, agent: observed.agent.clone(), boot: observed.boot.clone() })
        }
        Failure::Withdrawn { .. }
        | Failure::PullFailed { .. }
        | Failure::OtherPlatform { .. }
        | Failure::CreateRefused { .. }
        | Failure::Unexplained { .. }
        | Failure::StartRefused { .. }
        | Failure::ActRefused { .. }
        | Failure::Gate { .. }
        | Failure::StartsExhausted { .. }
        | Failure::NotRecorded { .. }
        | Failure::SuccessorGone => Step::Stuck { reason: why },
    }
}
