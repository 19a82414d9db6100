//! The next step of a rotation, from what was meant and what is seen. Pure and total: no I/O, no clock.
//!
//! The one invariant: `Start(x)` is returned only if the other container of that member is absent, was never started, or is stopped with
//! policy `no` (see `hand_over`).

mod back;
mod forward;
mod hand_over;
mod kept;
mod prepare;
mod replaced;
mod service;

use super::{Act, Change, Failure, Goal, ImagesView, Member, MemberView, Observed, Record, Refused, Role, Stage, Step};

/// The next step. An act without an answer is repeated before anything else: it may still land (`stop` beside a `start` in flight answers at
/// once, and the start lands afterwards; seen on Docker 26.1 and 28.5).
pub fn decide(record: &Record, observed: &Observed) -> Step {
    if let Some(act) = &observed.unanswered {
        return Step::Act(act.clone());
    }
    if let Some(step) = service::step(record, observed) {
        return step;
    }
    match (record.stage, &record.goal) {
        (Stage::Preparing, Goal::Forward) => prepare::pull(record, observed),
        (Stage::Creating, Goal::Forward) => prepare::create(record, observed),
        (Stage::Switching, Goal::Forward) => forward::step(record, observed),
        (Stage::Preparing | Stage::Creating, Goal::Back { failure }) => back::undo(record, observed, failure),
        (Stage::Switching, Goal::Back { failure }) => back::step(record, observed, failure),
        (Stage::Kept, Goal::Forward | Goal::Back { .. }) => kept::step(record, observed),
        (Stage::Closed, Goal::Forward | Goal::Back { .. }) => Step::Done,
    }
}

/// A member whose images were looked at.
struct Looked<'a> {
    member: &'a Member,
    view: &'a MemberView,
    images: &'a ImagesView,
}

/// All members; none if the images of one were not looked at.
fn looked<'a>(record: &'a Record, observed: &'a Observed) -> Option<Vec<Looked<'a>>> {
    let members = record.members.iter().zip(&observed.members);
    members.map(|(member, view)| Some(Looked { member, view, images: view.images.as_ref()? })).collect()
}

/// The act, or what follows if the engine has refused it to this process.
fn attempt(observed: &Observed, act: Act, on_refusal: impl FnOnce(&Refused) -> Step) -> Step {
    match refusal(observed, &act) {
        Some(refused) => on_refusal(refused),
        None => Step::Act(act),
    }
}

/// The act, unless it was refused: for what may stay undone.
fn attempt_once(observed: &Observed, act: Act) -> Option<Step> {
    refusal(observed, &act).is_none().then_some(Step::Act(act))
}

fn refusal<'a>(observed: &'a Observed, act: &Act) -> Option<&'a Refused> {
    observed.refused.iter().find(|refused| refused.act == *act)
}

/// What is still to be done to a container before it is what its create asked for: an engine may take one network a create.
fn connect(member: usize, role: Role, view: &MemberView) -> Option<Act> {
    view.missing_networks.first().map(|network| Act::Connect { member, role, network: network.clone() })
}

/// The tag moves only with the old image pinned: it may have no other name. A pin is gone with a prune, or with a way back that could not be written
/// down.
fn move_tag(observed: &Observed, n: usize, member: &Member, images: &ImagesView) -> Step {
    let is_pinned = images.pin.as_ref() == Some(&member.old_image);
    let act = if is_pinned { Act::MoveTag { member: n } } else { Act::Pin { member: n } };
    attempt(observed, act, act_refused)
}

/// True if it is not to be started yet: one that it requires is among the `unwell`. Who asks this process to stop wants all of them up.
fn is_to_wait(observed: &Observed, member: &Member, unwell: &[&Member]) -> bool {
    !observed.is_interrupted && unwell.iter().any(|other| member.requires(other))
}

/// Back, for the sake of this one: of several it is noted before.
fn turn_back_for(record: &Record, member: usize, failure: Failure) -> Step {
    let is_to_note = record.members.len() > 1 && record.failed_member != Some(member);
    if is_to_note { Step::Write(Change::NoteFailed { member }) } else { turn_back(failure) }
}

fn turn_back(failure: Failure) -> Step {
    Step::Write(Change::TurnBack { failure })
}

fn act_refused(refused: &Refused) -> Step {
    turn_back(Failure::ActRefused { act: refused.act.to_string(), message: refused.message.clone() })
}
