//! Moments to begin at: every combination of stage, aim and two containers, with one unusual thing at a time.

use super::case::Case;
use super::moment::{Aim, Body, Images, Img, Keep, Moment, NEW, Name, OLD, Paper, Place, Policy, Process, Seen, Stage, Status, Theirs};
use rotate::model::RestartPolicy;
use rotate::rotation::Purpose;

const STATUSES: [Status; 6] = [Status::Created, Status::Running, Status::Paused, Status::Restarting, Status::Exited, Status::Dead];
const AIMS: [Aim; 5] = [Aim::Forward, Aim::Wish, Aim::Blamed, Aim::Blameless, Aim::GivenUp];

pub const PROCESS: Process =
    Process { is_interrupted: false, is_held: false, is_run_stopped: false, is_full: false, unanswered: None, refused: 0 };
const IMAGES: Images = Images {
    has_new: true,
    has_old: true,
    tag: Some(Img::New),
    is_pinned: true,
    has_left_pin: false,
    is_same: false,
    is_foreign: false,
    differs: false,
};

fn paper(stage: Stage, aim: Aim) -> Paper {
    Paper {
        stage,
        aim,
        starts: u32::from(stage >= Stage::Switching),
        is_own: true,
        is_this_boot: true,
        keep: Keep::Unset,
        late: None,
        has_log: false,
        has_failed_rollback: false,
        has_stayed: false,
        failed: None,
    }
}

fn place() -> Place {
    Place {
        is_adopted: true,
        is_pulled: true,
        tag_before: Some(Img::Old),
        old_image: Img::Old,
        is_born: false,
        bodies: [None, None],
        is_again: false,
        theirs: None,
        images: IMAGES,
        has_volume: false,
        seen: [Seen::Nothing; 2],
        has_new_run: false,
    }
}

/// A rotation that has just been opened: its container runs, and nothing is prepared.
pub fn opening<const N: usize>(case: &Case, faults: u8) -> Moment<N> {
    let policy = if case.policy == RestartPolicy::No { Policy::No } else { Policy::Own };
    let running = Body { name: Name::Web, status: Status::Running, policy, lacks_network: false };
    let images = Images { has_new: false, is_pinned: false, tag: case.has_tag.then_some(Img::Old), ..IMAGES };
    let fresh = Place { is_adopted: false, is_pulled: false, tag_before: None, bodies: [Some(running), None], images, ..place() };
    let mut places = [fresh; N];
    if case.goes_along {
        places.iter_mut().skip(1).for_each(|place| place.is_pulled = true);
    }
    Moment { paper: paper(Stage::Preparing, Aim::Forward), process: PROCESS, places, faults }
}

fn bodies(case: &Case, names: [Name; 3]) -> Vec<Option<Body>> {
    let mut all = vec![None];
    let policies: &[Policy] = if case.policy == RestartPolicy::No { &[Policy::No] } else { &[Policy::No, Policy::Own] };
    for status in STATUSES {
        for policy in policies.iter().copied() {
            for name in names {
                all.push(Some(Body { name, status, policy, lacks_network: false }));
                if case.has_two_networks && status == Status::Created {
                    all.push(Some(Body { name, status, policy, lacks_network: true }));
                }
            }
        }
    }
    all
}

/// What another hand can have made where nothing of ours has the name.
fn theirs(case: &Case) -> Vec<Option<Theirs>> {
    let named = |name, status, image, is_same_configuration| {
        let policy = if case.policy == RestartPolicy::No { Policy::No } else { Policy::Own };
        Some(Theirs { body: Body { name, status, policy, lacks_network: false }, image, is_same_configuration })
    };
    let mut all = vec![None, named(Name::Web, Status::Running, Img::Third, false)];
    if case.is_tool_owned {
        all.push(named(Name::Web, Status::Running, Img::New, true));
        all.push(named(Name::Web, Status::Exited, Img::New, true));
        all.push(named(Name::Unfinished, Status::Created, Img::New, true));
        all.push(named(Name::Unfinished, Status::Created, Img::New, false));
        all.push(named(Name::Unfinished, Status::Created, Img::Third, false));
    }
    all
}

fn pictures(case: &Case, stage: Stage, aim: Aim) -> Vec<(Images, Option<Img>)> {
    let tag = |tag| if case.has_tag { tag } else { None };
    let all = Images { tag: tag(Some(Img::New)), ..IMAGES };
    let mut pictures = vec![(all, tag(Some(Img::Old)))];
    let mut put = |images, before| pictures.push((images, tag(before)));
    if (stage, aim) == (Stage::Switching, Aim::Forward) {
        // Not looked at here; but on the way back it matters whether the old one is there.
        put(Images { has_old: false, is_pinned: false, ..all }, Some(Img::Old));
        return pictures;
    }
    put(Images { has_new: false, is_pinned: false, tag: tag(Some(Img::Old)), ..all }, Some(Img::Old));
    put(Images { tag: None, ..all }, None);
    put(Images { tag: tag(Some(Img::Third)), ..all }, Some(Img::Old));
    put(Images { has_old: false, is_pinned: false, ..all }, Some(Img::Old));
    put(Images { has_left_pin: true, ..all }, None);
    if stage < Stage::Switching {
        put(Images { is_same: true, ..all }, Some(Img::New));
        put(Images { is_foreign: true, ..all }, Some(Img::Old));
        put(Images { differs: true, ..all }, Some(Img::Old));
    }
    pictures
}

/// Every record that can be at that stage: own or not, kept how long, unwell or not.
fn papers(stage: Stage, aim: Aim) -> Vec<Paper> {
    let own = paper(stage, aim);
    let mut papers = vec![own];
    let of_others = |starts, is_this_boot| Paper { is_own: false, is_this_boot, starts, ..own };
    papers.push(of_others(own.starts, true));
    if stage == Stage::Switching && aim == Aim::Forward {
        papers.extend([of_others(1, false), of_others(2, false), of_others(5, true)]);
    }
    if stage == Stage::Kept {
        papers = papers.into_iter().flat_map(|own| [Keep::Past, Keep::Future].map(|keep| Paper { keep, ..own })).collect();
        let unwell = |own: &Paper| Paper { late: Some(super::moment::Ill::Restarted), has_log: true, ..*own };
        let others: Vec<Paper> = papers
            .iter()
            .flat_map(|own| [unwell(own), Paper { has_failed_rollback: true, ..*own }, Paper { has_stayed: true, ..*own }])
            .collect();
        papers.extend(others);
    }
    papers
}

fn processes(stage: Stage) -> Vec<Process> {
    let mut all = vec![PROCESS, Process { is_interrupted: true, ..PROCESS }, Process { is_full: true, ..PROCESS }];
    if stage < Stage::Switching {
        all.extend([Process { is_held: true, ..PROCESS }, Process { is_run_stopped: true, ..PROCESS }]);
    }
    all
}

/// Calls `begin` with every combination of stage, aim and two containers, and with each of these as it is usually found and with one thing about it
/// that is not: what another hand made, images and tags, what was seen, the record's and the process's own state. Two such things at once come in
/// the course of the runs.
pub fn every(case: &Case, mut begin: impl FnMut(Moment<1>)) {
    combine(case, |case, stage, aim, bodies| {
        let usual = usual(case, stage, bodies);
        let (paper, process) = (paper(stage, aim), PROCESS);
        let mut take = |place| begin(Moment { paper, process, places: [place], faults: 0 });
        each_place(case, stage, aim, usual, &mut take);
        for paper in papers(stage, aim) {
            begin(Moment { paper, process, places: [usual], faults: 0 });
        }
        for process in processes(stage) {
            begin(Moment { paper, process, places: [usual], faults: 0 });
        }
    });
}

/// The same without what is unusual, but with something still to go wrong.
pub fn usual_ones(case: &Case, faults: u8, mut begin: impl FnMut(Moment<1>)) {
    combine(case, |case, stage, aim, bodies| {
        let keep = if stage == Stage::Kept { Keep::Past } else { Keep::Unset };
        let paper = Paper { keep, ..paper(stage, aim) };
        begin(Moment { paper, process: PROCESS, places: [usual(case, stage, bodies)], faults });
    });
}

fn combine(case: &Case, mut take: impl FnMut(&Case, Stage, Aim, [Option<Body>; 2])) {
    let stages: &[Stage] = match case.purpose {
        Purpose::Rotate => &[Stage::Preparing, Stage::Creating, Stage::Switching, Stage::Kept, Stage::Closed],
        Purpose::DryRun => &[Stage::Preparing, Stage::Creating, Stage::Closed],
    };
    let news = bodies(case, [Name::Web, Name::Next, Name::Failed]);
    for (stage, aim) in stages.iter().flat_map(|stage| aims(*stage).iter().map(|aim| (*stage, *aim))) {
        for old in bodies(case, [Name::Web, Name::Kept, Name::Failed]) {
            for new in &news {
                let is_possible = old.zip(*new).is_none_or(|(old, new)| old.name != new.name);
                if is_possible {
                    take(case, stage, aim, [old, *new]);
                }
            }
        }
    }
}

/// A record turns round into the switch, so that after the proof it goes forward; where all is done nothing is looked at.
fn aims(stage: Stage) -> &'static [Aim] {
    match stage {
        Stage::Preparing | Stage::Creating | Stage::Switching => &AIMS,
        Stage::Kept | Stage::Closed => &[Aim::Forward],
    }
}

fn usual(case: &Case, stage: Stage, bodies: [Option<Body>; 2]) -> Place {
    let mut place = Place { bodies, is_pulled: stage > Stage::Preparing, ..place() };
    (place.has_volume, place.is_born) = (case.has_volume && bodies[NEW].is_some(), case.has_volume);
    if !case.has_tag {
        (place.images.tag, place.tag_before) = (None, None);
    }
    place
}

fn each_place(case: &Case, stage: Stage, aim: Aim, usual: Place, mut take: impl FnMut(Place)) {
    let [old, new] = usual.bodies;
    let is_named = [old, new].iter().flatten().any(|body| body.name == Name::Web);
    for (images, tag_before) in pictures(case, stage, aim) {
        take(Place { images, tag_before, ..usual });
    }
    for theirs in if is_named { vec![] } else { theirs(case) } {
        take(Place { theirs, ..usual });
    }
    let incoming = if aim == Aim::Forward { NEW } else { OLD };
    for seen in [Seen::Begun, Seen::Started, Seen::Stalled, Seen::Proved, Seen::Restarted].into_iter().filter(|_| stage == Stage::Switching)
    {
        let mut place = usual;
        place.seen[incoming] = seen;
        take(place);
    }
    // Before the record knows the new one it is found by its first name.
    if new.is_none_or(|new| new.name == Name::Next) && stage <= Stage::Creating {
        take(Place { is_adopted: false, is_born: false, ..usual });
    }
    take(Place { has_new_run: true, ..usual });
}
