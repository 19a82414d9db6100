//! Forward, before the switch: pin, pull, move the tag, create, compare. The predecessor runs and is not touched.

use super::{Looked, act_refused, attempt, connect, looked, move_tag, replaced, turn_back, turn_back_for};
use crate::model::Status;
use crate::rotation::{Act, Change, Failure, Observed, Purpose, Record, Refused, Role, Step, Withdrawal};

/// Stage `Preparing`.
pub fn pull(record: &Record, observed: &Observed) -> Step {
    if let Some(why) = withdrawal(record, observed) {
        return turn_back(Failure::Withdrawn { why });
    }
    let Some(members) = looked(record, observed) else { return Step::LookAtImages };
    for (n, Looked { member, images, .. }) in members.iter().enumerate() {
        if record.purpose == Purpose::Rotate && images.pin.as_ref() != Some(&member.old_image) {
            return attempt(observed, Act::Pin { member: n }, act_refused);
        }
        if member.digest.is_none() {
            continue;
        }
        match (&images.new, &member.new_image) {
            (None, _) => {
                return attempt(observed, Act::Pull { member: n }, |no| {
                    turn_back_for(record, n, Failure::PullFailed { message: no.message.clone() })
                });
            }
            (Some(image), _) if images.is_same || *image == member.old_image => {
                return turn_back_for(record, n, Failure::Withdrawn { why: Withdrawal::SameImage });
            }
            (Some(image), known) if known.as_ref() != Some(image) => {
                if let Some(platform) = &images.foreign {
                    return turn_back_for(record, n, Failure::OtherPlatform { platform: platform.clone() });
                }
                return Step::Write(Change::Pulled { member: n, image: image.clone() });
            }
            (Some(_), _) => {}
        }
    }
    if observed.is_held_before_tag {
        return Step::Prepared;
    }
    Step::Write(Change::EnterCreating { tags: members.iter().map(|seen| seen.images.tag.clone()).collect() })
}

/// Stage `Creating`.
pub fn create(record: &Record, observed: &Observed) -> Step {
    // Another run may have begun this: what a tool made of it since then is looked at before it is undone.
    let mut views = observed.members.iter().enumerate().filter(|_| record.purpose == Purpose::Rotate);
    if let Some(step) = views.find_map(|(n, view)| replaced::forward(observed, n, view)) {
        return step;
    }
    let Some(members) = looked(record, observed) else { return Step::LookAtImages };
    if let Some(act) = in_flight(record, observed, &members) {
        let n = act.member().unwrap_or_default();
        return attempt(observed, act, |no| create_refused(record, n, no));
    }
    if let Some(why) = withdrawal(record, observed) {
        return turn_back(Failure::Withdrawn { why });
    }
    for (n, Looked { member, view, images }) in members.iter().enumerate() {
        let moves_tag = record.purpose == Purpose::Rotate && member.tag().is_some();
        if moves_tag && images.tag != member.new_image {
            if images.tag.is_some() && (images.tag != member.tag_before || member.digest.is_none()) {
                return turn_back_for(record, n, Failure::Withdrawn { why: Withdrawal::TagMoved });
            }
            return move_tag(observed, n, member, images);
        }
        let Some(successor) = &view.successor else {
            if member.successor.is_some() {
                return turn_back(Failure::SuccessorGone);
            }
            return attempt(observed, Act::Create { member: n }, |no| create_refused(record, n, no));
        };
        if let Some(act) = connect(n, Role::Successor, view) {
            return attempt(observed, act, |no| create_refused(record, n, no));
        }
        let comparison = view.comparison.clone().unwrap_or_default();
        if member.successor.is_none() {
            return Step::Write(Change::Adopt {
                member: n,
                successor: successor.id.clone(),
                volumes_born: comparison.volumes_born,
                differences: comparison.all,
            });
        }
        if !comparison.unexplained.is_empty() {
            return turn_back_for(record, n, Failure::Unexplained { differences: comparison.unexplained });
        }
    }
    match record.purpose {
        Purpose::DryRun => turn_back(Failure::Withdrawn { why: Withdrawal::DryRun }),
        Purpose::Rotate => Step::Write(Change::EnterSwitching { agent: observed.agent.clone(), boot: observed.boot.clone() }),
    }
}

fn create_refused(record: &Record, member: usize, no: &Refused) -> Step {
    turn_back_for(record, member, Failure::CreateRefused { refusal: no.refusal, message: no.message.clone() })
}

/// A process that died may have left a create behind that lands later: a new one repeats it before it gives the rotation up.
fn in_flight(record: &Record, observed: &Observed, members: &[Looked<'_>]) -> Option<Act> {
    members.iter().enumerate().find_map(|(n, Looked { member, view, images })| {
        let is_next = record.purpose == Purpose::DryRun || member.tag().is_none() || images.tag == member.new_image;
        let is_unseen = member.successor.is_none() && view.successor.is_none() && view.predecessor.is_some();
        let is_asked = record.members[..n].iter().all(|before| before.successor.is_some());
        (record.agent != observed.agent && is_next && is_unseen && is_asked).then_some(Act::Create { member: n })
    })
}

/// Why a rotation that has touched nothing is given up. A new process undoes what an old one prepared: the digest may be an old one by now.
pub fn withdrawal(record: &Record, observed: &Observed) -> Option<Withdrawal> {
    if record.agent != observed.agent || observed.is_interrupted {
        return Some(Withdrawal::Interrupted);
    }
    if observed.is_run_stopped {
        return Some(Withdrawal::RunStopped);
    }
    record.members.iter().zip(&observed.members).find_map(|(member, view)| match &view.predecessor {
        None => Some(Withdrawal::PredecessorGone),
        Some(old) if old.name != member.name => Some(Withdrawal::PredecessorRenamed { to: old.name.clone() }),
        Some(old) if old.state.status != Status::Running => Some(Withdrawal::PredecessorNotRunning),
        Some(old) if old.policy != Some(member.policy) => Some(Withdrawal::PolicyChanged),
        Some(_) if view.required_at_rest.is_some() => view.required_at_rest.clone().map(|other| Withdrawal::RequiredNotRunning { other }),
        Some(_) if view.service.as_ref().is_some_and(|service| !service.is_ready()) => Some(Withdrawal::ServiceChanged),
        Some(_) => None,
    })
}
