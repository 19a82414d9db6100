//! A moment as `decide` is given it: a record and an observation, filled as `observe.rs` fills them. Both are filled anew and not made anew, since
//! there are millions of moments.

use std::time::Duration;

use jiff::SignedDuration;
use rotate::engine::Refusal;
use rotate::model::{Container, ContainerId, Ending, ImageId, Platform, RestartPolicy};
use rotate::rotation::{
    Act, ContainerView, Failure, GateFailure, GateRules, Goal, ImagesView, MemberView, Observed, Outcome, Proof, Record, Refused,
    Replacement, StuckReason, Withdrawal,
};
use serde_json::json;

use super::case::Case;
use super::deeds;
use super::moment::{Aim, Body, Ill, Img, Keep, Moment, NEW, Name, OLD, Place, Policy, Seen, Stage, Status, Theirs};
use super::watched::{RETRIES, watched};
use crate::make;

pub const NOW: Duration = Duration::from_secs(1_000);

pub struct Lens<const N: usize> {
    pub case: Case,
    pub record: Record,
    pub observed: Observed,
    pub acts: Vec<Act>,
    aims: [Goal; 5],
}

impl<const N: usize> Lens<N> {
    pub fn new(case: Case) -> Self {
        let mut record = make::record();
        record.members = (0..N).map(|n| member(&case, n)).collect();
        record.purpose = case.purpose;
        (record.terms.stays, record.terms.returns_late) = (case.stays, case.returns_late);
        (record.terms.is_oneshot, record.terms.keep_old) = (case.is_oneshot, Duration::from_secs(if case.keeps { 86_400 } else { 0 }));
        let mut observed = make::observed(None, None);
        observed.now = NOW;
        observed.members = vec![MemberView::default(); N];
        let back = |failure| Goal::Back { failure };
        let aims = [
            Goal::Forward,
            back(Failure::Requested),
            back(Failure::Gate { why: GateFailure::Unhealthy }),
            back(Failure::SuccessorGone),
            back(Failure::Withdrawn { why: Withdrawal::Replaced }),
        ];
        Self { acts: deeds::all(&record), case, record, observed, aims }
    }

    /// Fills record and observation.
    pub fn turn_to(&mut self, moment: &Moment<N>) {
        let paper = moment.paper;
        let record = &mut self.record;
        record.stage = stage(paper.stage);
        record.goal.clone_from(&self.aims[paper.aim as usize]);
        record.starts = paper.starts;
        record.agent = if paper.is_own { make::AGENT } else { "earlier" }.into();
        record.boot = if paper.is_this_boot { make::BOOT } else { "earlier" }.into();
        let at = self.observed.at;
        record.keep_until = match paper.keep {
            Keep::Unset => None,
            Keep::Past => Some(at),
            Keep::Future => Some(at + SignedDuration::from_secs(86_400)),
        };
        record.late = paper.late.map(failure);
        record.log = paper.has_log.then(Vec::new);
        record.failed_member = paper.failed.map(usize::from);
        record.failed_rollback = paper.has_failed_rollback.then_some(StuckReason::NothingLeft);
        record.outcome = paper.has_stayed.then_some(Outcome::Stayed { failure: Failure::SuccessorGone });

        let observed = &mut self.observed;
        observed.is_interrupted = moment.process.is_interrupted;
        observed.is_held_before_tag = moment.process.is_held;
        observed.is_run_stopped = moment.process.is_run_stopped;
        observed.unanswered = moment.process.unanswered.map(|n| self.acts[usize::from(n)].clone());
        observed.refused.clear();
        for (n, act) in self.acts.iter().enumerate().filter(|(n, _)| moment.process.refused >> n & 1 == 1) {
            observed.refused.push(Refused { act: act.clone(), refusal: Refusal::Other, message: format!("no {n}") });
        }
        for (n, place) in moment.places.iter().enumerate() {
            let member = &mut record.members[n];
            member.successor = place.is_adopted.then(|| id(NEW, n));
            member.new_image = place.is_pulled.then(|| image(new_image(&self.case, n), n));
            member.tag_before = place.tag_before.map(|tag| image(tag, n));
            member.old_image = image(place.old_image, n);
            member.volumes_born = if place.is_born { vec![volume(n)] } else { vec![] };
        }
        for (n, place) in moment.places.iter().enumerate() {
            self.observed.members[n] = self.view(moment, n, place);
        }
    }

    fn view(&self, moment: &Moment<N>, n: usize, place: &Place) -> MemberView {
        let is_back = moment.paper.aim != Aim::Forward;
        let (old, new) = (seen_old(place, is_back), seen_new(place));
        let mut view = MemberView::default();
        if [old, new].iter().flatten().all(|body| body.name != Name::Web) {
            self.look_for_others(moment.paper.stage, n, place, new.is_none(), &mut view);
        }
        view.images = Some(images(&self.case, place, n));
        if moment.paper.stage == Stage::Creating && new.is_some() {
            let comparison = view.comparison.get_or_insert_default();
            comparison.unexplained = place.images.differs.then(|| "a difference".to_owned()).into_iter().collect();
            comparison.volumes_born = place.has_volume.then(|| volume(n)).into_iter().collect();
        }
        let created = if is_back { old } else { new };
        if created.is_some_and(|body| body.status == Status::Created && body.lacks_network) {
            view.missing_networks.push("net".into());
        }
        if is_back && new.is_none() && place.is_born && place.has_volume {
            view.volumes_born.push(volume(n));
        }
        view.has_successor_run = place.is_adopted && place.has_new_run;
        view.predecessor = old.map(|body| self.container(n, OLD, body, place.seen[OLD], place.is_again));
        view.successor = new.map(|body| self.container(n, NEW, body, place.seen[NEW], false));
        view
    }

    fn look_for_others(&self, stage: Stage, n: usize, place: &Place, is_new_gone: bool, view: &mut MemberView) {
        let Some(theirs) = place.theirs else { return };
        let is_stranger = theirs.body.name == Name::Web;
        if is_stranger {
            view.stranger = Some(ContainerId::new("theirs"));
        }
        let is_seen = match is_stranger {
            true => (Stage::Creating..=Stage::Switching).contains(&stage),
            false => is_new_gone && (Stage::Creating..=Stage::Kept).contains(&stage),
        };
        if is_seen && self.case.is_tool_owned {
            let is_as_good = theirs.is_same_configuration && theirs.image == Img::New && place.is_pulled;
            view.replacement = Some(match is_as_good {
                true => Replacement::Same(ContainerId::new("theirs")),
                false => Replacement::Other(self.document(n, theirs)),
            });
        }
    }

    fn document(&self, n: usize, theirs: Theirs) -> Container {
        let (name, image) = (name(&self.record, n, theirs.body.name), image(theirs.image, n));
        let (policy, most) = self.policy(theirs.body.policy).parts();
        Container::new(json!({
            "Id": "theirs", "Name": format!("/{name}"), "Image": image.as_str(), "Config": {},
            "HostConfig": { "RestartPolicy": { "Name": policy, "MaximumRetryCount": most } },
        }))
    }

    fn container(&self, n: usize, role: usize, body: Body, seen: Seen, is_again: bool) -> ContainerView {
        let status = status(body.status);
        let watch = watched(self.case.has_probe && role == NEW, seen);
        let proof = if self.case.has_probe && role == NEW { Proof::Probe { retries: RETRIES } } else { Proof::Running };
        ContainerView {
            id: if is_again { ContainerId::new("again") } else { id(role, n) },
            name: name(&self.record, n, body.name),
            policy: Some(self.policy(body.policy)),
            state: make::state(status),
            gate: GateRules { proof, is_oneshot: self.case.is_oneshot, ..make::rules() },
            watch,
            ending: Ending::Unknown,
        }
    }

    fn policy(&self, policy: Policy) -> RestartPolicy {
        match policy {
            Policy::No => RestartPolicy::No,
            Policy::Own => self.case.policy,
        }
    }
}

/// By its id, and one that was created again, on the way back, by its name.
pub fn seen_old(place: &Place, is_back: bool) -> Option<Body> {
    place.bodies[OLD].filter(|body| !place.is_again || is_back && body.name == Name::Kept)
}

/// By its id, or before that is known by its name.
pub fn seen_new(place: &Place) -> Option<Body> {
    place.bodies[NEW].filter(|body| place.is_adopted || body.name == Name::Next)
}

/// What a successor is made of.
pub fn new_image(case: &Case, n: usize) -> Img {
    if case.goes_along && n > 0 { Img::Old } else { Img::New }
}

fn images(case: &Case, place: &Place, n: usize) -> ImagesView {
    let (images, new) = (place.images, new_image(case, n));
    let has_old = place.has_image(place.old_image);
    ImagesView {
        new: place.has_image(new).then(|| image(new, n)),
        is_same: images.is_same,
        foreign: Platform::new("linux", "s390x", "").filter(|_| images.is_foreign),
        is_new_tagged: images.tag == Some(new),
        old: has_old.then(|| image(place.old_image, n)),
        is_old_tagged: has_old && (images.tag == Some(place.old_image) || images.has_left_pin),
        tag: images.tag.map(|tag| image(tag, n)),
        pin: images.is_pinned.then(|| image(Img::Old, n)),
        left_pins: images.has_left_pin.then(|| left_pin(n)).into_iter().collect(),
    }
}

fn member(case: &Case, n: usize) -> rotate::rotation::Member {
    let mut member = make::member();
    if n > 0 {
        member.name = format!("web{n}");
    }
    let tag = if case.has_tag { ":latest".to_owned() } else { format!("@{}", make::digest('a')) };
    member.reference = format!("10.0.0.1:5000/{}{tag}", member.name).parse().expect("a reference");
    member.old_digest = case.has_old_digest.then(|| make::digest('a'));
    (member.predecessor, member.policy, member.is_tool_owned) = (id(OLD, n), case.policy, case.is_tool_owned);
    if case.requires {
        let required: Vec<_> = (0..n).map(|n| id(OLD, n)).collect();
        member.original = json!({ "Id": id(OLD, n), "Config": {}, "Dependencies": required }).into();
    }
    if case.goes_along && n > 0 {
        member.digest = None;
    }
    member
}

pub fn id(role: usize, n: usize) -> ContainerId {
    ContainerId::new(format!("{}{n}", ["old", "new"][role]))
}

pub fn image(image: Img, n: usize) -> ImageId {
    ImageId::new(match image {
        Img::Old => format!("sha256:old{n}"),
        Img::New => format!("sha256:new{n}"),
        Img::Third => format!("sha256:third{n}"),
    })
}

pub fn volume(n: usize) -> String {
    format!("volume{n}")
}

pub fn left_pin(n: usize) -> String {
    format!("{}:aaaaa{n}", Record::PINS)
}

pub fn name(record: &Record, n: usize, name: Name) -> String {
    let member = &record.members[n];
    match name {
        Name::Web => member.name.clone(),
        Name::Next => record.next_name(member),
        Name::Kept => record.old_name(member),
        Name::Failed => record.failed_name(member),
        Name::Unfinished => format!("old_{}", member.name),
    }
}

fn stage(stage: Stage) -> rotate::rotation::Stage {
    use rotate::rotation::Stage as Real;
    match stage {
        Stage::Preparing => Real::Preparing,
        Stage::Creating => Real::Creating,
        Stage::Switching => Real::Switching,
        Stage::Kept => Real::Kept,
        Stage::Closed => Real::Closed,
    }
}

fn status(status: Status) -> rotate::model::Status {
    use rotate::model::Status as Real;
    match status {
        Status::Created => Real::Created,
        Status::Running => Real::Running,
        Status::Paused => Real::Paused,
        Status::Restarting => Real::Restarting,
        Status::Exited => Real::Exited,
        Status::Dead => Real::Dead,
    }
}

fn failure(ill: Ill) -> GateFailure {
    match ill {
        Ill::Exited => GateFailure::Exited { code: 1 },
        Ill::Memory => GateFailure::OutOfMemory,
        Ill::Restarted => GateFailure::Restarted { times: 1, code: None },
        Ill::Unhealthy => GateFailure::Unhealthy,
        Ill::Probe => GateFailure::Probe { times: 3, last: String::new() },
        Ill::Deadline => GateFailure::Deadline { seconds: 1, last_probe: None },
    }
}
