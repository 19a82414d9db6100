//! Other hands: what a person or a tool can do to the containers and images between any two steps.

use super::case::Case;
use super::moment::{Body, Img, Moment, NEW, Name, OLD, Place, Policy, Status, Theirs};

/// Each thing that one hand can do.
pub fn meddle<const N: usize>(case: &Case, moment: &Moment<N>, nexts: &mut Vec<Moment<N>>) {
    for n in 0..N {
        let mut put = |change: &dyn Fn(&mut Place)| {
            let mut after = *moment;
            change(&mut after.places[n]);
            take_along(case, moment, &mut after);
            if after != *moment {
                nexts.push(after);
            }
        };
        for role in [OLD, NEW] {
            let on = |change: fn(&mut Body)| move |place: &mut Place| place.bodies[role].iter_mut().for_each(change);
            put(&on(|body| {
                if body.is_active() {
                    body.status = Status::Exited
                }
            }));
            put(&on(|body| {
                if body.status == Status::Running {
                    body.status = Status::Paused
                }
            }));
            put(&on(|body| body.policy = Policy::No));
            put(&on(|body| body.name = Name::Unfinished));
            put(&|place| place.bodies[role] = None);
            // Nobody starts a second one; but a person starts the one that has the name.
            put(&|place| {
                let is_alone = place.could_run() == 0;
                let named = place.bodies[role].iter_mut().find(|body| body.name == Name::Web && is_alone);
                named.into_iter().for_each(|body| body.status = Status::Running);
            });
        }
        // `container prune`
        put(&|place| place.bodies.iter_mut().for_each(|slot| *slot = slot.filter(Body::is_active)));
        // `image prune -a`
        put(&|place| {
            place.images.has_old &= place.bodies[OLD].is_some();
            place.images.has_new &= place.bodies[NEW].is_some();
            (place.images.is_pinned, place.images.tag) = (place.images.is_pinned && place.images.has_old, None);
        });
        put(&|place| place.images.tag = Some(Img::Third));
        if case.is_tool_owned && !case.requires {
            // `compose up`: it replaces all that it finds by one of its own.
            for (image, is_same_configuration) in [(Img::New, true), (Img::New, false), (Img::Third, false)] {
                put(&|place| {
                    let body = Body { name: Name::Web, status: Status::Running, policy: Policy::Own, lacks_network: false };
                    (place.theirs, place.bodies) = (Some(Theirs { body, image, is_same_configuration }), [None, None]);
                });
            }
        }
    }
}

/// `podman-compose up`, cut short: it knows containers by their names, and removes none that another requires.
pub fn replace_one<const N: usize>(case: &Case, moment: &Moment<N>, nexts: &mut Vec<Moment<N>>) {
    let named = |place: &Place| place.bodies.iter().position(|body| body.is_some_and(|body| body.name == Name::Web));
    let body = Body { name: Name::Web, status: Status::Running, policy: Policy::Own, lacks_network: false };
    let theirs = Some(Theirs { body, image: Img::Third, is_same_configuration: false });
    for n in (0..N).filter(|_| case.requires) {
        let Some(role) = named(&moment.places[n]) else { continue };
        let mut after = *moment;
        // All that would start it by its id goes with it.
        after.places[n..].iter_mut().for_each(|place| place.bodies[role] = None);
        after.places[n].theirs = theirs;
        nexts.push(after);
    }
}

/// No engine removes what is required but with all that requires it (`podman rm --depend`).
fn take_along<const N: usize>(case: &Case, before: &Moment<N>, after: &mut Moment<N>) {
    for role in [OLD, NEW] {
        let is_removed = before.places[0].bodies[role].is_some() && after.places[0].bodies[role].is_none();
        if case.requires && is_removed {
            after.places.iter_mut().for_each(|place| place.bodies[role] = None);
        }
    }
}
