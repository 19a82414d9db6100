//! Back: the tag points to the old image, the unit is restarted, and the container that it makes proves itself. Then what the rotation made is cleared away.

use std::time::Duration;

use super::{Seen, TRIES};
use crate::model::{Activity, DropInKind, Service};
use crate::rotation::decide::back::{give_up, is_tag_lost};
use crate::rotation::decide::{attempt, attempt_once};
use crate::rotation::{Act, Change, Failure, GateFailure, ImagesView, Refused, Stage, Step, StuckReason, Verdict};

/// Goal back, before the proof.
pub fn step(seen: Seen<'_>, images: &ImagesView, failure: &Failure) -> Step {
    let Seen { record, observed, member, view, service } = seen;
    // Nothing of ours was restarted, or made others restart it.
    if record.stage < Stage::Switching {
        return if record.stage == Stage::Creating && seen.is_restarted(images) { seen.enter() } else { clear(seen, images, failure) };
    }
    // A person made something else of the unit; a tag that they moved as well stays where it is.
    let is_another = view.stranger.is_some() && service.asked == 0;
    if is_another && images.tag != member.new_image {
        return clear(seen, images, failure);
    }
    // It may be out of sight for a moment: once in three runs beside others that came and went it was not seen to start from our tag, right after it had
    // been (5.4.2). To move the tag for that would take it from those who have proved it.
    if service.has_asked_to_stay && !service.state.is_loaded() && !service.is_late {
        return seen.pause(None);
    }
    if let Some(step) = tag(seen, images, failure) {
        return step;
    }
    // What failed runs on, and no restart can be asked for.
    if !service.state.is_loaded() && view.successor.is_some() {
        return give_up(observed, failure, StuckReason::PredecessorRefused { message: how_it_stands(seen) });
    }
    // Its files were edited in the meantime: with the tag at the old image it comes up with another one, once more.
    if view.stranger.is_some() && service.is_up() && service.asked > 1 {
        return seen.dependent().unwrap_or_else(|| clear(seen, images, failure));
    }
    // A person took the unit away.
    if is_another || !service.state.is_loaded() {
        return clear(seen, images, failure);
    }
    // A run that is over is its proof, and its container went with it.
    if record.terms.is_oneshot && service.asked > 0 && (service.has_run || service.is_started) && has_ended_well(seen) {
        return seen.dependent().unwrap_or_else(|| clear(seen, images, failure));
    }
    let Some(old) = view.predecessor.as_ref().filter(|_| !service.is_down()) else { return restart(seen, failure) };
    if service.restarts > old.gate.restarts && service.asked > 0 {
        let why = GateFailure::Restarted { times: service.restarts, code: service.state.exit_code };
        return give_up(observed, failure, StuckReason::PredecessorSick { why });
    }
    match old.verdict(observed.now) {
        // As on the way forward.
        Verdict::Failed(GateFailure::Exited { .. }) if service.state.plays().is_none() || !service.is_up() => wait(seen, failure, None),
        Verdict::Failed(why) => give_up(observed, failure, StuckReason::PredecessorSick { why }),
        Verdict::Passed if service.is_up() => seen.dependent().unwrap_or_else(|| clear(seen, images, failure)),
        Verdict::Passed => wait(seen, failure, None),
        Verdict::Pending { until } => wait(seen, failure, Some(until)),
    }
}

/// First of all: from here on each start of the unit, by whomever, brings the old image.
fn tag(seen: Seen<'_>, images: &ImagesView, failure: &Failure) -> Option<Step> {
    let Seen { observed, member, service, .. } = seen;
    if images.old.is_none() {
        return Some(match member.old_digest {
            Some(_) => attempt(observed, Act::PullOld { member: 0 }, |no| stuck(seen, failure, no)),
            None => give_up(observed, failure, StuckReason::NothingLeft),
        });
    }
    // Others have proved what the tag points to, or a person put it there before: this unit is kept from it by itself.
    if let Some(step) = stay(seen, is_theirs(seen) || is_others(seen)) {
        return Some(step);
    }
    if is_to_return(seen, images) {
        return Some(attempt(observed, Act::TagBack { member: 0 }, |no| stuck(seen, failure, no)));
    }
    if !service.stays && member.tag().is_some() && images.tag.as_ref() != Some(&member.old_image) {
        return Some(attempt(observed, Act::TagOld { member: 0 }, |no| stuck(seen, failure, no)));
    }
    if service.pulls { seen.pin() } else { None }
}

/// The tag is where this rotation has put it.
fn is_moved(seen: Seen<'_>, images: &ImagesView) -> bool {
    let member = seen.member;
    let is_there = member.new_image.is_some() && images.tag == member.new_image;
    is_there && member.tag_before != member.new_image && member.tag().is_some()
}

/// The unit does without the tag, and nobody else has proved what this rotation made of it.
fn is_to_return(seen: Seen<'_>, images: &ImagesView) -> bool {
    seen.record.stage >= Stage::Creating && seen.service.stays && !seen.service.is_shared && is_moved(seen, images)
}

/// A person made the tag point to the new image before the rotation, and a drop-in can keep the unit from it.
fn is_theirs(seen: Seen<'_>) -> bool {
    let has_place = |service: &Service| service.drop_ins.iter().any(|drop_in| drop_in.kind == DropInKind::Container);
    seen.member.tag_before.is_some() && seen.member.tag_before == seen.member.new_image && seen.record.service().is_some_and(has_place)
}

/// What the tag points to runs elsewhere, or was refused here before.
fn is_others(seen: Seen<'_>) -> bool {
    seen.service.is_shared || seen.member.has_stayed()
}

/// None if it stays, need not, or cannot: Quadlet of Podman before 5 has no drop-ins, and one must not begin to count with the next version.
fn stay(seen: Seen<'_>, is_wanted: bool) -> Option<Step> {
    let Seen { observed, service, .. } = seen;
    if service.stays || !service.state.is_loaded() || !is_wanted {
        return None;
    }
    if !service.has_asked_to_stay {
        return attempt_once(observed, Act::Stay { member: 0 });
    }
    let is_vain = service.has_drop_in && !service.pulls;
    is_vain.then(|| attempt_once(observed, Act::RemoveDropIn { member: 0 })).flatten()
}

/// No container runs the old image, or the unit is down.
fn restart(seen: Seen<'_>, failure: &Failure) -> Step {
    let Seen { record, observed, view, service, .. } = seen;
    // A later pass tries what an earlier one gave up once, as it starts a container once. What is on its way up by then is not begun again.
    let is_again = service.was_asked && view.successor.is_none();
    if (service.asked > 0 || is_again) && service.state.is_busy() {
        return wait(seen, failure, None);
    }
    if service.asked >= if is_again { 1 } else { TRIES } {
        return give_up(observed, failure, StuckReason::PredecessorRefused { message: how_it_stands(seen) });
    }
    if record.log.is_none() && view.successor.is_some() {
        return seen.read_log();
    }
    if record.service().is_some_and(|service| service.is_to_note) {
        return seen.note_dependents();
    }
    attempt(observed, Act::RestartService { member: 0 }, |no| stuck(seen, failure, no))
}

fn has_ended_well(seen: Seen<'_>) -> bool {
    let state = &seen.service.state;
    seen.service.is_down() && state.activity == Activity::Inactive && state.exit_code.is_none_or(|code| code == 0)
}

/// Clears away what the rotation made, and closes the record. The drop-in stays where what was refused would come back by itself.
fn clear(seen: Seen<'_>, images: &ImagesView, failure: &Failure) -> Step {
    let Seen { record, observed, member, view, service } = seen;
    let is_untouched = record.stage == Stage::Creating && member.new_image.as_ref() != Some(&member.old_image);
    if is_untouched && let Some(step) = stay(seen, is_others(seen)) {
        return step;
    }
    // The next start brings what the tag points to: not given up before it points back.
    if is_untouched && is_moved(seen, images) || is_to_return(seen, images) || is_tag_lost(record, member, view, images) {
        return attempt(observed, Act::TagBack { member: 0 }, |no| stuck(seen, failure, no));
    }
    let stays = failure.refuses_digest() || record.was_pinned() || service.stays;
    let drop_in = (service.has_drop_in && !stays).then_some(Act::RemoveDropIn { member: 0 });
    let unpin = images.pin.is_some().then_some(Act::Unpin { member: 0 });
    let is_spare = failure.refuses_digest() && member.is_pulled && !images.is_new_tagged;
    let new = images.new.clone().filter(|image| is_spare && *image != member.old_image).map(|image| Act::RemoveImage { image });
    let acts = [drop_in, unpin, new];
    let act = acts.into_iter().flatten().find_map(|act| attempt_once(observed, act));
    act.or_else(|| if stays { None } else { seen.leave_drop_in() }).unwrap_or(Step::Write(Change::Close))
}

fn wait(seen: Seen<'_>, failure: &Failure, until: Option<Duration>) -> Step {
    if seen.service.is_late && until.is_none() {
        return give_up(seen.observed, failure, StuckReason::PredecessorRefused { message: how_it_stands(seen) });
    }
    seen.pause(until)
}

fn stuck(seen: Seen<'_>, failure: &Failure, no: &Refused) -> Step {
    give_up(seen.observed, failure, StuckReason::ActRefused { act: no.act.to_string(), message: no.message.clone() })
}

fn how_it_stands(seen: Seen<'_>) -> String {
    let state = &seen.service.state;
    let load = if state.is_loaded() { String::new() } else { format!(", its files are {}", state.load) };
    format!("{} is {}{load}, and systemd says of it: {}", state.name, state.activity, state.result)
}
