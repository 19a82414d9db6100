//! Forward: the tag moves, the unit is restarted, and the container that it makes proves itself.

use std::time::Duration;

use super::{KILLED, Seen, TRIES};
use crate::engine::{has_timed_out, why_not_run};
use crate::model::Activity;
use crate::rotation::decide::forward::count;
use crate::rotation::decide::{act_refused, attempt, attempt_once, move_tag, prepare, refusal, turn_back};
use crate::rotation::{Act, Change, Failure, GateFailure, ImagesView, Purpose, Sibling, Step, Verdict, Withdrawal};

/// systemd's words for how a run of a unit ended (systemd.exec(5), `$SERVICE_RESULT`); the first one also while it is at it.
const SUCCESS: &str = "success";
const TIMEOUT: &str = "timeout";

/// Stage `Preparing`: nothing of ours was touched, and yet what was to be pulled may run. A unit that pulls by itself brings it with each start, a boot's
/// before any process of ours: it has to prove itself as if that had been us.
pub fn pull(seen: Seen<'_>, images: &ImagesView) -> Step {
    let Seen { record, observed, member, service, .. } = seen;
    let is_rotation = record.purpose == Purpose::Rotate;
    let new = images.new.as_ref().filter(|new| **new != member.old_image && !images.is_same);
    let Some(image) = new.filter(|_| is_rotation && seen.is_restarted(images)) else {
        // What it has pulled is known once it is up.
        let is_at_it = is_rotation && service.pulls && service.state.is_busy() && !service.is_late;
        return if is_at_it { seen.pause(None) } else { prepare::pull(record, observed) };
    };
    // With the tag the old image may have lost its last name. Without a pin it can still be pulled for the way back.
    let pin = (images.pin.as_ref() != Some(&member.old_image)).then_some(Act::Pin { member: 0 });
    if let Some(step) = pin.and_then(|act| attempt_once(observed, act)) {
        return step;
    }
    if member.new_image.as_ref() != Some(image) {
        return Step::Write(Change::Pulled { member: 0, image: image.clone() });
    }
    // What fails from here on concerns the others of the run, too.
    if observed.is_held_before_tag {
        return Step::Prepared;
    }
    // Its own pull has moved the tag in our stead: what is noted is where that was in the beginning. Noted as it is now, it would be taken for a person's, and
    // stay there.
    Step::Write(Change::EnterCreating { tags: vec![member.tag_before.clone()] })
}

/// Stage `Creating`: the unit is kept from pulling, what its restart will stop is noted, and the tag moves. It is up with the old image.
pub fn ready(seen: Seen<'_>, images: &ImagesView) -> Step {
    let Seen { record, observed, member, service, .. } = seen;
    let names: Vec<String> = service.dependents.iter().map(|dependent| dependent.name.clone()).collect();
    // It has to prove itself as if that had been us. Those that are up with it now go down with it on the way back, if none was noted before.
    if record.purpose == Purpose::Rotate && seen.is_restarted(images) {
        if record.dependents().is_empty() && !names.is_empty() {
            return Step::Write(Change::NoteDependents { names, siblings: record.siblings().to_vec() });
        }
        // A way back that could not be written down had come as far, or a person moved it: what is proved here its next start would not bring.
        let is_tag_back = member.tag().is_some() && images.tag.as_ref() == Some(&member.old_image);
        return match is_tag_back {
            true => turn_back(Failure::Withdrawn { why: Withdrawal::TagMoved }),
            // In the switch, one that is kept on the old image is on its way back.
            false => let_go(seen).unwrap_or_else(|| seen.enter()),
        };
    }
    if let Some(why) = prepare::withdrawal(record, observed) {
        return turn_back(Failure::Withdrawn { why });
    }
    if record.purpose == Purpose::DryRun {
        return turn_back(Failure::Withdrawn { why: Withdrawal::DryRun });
    }
    if service.pulls {
        let act = Act::WriteDropIn { member: 0 };
        let message = refusal(observed, &act).map_or_else(|| "its unit pulls all the same".to_owned(), |no| no.message.clone());
        return seen.pin().unwrap_or_else(|| turn_back(Failure::ActRefused { act: act.to_string(), message }));
    }
    let siblings = seen.well_siblings();
    if record.dependents() != names || record.siblings() != siblings {
        return Step::Write(Change::NoteDependents { names, siblings });
    }
    if member.tag().is_some() && images.tag != member.new_image {
        if images.tag.is_some() && images.tag != member.tag_before {
            return turn_back(Failure::Withdrawn { why: Withdrawal::TagMoved });
        }
        return move_tag(observed, 0, member, images);
    }
    let_go(seen).unwrap_or_else(|| seen.enter())
}

/// One that was kept on an image follows its own tag again.
fn let_go(seen: Seen<'_>) -> Option<Step> {
    let act = Act::WriteDropIn { member: 0 };
    if !seen.service.stays {
        return None;
    }
    if seen.service.is_pinned {
        let message = "its unit starts from another image all the same".to_owned();
        return Some(turn_back(Failure::ActRefused { act: act.to_string(), message }));
    }
    Some(attempt(seen.observed, act, act_refused))
}

/// Stage `Switching`, goal forward.
pub fn step(seen: Seen<'_>) -> Step {
    let Seen { record, observed, view, service, .. } = seen;
    match loops(seen) {
        None => return Step::LookAtImages,
        Some(true) => return fail(seen, GateFailure::Restarted { times: service.restarts, code: service.state.exit_code }),
        Some(false) => {}
    }
    if service.is_down() && (service.asked > 0 || view.has_successor_run) {
        return down(seen);
    }
    let Some(successor) = view.successor.as_ref().filter(|_| !service.is_down()) else { return bring_up(seen) };
    // A boot has started it, before any process of ours.
    if record.boot != observed.boot {
        return count(record, observed, |failure| back(seen, failure));
    }
    match successor.verdict(observed.now) {
        // What an exit means is told by what becomes of the unit: a container that a person restarts exits, too.
        // What is played need not take its unit along.
        Verdict::Failed(GateFailure::Exited { .. }) if service.state.plays().is_none() || !service.is_up() => wait(seen, None),
        Verdict::Failed(why) => fail(seen, why),
        Verdict::Passed if service.is_up() => sibling(seen).or_else(|| seen.dependent()).unwrap_or_else(|| prove(seen)),
        Verdict::Passed => wait(seen, None),
        Verdict::Pending { until } => wait(seen, Some(until)),
    }
}

/// What is to be done for what the unit makes beside the new image, before that is proved: all of it is as well as before, or all goes back.
fn sibling(seen: Seen<'_>) -> Option<Step> {
    let of = |sibling: &Sibling| match sibling.verdict(seen.observed.now) {
        Verdict::Passed => None,
        Verdict::Failed(why) => Some(fail(seen, GateFailure::Sibling { name: sibling.name.clone(), why: Box::new(why) })),
        Verdict::Pending { .. } if sibling.view.is_none() && seen.service.is_late => {
            let why = Box::new(GateFailure::Deadline { seconds: seen.service.limit_seconds, last_probe: None });
            Some(fail(seen, GateFailure::Sibling { name: sibling.name.clone(), why }))
        }
        Verdict::Pending { until } => Some(wait(seen, sibling.view.is_some().then_some(until))),
    };
    seen.service.siblings.iter().find_map(of)
}

/// True if systemd restarts the new image again and again; none if only the images tell.
fn loops(seen: Seen<'_>) -> Option<bool> {
    let Seen { member, view, service, .. } = seen;
    if service.restarts == 0 || view.successor.is_some() || service.asked > 0 {
        return Some(service.restarts > 0);
    }
    // What an earlier process has started loops as well: each of its starts brings what the tag points to.
    let is_gone = view.predecessor.is_none() && view.stranger.is_none();
    if is_gone { Some(view.images.as_ref()?.tag == member.new_image) } else { Some(false) }
}

/// No container runs the new image: the unit has not been restarted, or is at it.
fn bring_up(seen: Seen<'_>) -> Step {
    let Seen { record, observed, member, view, service } = seen;
    // What an earlier process, or a person, asked for.
    if service.state.is_busy() && (service.asked > 0 || !service.is_late) {
        return wait(seen, None);
    }
    if view.stranger.is_some() {
        return turn_back(Failure::Withdrawn { why: Withdrawal::Replaced });
    }
    if service.asked > 0 {
        return match view.predecessor {
            Some(_) => turn_back(Failure::Withdrawn { why: Withdrawal::TagMoved }),
            None => wait(seen, None),
        };
    }
    let Some(images) = &view.images else { return Step::LookAtImages };
    // A way back that could not be written down has come as far, or a person wants it back: gone forward from there, each run would stop the unit for as
    // long as nothing can be written. Where a rollback has failed, it is the new image that is taken back.
    let is_tag_back = member.tag().is_some() && images.tag.as_ref() == Some(&member.old_image);
    if (is_tag_back || service.stays) && record.failed_rollback.is_none() {
        return turn_back(Failure::Withdrawn { why: Withdrawal::AlreadyBack });
    }
    if member.tag().is_some() && images.tag != member.new_image {
        return move_tag(observed, 0, member, images);
    }
    if let Some(step) = let_go(seen) {
        return step;
    }
    let act = Act::RestartService { member: 0 };
    if refusal(observed, &act).is_some() || record.agent == observed.agent {
        return attempt(observed, act, act_refused);
    }
    count(record, observed, |failure| back(seen, failure))
}

/// The unit went down after its restart, and systemd does not try again.
fn down(seen: Seen<'_>) -> Step {
    let state = &seen.service.state;
    // A pod stops with its last member, and systemd drops the start that waits for it («Bound to unit …, but unit isn't active», seen on 5.4.2 each
    // time). The next one brings up both.
    if !seen.service.is_started && seen.service.asked > 0 {
        let act = Act::RestartService { member: 0 };
        if seen.service.asked < TRIES {
            return attempt(seen.observed, act, act_refused);
        }
        let message = format!("{} is {}, and systemd has dropped its start {TRIES} times", state.name, state.activity);
        return back(seen, Failure::ActRefused { act: act.to_string(), message });
    }
    // What is played may have ended otherwise than its unit.
    let is_oneshot = seen.record.terms.is_oneshot && seen.view.has_successor_run && state.plays().is_none();
    match state.exit_code {
        Some(0) | None if is_oneshot && state.activity == Activity::Inactive => seen.dependent().unwrap_or_else(|| prove(seen)),
        code => fail(seen, GateFailure::Exited { code: code.unwrap_or(KILLED) }),
    }
}

fn prove(seen: Seen<'_>) -> Step {
    // From here on the unit does what its own files say.
    let drop_in = seen.service.has_drop_in.then_some(Act::RemoveDropIn { member: 0 });
    let change = Change::Prove { keep_until: seen.record.keep_from(seen.observed.at) };
    let removal = drop_in.and_then(|act| attempt_once(seen.observed, act));
    removal.or_else(|| seen.leave_drop_in()).unwrap_or(Step::Write(change))
}

fn wait(seen: Seen<'_>, until: Option<Duration>) -> Step {
    let service = seen.service;
    // Stopping still, or waiting for others that come up before it (a user's wait for the network; seen for 91 s), or for the engine's store, which another
    // hand holds: nothing of the image has been started. What has failed is on its way up for another time.
    let is_at_another = service.state.activity == Activity::Activating && service.state.result != SUCCESS;
    let has_begun = seen.view.has_successor_run || seen.view.successor.is_some() || is_at_another;
    if service.is_late && until.is_none() && !has_begun && service.state.is_busy() {
        let message = format!("{} is still {} with a job after {} s", service.state.name, service.state.activity, service.limit_seconds);
        return back(seen, Failure::ActRefused { act: Act::RestartService { member: 0 }.to_string(), message });
    }
    if service.is_late && until.is_none() {
        return fail(seen, GateFailure::Deadline { seconds: seen.service.limit_seconds, last_probe: None });
    }
    seen.pause(until)
}

fn fail(seen: Seen<'_>, why: GateFailure) -> Step {
    back(seen, Failure::Gate { why })
}

/// Back, with the last log lines; one that has run stays if its policy says so.
fn back(seen: Seen<'_>, failure: Failure) -> Step {
    let Seen { record, observed, view, .. } = seen;
    let Some(log) = &record.log else { return read_log(seen, &failure) };
    let failure = not_run(seen, &failure, log).unwrap_or(failure);
    if record.terms.stays && view.has_successor_run {
        let stay = Step::Write(Change::Stay { failure, keep_until: record.keep_from(observed.at) });
        return seen.dependent().unwrap_or(stay);
    }
    turn_back(failure)
}

/// The last log lines of what has failed.
fn read_log(seen: Seen<'_>, failure: &Failure) -> Step {
    let Failure::Gate { why: GateFailure::Sibling { name, .. } } = failure else { return seen.read_log() };
    let view = seen.service.siblings.iter().find(|sibling| sibling.name == *name).and_then(|sibling| sibling.view.as_ref());
    view.map_or_else(|| seen.read_log(), |view| Step::ReadLog { successor: view.id.clone() })
}

/// Where the container could not be run at all, what there was about it: a taken port is not the image's fault, nor is a store that another hand holds until
/// systemd gives the start up.
fn not_run(seen: Seen<'_>, failure: &Failure, log: &[String]) -> Option<Failure> {
    let is_exit = matches!(failure, Failure::Gate { why: GateFailure::Exited { .. } | GateFailure::Restarted { .. } });
    if !is_exit || seen.view.has_successor_run {
        return None;
    }
    let state = &seen.service.state;
    if let Some((refusal, message)) = why_not_run(log, &state.name, state.exit_code) {
        return Some(Failure::StartRefused { refusal, message });
    }
    let is_late = state.result == TIMEOUT || state.result == SUCCESS && has_timed_out(log, &state.name);
    let message = format!("systemd has given up a start of {}, of which nothing had run by then", state.name);
    is_late.then(|| Failure::ActRefused { act: Act::RestartService { member: 0 }.to_string(), message })
}
