//! What a change does to the record: made by the record itself, then read back into a moment.

use rotate::rotation::{Change, Failure, GateFailure, Goal, Outcome, Record, Stage as Real, Withdrawal};

use super::look::{Lens, image};
use super::moment::{Aim, Ill, Img, Keep, Moment, NEW, OLD, Process, Seen, Stage};

impl<const N: usize> Lens<N> {
    /// The moment after a durable change. The lens must be turned to `moment`.
    pub fn written(&self, moment: &Moment<N>, change: &Change) -> Moment<N> {
        let mut record = self.record.clone();
        record.apply(change);
        let mut after = *moment;
        self.read(&record, &mut after);
        match change {
            Change::AdoptReplacement { member, .. } => {
                let place = &mut after.places[*member];
                assert!(place.bodies[NEW].is_none(), "{} already has a new container", self.record);
                (place.bodies[NEW], place.is_adopted) = (place.theirs.take().map(|theirs| theirs.body), true);
                (place.seen[NEW], place.has_new_run) = (Seen::Nothing, false);
                after.process.refused = 0;
            }
            Change::TakeForPredecessor { member, .. } => {
                let place = &mut after.places[*member];
                (place.bodies[OLD], place.is_again) = (place.theirs.take().map(|theirs| theirs.body), false);
                place.seen[OLD] = Seen::Nothing;
                after.process.refused = 0;
            }
            Change::AdoptPredecessor { member, .. } => after.places[*member].is_again = false,
            _ => {}
        }
        if moment.paper.aim != after.paper.aim {
            after.places.iter_mut().for_each(|place| place.seen = [Seen::Nothing; 2]);
        }
        after
    }

    fn read(&self, record: &Record, after: &mut Moment<N>) {
        let paper = &mut after.paper;
        paper.stage = match record.stage {
            Real::Preparing => Stage::Preparing,
            Real::Creating => Stage::Creating,
            Real::Switching => Stage::Switching,
            Real::Kept => Stage::Kept,
            Real::Closed => Stage::Closed,
        };
        paper.aim = match &record.goal {
            Goal::Forward => Aim::Forward,
            Goal::Back { failure } => aim(failure),
        };
        paper.starts = record.starts;
        paper.is_own = record.agent == self.observed.agent;
        paper.is_this_boot = record.boot == self.observed.boot;
        paper.keep = match record.keep_until {
            None => Keep::Unset,
            Some(until) if until <= self.observed.at => Keep::Past,
            Some(_) => Keep::Future,
        };
        paper.late = record.late.as_ref().map(ill);
        paper.has_log = record.log.is_some();
        paper.failed = record.failed_member.and_then(|n| u8::try_from(n).ok());
        paper.has_failed_rollback = record.failed_rollback.is_some();
        paper.has_stayed = matches!(record.outcome, Some(Outcome::Stayed { .. }));
        for (n, (member, place)) in record.members.iter().zip(&mut after.places).enumerate() {
            let known = |id| [Img::Old, Img::New, Img::Third].into_iter().find(|known| image(*known, n) == id).expect("a known image");
            place.is_adopted = member.successor.is_some();
            place.is_pulled = member.new_image.is_some();
            place.tag_before = member.tag_before.clone().map(known);
            place.old_image = known(member.old_image.clone());
            place.is_born = !member.volumes_born.is_empty();
        }
        if paper.stage == Stage::Closed {
            // Nothing is decided any more: what is remembered does not matter.
            after.process = Process::default();
        }
    }
}

/// Failures that `decide` treats alike: by what it does if there is no way back, and by whom it blames.
fn aim(failure: &Failure) -> Aim {
    match failure {
        Failure::Requested | Failure::Late { .. } => Aim::Wish,
        Failure::Withdrawn { why: Withdrawal::Replaced | Withdrawal::TakenAway } => Aim::GivenUp,
        _ if failure.refuses_digest() => Aim::Blamed,
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
        | Failure::SuccessorGone => Aim::Blameless,
    }
}

fn ill(why: &GateFailure) -> Ill {
    match why {
        GateFailure::Exited { .. } => Ill::Exited,
        GateFailure::OutOfMemory => Ill::Memory,
        GateFailure::Restarted { .. } => Ill::Restarted,
        GateFailure::Unhealthy => Ill::Unhealthy,
        GateFailure::Probe { .. } => Ill::Probe,
        GateFailure::Deadline { .. } => Ill::Deadline,
        GateFailure::Sibling { why, .. } => ill(why),
    }
}
