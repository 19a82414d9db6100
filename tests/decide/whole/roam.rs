//! Follows `decide` from a moment through everything that can come of it, each moment once. What can come is a graph; that it has no circle is that
//! every run ends.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rotate::rotation::{Act, Change, Failure, Step, Unwritten, decide};

use super::case::Case;
use super::deeds::{self, No, perform};
use super::hands;
use super::look::Lens;
use super::moment::{Aim, Moment, NEW, OLD, Place, Process, Seen, Stage, Status};
use super::rules;
use crate::decided::decided;

pub struct Roamer<const N: usize> {
    pub lens: Lens<N>,
    /// Other hands than ours are among what can go wrong.
    has_hands: bool,
    /// Steps to the end at most; none while that is being found out.
    known: HashMap<Moment<N>, Option<u16>, BuildHasherDefault<Quick>>,
    path: Vec<Moment<N>>,
    pub decisions: u64,
}

impl<const N: usize> Roamer<N> {
    pub fn new(case: Case, has_hands: bool) -> Self {
        Self { lens: Lens::new(case), has_hands, known: HashMap::default(), path: Vec::new(), decisions: 0 }
    }

    /// The most steps that it takes from here to the end, whatever goes wrong.
    pub fn roam(&mut self, moment: Moment<N>) -> u16 {
        let moment = moment.looked(self.lens.case.has_probe);
        self.path.push(moment);
        let steps = match self.known.get(&moment) {
            Some(Some(steps)) => *steps,
            Some(None) => self.fail("it goes in a circle"),
            None => {
                self.known.insert(moment, None);
                let steps = self.follow(&moment);
                self.known.insert(moment, Some(steps));
                steps
            }
        };
        self.path.pop();
        steps
    }

    fn follow(&mut self, moment: &Moment<N>) -> u16 {
        self.decisions += 1;
        self.lens.turn_to(moment);
        let step = decided(&self.lens.record, &mut self.lens.observed);
        if let Err(broken) = rules::check(&self.lens, moment, &step) {
            self.fail(broken);
        }
        let mut nexts = Vec::new();
        self.ours(moment, &step, &mut nexts);
        let is_ours = matches!(step, Step::Act(_) | Step::Write(_)) && moment.process.unanswered.is_none();
        for next in nexts.iter().filter(|_| is_ours) {
            if let Err(broken) = rules::check_change(&self.lens.case, moment, next) {
                self.fail(broken);
            }
        }
        if moment.faults > 0 {
            self.faults(moment, &step, &mut nexts);
        }
        nexts.into_iter().map(|next| self.roam(next) + 1).max().unwrap_or(0)
    }

    /// What comes of a step if nothing goes wrong.
    fn ours(&self, moment: &Moment<N>, step: &Step, nexts: &mut Vec<Moment<N>>) {
        match step {
            Step::Act(act) => nexts.push(self.acted(moment, act)),
            Step::Write(change) if moment.process.is_full => nexts.extend(self.unwritten(moment, change)),
            Step::Write(change) => nexts.push(self.lens.written(moment, change)),
            Step::ReadLog { .. } => {
                let mut after = *moment;
                after.paper.has_log = true;
                nexts.push(after);
            }
            Step::Wait { .. } => self.wait(moment, nexts),
            Step::LookAtImages => self.fail("it does not see the images that it has looked at"),
            // The run brings the other units as far, then goes on with this one.
            Step::Prepared => {
                let mut after = *moment;
                after.process.is_held = false;
                nexts.push(after);
            }
            Step::Leave | Step::Stuck { .. } | Step::Rest | Step::Done => {}
        }
    }

    /// What follows if the store does not take a change; none: the process leaves the record as it is there.
    fn unwritten(&self, moment: &Moment<N>, change: &Change) -> Option<Moment<N>> {
        let not_recorded = || Change::TurnBack { failure: Failure::NotRecorded { message: String::new() } };
        match change.unwritten(&self.lens.record) {
            Unwritten::Made => Some(self.lens.written(moment, change)),
            Unwritten::TurnsBack => Some(self.lens.written(moment, &not_recorded())),
            Unwritten::Left => None,
        }
    }

    pub fn index(&self, act: &Act) -> usize {
        self.lens.acts.iter().position(|known| known == act).unwrap_or_else(|| panic!("the act is not known: {act:?}"))
    }

    /// The engine was asked and answered. What it has refused, it refuses again.
    pub fn acted(&self, moment: &Moment<N>, act: &Act) -> Moment<N> {
        let index = self.index(act);
        let mut after = *moment;
        let member = deeds::member(&self.lens.acts, index, N);
        let is_refused_for_good = moment.process.refused >> index & 1 == 1;
        if is_refused_for_good && moment.process.unanswered.is_none() {
            return after;
        }
        after.process.unanswered = None;
        after.process.refused &= !(1 << index);
        if let Err(No) = perform(&self.lens.case, &self.lens.record, &mut after, act, member) {
            after.process.refused |= 1 << index;
        }
        after
    }

    /// Time passes at the gate: each container that is not decided yet proves itself, or does not.
    fn wait(&self, moment: &Moment<N>, nexts: &mut Vec<Moment<N>>) {
        let incoming = if moment.paper.aim == Aim::Forward { NEW } else { OLD };
        let is_probed = self.lens.case.has_probe && incoming == NEW;
        for n in 0..N {
            let place = &moment.places[n];
            let Some(body) = place.bodies[incoming] else { continue };
            let mut become_ = |seen, status| {
                let mut after = *moment;
                after.places[n].seen[incoming] = seen;
                after.places[n].bodies[incoming] = Some(super::moment::Body { status, ..body });
                nexts.push(after);
            };
            match (place.seen[incoming], moment.paper.stage) {
                (Seen::Proved | Seen::Unwell, _) => {}
                (_, Stage::Kept) if body.status != Status::Running => {}
                (_, Stage::Kept) => {
                    become_(Seen::Proved, body.status);
                    become_(Seen::Unwell, body.status);
                }
                (Seen::Fresh, _) => {
                    become_(Seen::Proved, body.status);
                    become_(Seen::Stalled, Status::Exited);
                    become_(Seen::Restarted, Status::Restarting);
                    if is_probed {
                        become_(Seen::Unwell, body.status);
                        become_(Seen::Overdue, body.status);
                    }
                }
                (Seen::Begun | Seen::Started | Seen::Stalled, _) => become_(Seen::Overdue, body.status),
                (Seen::Nothing | Seen::Restarted | Seen::Overdue, _) => {}
            }
        }
        if nexts.is_empty() {
            self.fail("it waits for nothing");
        }
    }

    fn faults(&self, moment: &Moment<N>, step: &Step, nexts: &mut Vec<Moment<N>>) {
        let before = Moment { faults: moment.faults - 1, ..*moment };
        let mut afters = Vec::new();
        match step {
            Step::Act(act) => {
                let (index, done) = (self.index(act), self.acted(&before, act));
                let mut refused = before;
                refused.process.unanswered = None;
                refused.process.refused |= 1 << index;
                afters.extend([done, refused]);
                if !matches!(act, Act::Pull { .. }) {
                    afters.extend([before, done].map(|mut unanswered| {
                        unanswered.process.unanswered = u8::try_from(index).ok();
                        unanswered
                    }));
                }
            }
            Step::Write(change) => {
                afters.push(self.lens.written(&before, change));
                afters.extend(self.unwritten(&before, change));
                let process = Process { is_full: true, ..before.process };
                nexts.extend(self.unwritten(&Moment { process, ..before }, change));
            }
            Step::ReadLog { .. } | Step::LookAtImages | Step::Wait { .. } | Step::Prepared | Step::Leave | Step::Rest => {}
            // Nothing can go wrong any more.
            Step::Done | Step::Stuck { .. } if !self.has_hands => return,
            Step::Done | Step::Stuck { .. } => {}
        }
        let has_policy = self.lens.case.policy != rotate::model::RestartPolicy::No;
        afters.push(before);
        for after in afters {
            // The next process would not find what this one could not write: a moment before these.
            if !after.process.is_full {
                let rebooted = after.rebooted(has_policy, self.lens.case.requires);
                let run = |place: &Place| place.bodies.iter().flatten().filter(|body| body.is_active()).count();
                if after.places.iter().all(|place| place.could_run() < 2) && rebooted.places.iter().any(|place| run(place) > 1) {
                    self.fail("a boot starts two");
                }
                nexts.extend([after.died(), rebooted]);
            }
            if after != before {
                nexts.push(after);
            }
        }
        let mut interrupted = before;
        interrupted.process.is_interrupted = true;
        nexts.push(interrupted);
        if self.has_hands {
            hands::meddle(&self.lens.case, &before, nexts);
            hands::replace_one(&self.lens.case, &before, nexts);
        }
    }

    fn fail(&self, what: impl std::fmt::Display) -> ! {
        let mut lens = Lens::<N>::new(self.lens.case);
        let mut text = String::new();
        for moment in &self.path[self.path.len().saturating_sub(12)..] {
            lens.turn_to(moment);
            let step = decide(&lens.record, &lens.observed);
            text += &format!("{}\n   {}\n   {:?} {:?}\n   -> {step:?}\n", lens.record, lens.observed, moment.paper, moment.places);
        }
        panic!("{}: {what}\n{text}", self.lens.case.name)
    }
}

/// Of small numbers in a known order; the standard one is ten times as slow without optimization.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u8(*byte));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
