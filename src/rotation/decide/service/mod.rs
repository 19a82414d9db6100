//! A member that systemd owns: the tag moves and its unit is restarted, in both directions. Who runs is told by the image, not by an id: each start
//! of the unit makes another container.
//!
//! Whatever is cut, one of the two can run: systemd goes on with a restart that it was asked for, the tag says what the next start brings, and the old
//! image is pinned.

mod back;
mod forward;

use std::time::Duration;

use super::{Looked, attempt_once};
use crate::model::{Activity, ContainerId, ImageId};
use crate::rotation::{
    Act, Change, Dependent, GateFailure, Goal, ImagesView, Late, Member, MemberView, Observed, Record, ServiceView, Sibling, Stage, Step,
    Verdict, late,
};

/// Between two looks while systemd is at it.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A unit that does not come up, or whose start systemd drops, is restarted this often: what is in its way, or what it waits for, may be another the
/// next time.
const TRIES: u32 = 3;

/// Record and look, of the one member that such a record has.
#[derive(Clone, Copy)]
struct Seen<'a> {
    record: &'a Record,
    observed: &'a Observed,
    member: &'a Member,
    view: &'a MemberView,
    service: &'a ServiceView,
}

/// The next step; none if systemd does not own the member, or the step is the same for those that it owns.
pub fn step(record: &Record, observed: &Observed) -> Option<Step> {
    let (member, view) = (record.members.first()?, observed.members.first()?);
    let seen = Seen { record, observed, member, view, service: view.service.as_ref()? };
    match (record.stage, &record.goal, &view.images) {
        (Stage::Kept | Stage::Closed, _, _) => None,
        (Stage::Switching, Goal::Forward, _) => Some(forward::step(seen)),
        (Stage::Preparing | Stage::Creating | Stage::Switching, _, None) => Some(Step::LookAtImages),
        (Stage::Preparing, Goal::Forward, Some(images)) => Some(forward::pull(seen, images)),
        (Stage::Creating, Goal::Forward, Some(images)) => Some(forward::ready(seen, images)),
        (Stage::Preparing | Stage::Creating | Stage::Switching, Goal::Back { failure }, Some(images)) => {
            Some(back::step(seen, images, failure))
        }
    }
}

/// How it is after its proof, where its container alone does not tell: that one goes with its process.
pub fn health(seen: &Looked<'_>, observed: &Observed) -> Option<Late> {
    let Looked { member, view, images } = seen;
    let service = view.service.as_ref()?;
    if let Some(successor) = &view.successor {
        return Some(late(successor, member.policy, observed.at, observed.now));
    }
    // Of several records of one unit only the one that the tag belongs to is concerned.
    let is_ours = view.stranger.is_none() && images.tag == member.new_image;
    Some(match service.state.activity {
        Activity::Failed if is_ours => Late::Failed(GateFailure::Exited { code: service.state.exit_code.unwrap_or(KILLED) }),
        Activity::Failed | Activity::Inactive | Activity::Activating | Activity::Deactivating => Late::Unclear,
        Activity::Active => Late::Well,
    })
}

/// What a shell says of a process that a signal ended for good.
const KILLED: i64 = 137;

impl Seen<'_> {
    /// The new image, noted or not, once it is there.
    fn new_image<'b>(&'b self, images: &'b ImagesView) -> Option<&'b ImageId> {
        self.member.new_image.as_ref().or(images.new.as_ref())
    }

    /// True if, before any restart of ours, another hand or a boot has restarted it with the tag where we had moved it, or its own pull. A person's stop
    /// is none.
    fn is_restarted(&self, images: &ImagesView) -> bool {
        let Seen { record, observed, member, view, service } = *self;
        let is_moved =
            self.new_image(images).is_some_and(|new| images.tag.as_ref() == Some(new) && member.tag_before.as_ref() != Some(new));
        let is_gone = view.predecessor.is_none() && view.stranger.is_none();
        // A tag that we have not moved says nothing of a unit that a boot has left down.
        let is_of_boot = record.stage > Stage::Preparing && record.boot != observed.boot;
        let is_down = matches!(service.state.activity, Activity::Failed | Activity::Activating) || is_of_boot;
        view.successor.is_some() || is_moved && is_gone && is_down
    }

    /// From here on the way back is a restart.
    fn enter(&self) -> Step {
        Step::Write(Change::EnterSwitching { agent: self.observed.agent.clone(), boot: self.observed.boot.clone() })
    }

    /// Its last log lines go with the container.
    fn read_log(&self) -> Step {
        let successor = self.view.successor.as_ref().map_or_else(|| ContainerId::new(self.member.name.as_str()), |new| new.id.clone());
        Step::ReadLog { successor }
    }

    /// The drop-in; none if it was refused, or this process wrote it and it did not help.
    fn pin(&self) -> Option<Step> {
        if self.service.is_pinned { None } else { attempt_once(self.observed, Act::WriteDropIn { member: 0 }) }
    }

    /// One that could not be removed is left to a later run, which has to know it for ours.
    fn leave_drop_in(&self) -> Option<Step> {
        let is_noted = self.record.service()?.leaves_drop_ins;
        (self.service.has_drop_in && !is_noted).then_some(Step::Write(Change::LeaveDropIn))
    }

    /// What is well beside the member now.
    fn well_siblings(&self) -> Vec<String> {
        self.service.siblings.iter().filter(|sibling| sibling.is_well).map(|sibling| sibling.name.clone()).collect()
    }

    /// Those that are up, before a restart long after the proof: a person may have stopped others since then. Whoever went down with it stays noted.
    fn note_dependents(&self) -> Step {
        let (names, siblings) = match self.service.is_up() {
            true => (self.service.dependents.iter().map(|dependent| dependent.name.clone()).collect(), self.well_siblings()),
            false => (self.record.dependents().to_vec(), self.record.siblings().to_vec()),
        };
        Step::Write(Change::NoteDependents { names, siblings })
    }

    /// Those that ran before the restart and are down now: each is started once, awaited as long as the unit itself would be, and noted if it is not up.
    fn dependent(&self) -> Option<Step> {
        let all = &self.service.dependents;
        let is_down = |dependent: &&Dependent| matches!(dependent.activity, Activity::Inactive | Activity::Failed);
        let mut down = all.iter().filter(is_down).filter(|dependent| !dependent.is_asked);
        if let Some(step) = down.find_map(|one| attempt_once(self.observed, Act::StartDependent { name: one.name.clone() })) {
            return Some(step);
        }
        let is_on_its_way = |dependent: &Dependent| matches!(dependent.activity, Activity::Activating | Activity::Deactivating);
        if !self.service.is_late && all.iter().any(is_on_its_way) {
            return Some(self.pause(None));
        }
        // Forward, all of them have passed by now.
        let (now, siblings) = (self.observed.now, &self.service.siblings);
        let is_pending = |sibling: &Sibling| matches!(sibling.verdict(now), Verdict::Pending { .. });
        if !self.service.is_late && siblings.iter().any(is_pending) {
            return Some(self.pause(None));
        }
        let down = all.iter().filter(|one| one.activity != Activity::Active).map(|one| one.name.clone());
        let not_well = siblings.iter().filter(|one| one.verdict(now) != Verdict::Passed).map(|one| one.name.clone());
        let names: Vec<String> = down.chain(not_well).collect();
        (self.record.service()?.down != names).then_some(Step::Write(Change::NoteDown { names }))
    }

    /// Nothing to do until then, or for a moment.
    fn pause(&self, until: Option<Duration>) -> Step {
        match until {
            _ if self.observed.is_interrupted => Step::Leave,
            Some(until) => Step::Wait { until },
            None => Step::Wait { until: self.observed.now.saturating_add(LOOK_EVERY) },
        }
    }
}
