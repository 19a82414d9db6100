//! What each act does to the engine: as much of one as decisions can tell apart.

use rotate::model::RestartPolicy;
use rotate::rotation::{Act, Record, Role};

use super::case::Case;
use super::look::{image, left_pin, name, new_image, volume};
use super::moment::{Body, Img, Moment, NEW, Name, OLD, Place, Policy, Seen, Status};

/// The engine said no.
pub struct No;

/// Every act that there can be for a record.
pub fn all(record: &Record) -> Vec<Act> {
    (0..record.members.len()).flat_map(|n| of(record, n)).collect()
}

fn of(record: &Record, member: usize) -> Vec<Act> {
    let rename = |role, to| Act::Rename { member, role, to: name(record, member, to) };
    let mut acts = vec![
        Act::Pin { member },
        Act::Pull { member },
        Act::MoveTag { member },
        Act::TagBack { member },
        Act::Create { member },
        Act::PullOld { member },
        Act::TagOld { member },
        Act::Recreate { member },
        rename(Role::Predecessor, Name::Kept),
        rename(Role::Predecessor, Name::Web),
        rename(Role::Successor, Name::Web),
        rename(Role::Successor, Name::Failed),
        Act::RemoveVolume { name: volume(member) },
        Act::Unpin { member },
        Act::UnpinLeft { pin: left_pin(member) },
    ];
    for role in [Role::Predecessor, Role::Successor] {
        acts.push(Act::Connect { member, role, network: "net".into() });
        acts.push(Act::Stop { member, role });
        acts.push(Act::Disarm { member, role });
        acts.push(Act::Rearm { member, role });
        acts.push(Act::Start { member, role });
        acts.push(Act::Remove { member, role });
    }
    acts.extend([Img::Old, Img::New, Img::Third].map(|which| Act::RemoveImage { image: image(which, member) }));
    acts
}

/// Whose act it is.
pub fn member(acts: &[Act], index: usize, members: usize) -> usize {
    index / (acts.len() / members)
}

/// Does it, or says no and changes nothing.
pub fn perform<const N: usize>(case: &Case, record: &Record, moment: &mut Moment<N>, act: &Act, n: usize) -> Result<(), No> {
    check_ties(case, moment, act, n)?;
    let place = &mut moment.places[n];
    match act {
        Act::Pin { .. } => place.images.has_old.then(|| place.images.is_pinned = true).ok_or(No),
        Act::Pull { .. } => {
            place.images.has_new = true;
            Ok(())
        }
        Act::MoveTag { .. } => tag(place, Some(new_image(case, n))),
        Act::TagBack { .. } => tag(place, place.tag_before),
        Act::TagOld { .. } => tag(place, Some(place.old_image)),
        Act::PullOld { .. } => case.has_old_digest.then(|| place.images.has_old = true).ok_or(No),
        Act::Create { .. } => {
            let can = place.bodies[NEW].is_none() && place.bodies[OLD].is_some() && place.has_image(new_image(case, n));
            create(case, place, NEW, Name::Next, can)?;
            place.has_volume = case.has_volume;
            Ok(())
        }
        Act::Recreate { .. } => {
            let can = place.bodies[OLD].is_none() && place.has_image(place.old_image);
            create(case, place, OLD, Name::Kept, can)?;
            place.is_again = true;
            Ok(())
        }
        Act::Connect { role, .. } => body(place, *role).map(|body| body.lacks_network = false),
        Act::Stop { role, .. } => {
            place.seen[index(*role)] = Seen::Nothing;
            let body = body(place, *role)?;
            if body.is_active() {
                body.status = Status::Exited;
            }
            Ok(())
        }
        Act::Disarm { role, .. } => body(place, *role).map(|body| body.policy = Policy::No),
        Act::Rearm { role, .. } => body(place, *role).map(|body| body.policy = own(case)),
        Act::Rename { role, to, .. } => {
            let to = [Name::Web, Name::Kept, Name::Failed].into_iter().find(|known| name(record, n, *known) == *to).ok_or(No)?;
            let is_taken = place.all().any(|other| other.name == to);
            let body = body(place, *role)?;
            if body.name == to {
                return Ok(());
            }
            (!is_taken).then(|| body.name = to).ok_or(No)
        }
        Act::Start { role, .. } => {
            let body = body(place, *role)?;
            if body.status == Status::Dead {
                return Err(No);
            }
            body.status = Status::Running;
            place.seen[index(*role)] = Seen::Started;
            place.has_new_run |= *role == Role::Successor;
            Ok(())
        }
        Act::Remove { role, .. } => {
            let slot = &mut place.bodies[index(*role)];
            if slot.is_some_and(|body| body.is_active()) {
                return Err(No);
            }
            *slot = None;
            place.seen[index(*role)] = Seen::Nothing;
            Ok(())
        }
        Act::RemoveVolume { .. } => {
            place.has_volume = false;
            Ok(())
        }
        Act::Unpin { .. } => {
            place.images.is_pinned = false;
            Ok(())
        }
        Act::UnpinLeft { .. } => {
            place.images.has_left_pin = false;
            Ok(())
        }
        Act::RemoveImage { image: which } => {
            let users = [(place.old_image, place.bodies[OLD]), (new_image(case, n), place.bodies[NEW])];
            let theirs = place.theirs.map(|theirs| theirs.image);
            for (known, is_there) in [(Img::Old, &mut place.images.has_old), (Img::New, &mut place.images.has_new)] {
                let is_used = theirs == Some(known) || users.iter().any(|(image, body)| *image == known && body.is_some());
                if image(known, n) == *which && !is_used && place.images.tag != Some(known) {
                    *is_there = false;
                    return Ok(());
                }
            }
            Err(No)
        }
        // Of units of systemd, which have cases of their own.
        Act::RestartService { .. } | Act::WriteDropIn { .. } | Act::Stay { .. } | Act::RemoveDropIn { .. } | Act::StartDependent { .. } => {
            Err(No)
        }
    }
}

/// The engine starts what is required along with it, and removes nothing that is.
fn check_ties<const N: usize>(case: &Case, moment: &mut Moment<N>, act: &Act, n: usize) -> Result<(), No> {
    let Some((required, requiring)) = moment.places.split_first_mut().filter(|_| case.requires) else { return Ok(()) };
    match act {
        Act::Start { role, .. } if n > 0 => body(required, *role).map(|body| body.status = Status::Running),
        Act::Remove { role, .. } if n == 0 && requiring.iter().any(|place| place.bodies[index(*role)].is_some()) => Err(No),
        _ => Ok(()),
    }
}

fn tag(place: &mut Place, to: Option<Img>) -> Result<(), No> {
    let is_there = to.is_none_or(|image| place.has_image(image));
    is_there.then(|| place.images.tag = to).ok_or(No)
}

fn create(case: &Case, place: &mut Place, role: usize, name: Name, can: bool) -> Result<(), No> {
    if !can || place.all().any(|other| other.name == name) {
        return Err(No);
    }
    let fresh = Body { name, status: Status::Created, policy: own(case), lacks_network: case.has_two_networks };
    place.bodies[role] = Some(fresh);
    Ok(())
}

fn body(place: &mut Place, role: Role) -> Result<&mut Body, No> {
    place.bodies[index(role)].as_mut().ok_or(No)
}

/// The unit's policy, which can be `no`.
pub fn own(case: &Case) -> Policy {
    if case.policy == RestartPolicy::No { Policy::No } else { Policy::Own }
}

pub fn index(role: Role) -> usize {
    match role {
        Role::Predecessor => OLD,
        Role::Successor => NEW,
    }
}
