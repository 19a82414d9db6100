//! What must hold of every step of every run.

use rotate::rotation::{Act, Change, Role, Step, StuckReason};

use super::case::Case;
use super::deeds::index;
use super::look::{Lens, seen_new, seen_old};
use super::moment::{Aim, Body, Moment, NEW, Name, OLD, Place, Stage, Status};

/// Of a step alone.
pub fn check<const N: usize>(lens: &Lens<N>, moment: &Moment<N>, step: &Step) -> Result<(), &'static str> {
    match step {
        Step::Act(act) if moment.process.unanswered.is_none() => check_act(moment, act).and(check_required(&lens.case, moment, act)),
        Step::Write(Change::Close) => every(moment, |place| is_at_its_end(lens, moment, place), "it is closed and nothing serves"),
        Step::Write(Change::Prove { .. }) => {
            let is_well = |body: &Body| body.name == Name::Web && (body.status == Status::Running || lens.case.is_oneshot);
            every(moment, |place| place.bodies[NEW].as_ref().is_some_and(is_well), "what is proved does not run under the name")
        }
        Step::Leave => every(moment, |place| is_left_at_rest(moment, place), "it is left, and not one container runs under the name"),
        Step::Rest if moment.paper.stage != Stage::Kept => Err("it rests before the proof"),
        Step::Stuck { reason } => check_stuck(lens, moment, reason),
        _ => Ok(()),
    }
}

fn every<const N: usize>(moment: &Moment<N>, holds: impl FnMut(&Place) -> bool, broken: &'static str) -> Result<(), &'static str> {
    if moment.places.iter().all(holds) { Ok(()) } else { Err(broken) }
}

fn check_act<const N: usize>(moment: &Moment<N>, act: &Act) -> Result<(), &'static str> {
    let stage = moment.paper.stage;
    let (Act::Start { member, role }
    | Act::Rearm { member, role }
    | Act::Disarm { member, role }
    | Act::Rename { member, role, .. }
    | Act::Stop { member, role }
    | Act::Remove { member, role }) = act
    else {
        return Ok(());
    };
    let place = &moment.places[*member];
    let own = place.bodies[index(*role)];
    let other = place.bodies[1 - index(*role)];
    let is_running = own.is_some_and(|body| body.is_active());
    match act {
        Act::Start { .. } | Act::Rearm { .. } if other.is_some_and(|body| body.could_run()) => Err("two could run"),
        Act::Start { .. } if theirs_runs(place) => Err("two would run, one of them another hand's"),
        Act::Disarm { .. } if is_running => Err("a policy is weakened while its container runs"),
        Act::Rename { .. } if is_running => Err("what runs is renamed"),
        Act::Remove { .. } if is_running => Err("what runs is removed"),
        Act::Remove { role: Role::Predecessor, .. } if !is_spare(place) => Err("the old one is removed and is not spare"),
        Act::Remove { role: Role::Predecessor, .. } => Ok(()),
        _ if stage < Stage::Switching && *role == Role::Predecessor => Err("the old one is touched before the switch"),
        Act::Start { .. } | Act::Rearm { .. } | Act::Disarm { .. } if stage != Stage::Switching => {
            Err("the two change places outside the switch")
        }
        Act::Stop { .. } if stage == Stage::Kept && place.theirs.is_none() => Err("something is stopped after the proof"),
        _ => Ok(()),
    }
}

/// The engine starts what is required by its id: its other one is not to run, and a new one has to have been started before. It is stopped after what
/// requires it.
fn check_required<const N: usize>(case: &Case, moment: &Moment<N>, act: &Act) -> Result<(), &'static str> {
    let has_theirs = |places: &[Place]| places.iter().any(|place| place.theirs.is_some_and(|theirs| theirs.body.name == Name::Web));
    let is_of_the_switch = moment.paper.stage == Stage::Switching && case.requires;
    match act {
        Act::Start { member: 1.., .. } if is_of_the_switch && has_theirs(&moment.places[..1]) => {
            return Err("it is started beside another hand's, which has the name of what it requires");
        }
        Act::Stop { member: 0, .. } | Act::Rename { member: 0, .. } | Act::Start { member: 0, .. }
            if is_of_the_switch && has_theirs(&moment.places[1..]) =>
        {
            return Err("another hand's requires it");
        }
        _ => {}
    }
    if let Act::Stop { member: 0, role } = act {
        let is_needed =
            moment.places[1..].iter().any(|place| place.bodies[index(*role)].is_some_and(|body| body.status == Status::Running));
        // One that somebody has renamed is stopped to get its name back.
        let is_named = moment.places[0].bodies[index(*role)].is_some_and(|body| body.name == Name::Web);
        return if case.requires && is_needed && is_named { Err("it is stopped under one that requires it") } else { Ok(()) };
    }
    let Act::Start { member: 1.., role } = act else { return Ok(()) };
    let required = &moment.places[0];
    let could_run = |role: usize| required.bodies[role].is_some_and(|body| body.could_run());
    match index(*role) {
        _ if !case.requires => Ok(()),
        own if could_run(1 - own) => Err("what it requires would be a second one"),
        NEW if !required.bodies[NEW].is_some_and(|body| body.is_active()) => Err("what it requires does not run yet"),
        _ => Ok(()),
    }
}

fn theirs_runs(place: &Place) -> bool {
    place.theirs.is_some_and(|theirs| theirs.body.is_active())
}

fn is_spare(place: &Place) -> bool {
    let is_at_rest = place.bodies[OLD].is_some_and(|body| body.name == Name::Kept && !body.could_run());
    is_at_rest && (place.theirs.is_some() || place.bodies[NEW].is_some_and(|body| body.name == Name::Web))
}

/// Before the switch nothing was touched, and after the proof nothing is; in between one serves, or what a person made or wanted.
fn is_at_its_end<const N: usize>(lens: &Lens<N>, moment: &Moment<N>, place: &Place) -> bool {
    let serves = |body: Body| body.name == Name::Web && (body.status == Status::Running || lens.case.is_oneshot && !body.is_active());
    moment.paper.stage != Stage::Switching
        || moment.paper.aim == Aim::GivenUp
        || place.theirs.is_some()
        || place.bodies[OLD].is_some_and(serves)
}

fn is_left_at_rest<const N: usize>(moment: &Moment<N>, place: &Place) -> bool {
    let incoming = if moment.paper.aim == Aim::Forward { NEW } else { OLD };
    let is_given_up = moment.paper.aim == Aim::GivenUp || place.theirs.is_some();
    is_given_up
        || place.bodies[incoming].is_some_and(|body| body.name == Name::Web)
            && place.bodies[1 - incoming].is_none_or(|body| !body.could_run())
}

/// A person is asked for only if there is something that only a person can do.
fn check_stuck<const N: usize>(lens: &Lens<N>, moment: &Moment<N>, reason: &StuckReason) -> Result<(), &'static str> {
    let is_back = moment.paper.aim != Aim::Forward;
    let some = |holds: &dyn Fn(&Place) -> bool| moment.places.iter().any(holds);
    let has_cause = match reason {
        StuckReason::PredecessorRefused { .. } | StuckReason::ActRefused { .. } => moment.process.refused != 0,
        StuckReason::PredecessorSick { .. } => some(&|place| seen_old(place, is_back).is_some_and(|body| body.name == Name::Web)),
        StuckReason::NothingLeft => some(&|place| {
            let can_come_again = place.has_image(place.old_image) || lens.case.has_old_digest;
            seen_old(place, is_back).is_none() && !can_come_again
        }),
        StuckReason::NotMadeAgain { .. } => {
            moment.process.refused != 0 && some(&|place| seen_old(place, is_back).is_none() && seen_new(place).is_none())
        }
        StuckReason::NameTaken { .. } => some(&|place| place.theirs.is_some()),
        StuckReason::Apart { .. } => some(&|place| place.theirs.is_some()) && some(&|place| place.theirs.is_none()),
    };
    if has_cause { Ok(()) } else { Err("it is stuck without a cause") }
}

/// Of what a step makes of a moment.
pub fn check_change<const N: usize>(case: &Case, before: &Moment<N>, after: &Moment<N>) -> Result<(), &'static str> {
    let is_wanted_back = before.paper.stage == Stage::Switching && before.paper.aim != Aim::GivenUp;
    for (before, after) in before.places.iter().zip(&after.places) {
        if after.could_run() > before.could_run().max(1) {
            return Err("two could run that could not before");
        }
        // Before the switch the new one never ran, and after the proof the old one is spare: whoever removed the other meant it. So they did where the
        // rotation is given up for what they made.
        let is_between = is_wanted_back && before.is_served_or_can_be(case.has_old_digest);
        if is_between && !after.is_served_or_can_be(case.has_old_digest) {
            return Err("nothing is left");
        }
    }
    Ok(())
}
