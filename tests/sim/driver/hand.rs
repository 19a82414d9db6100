//! What other people and tools do on the host between any two calls of the agent.

use super::world::World;
use crate::engine::Spec;

/// One act of another hand; `usize` is the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    PruneContainers,
    PruneImages {
        all: bool,
    },
    /// `docker pull` of the unit's reference.
    Pull(usize),
    Stop(usize),
    Start(usize),
    Pause(usize),
    Remove(usize),
    Rename(usize),
    /// `docker rm -f` and `docker run`.
    Recreate(usize),
    /// `docker start` of whatever of the unit is stopped.
    StartSpare(usize),
    /// Its process dies.
    Die(usize),
    ComposeUp(usize),
}

/// Those after which everything must be as if nothing had happened.
pub const HARMLESS: [Hand; 3] = [Hand::PruneContainers, Hand::PruneImages { all: false }, Hand::PruneImages { all: true }];

/// All, on the first two units.
pub const ALL: [Hand; 17] = [
    Hand::PruneContainers,
    Hand::PruneImages { all: true },
    Hand::Pull(0),
    Hand::Stop(0),
    Hand::Stop(1),
    Hand::Start(0),
    Hand::Pause(0),
    Hand::Remove(0),
    Hand::Remove(1),
    Hand::Rename(0),
    Hand::Recreate(0),
    Hand::Recreate(1),
    Hand::StartSpare(0),
    Hand::StartSpare(1),
    Hand::Die(0),
    Hand::ComposeUp(0),
    Hand::ComposeUp(1),
];

impl Hand {
    fn unit(self) -> Option<usize> {
        match self {
            Self::PruneContainers | Self::PruneImages { .. } => None,
            Self::Pull(n) | Self::Stop(n) | Self::Start(n) | Self::Pause(n) | Self::Remove(n) | Self::Rename(n) | Self::Recreate(n) => {
                Some(n)
            }
            Self::StartSpare(n) | Self::Die(n) | Self::ComposeUp(n) => Some(n),
        }
    }

    /// True if a container may run afterwards that rotate did not start.
    pub fn starts(self) -> bool {
        matches!(self, Self::Start(_) | Self::StartSpare(_) | Self::Recreate(_) | Self::ComposeUp(_))
    }

    /// True if nothing of the unit may run afterwards, as the person wants it.
    pub fn takes_away(self) -> bool {
        matches!(self, Self::Stop(_) | Self::Pause(_) | Self::Remove(_) | Self::Rename(_) | Self::Recreate(_))
    }

    /// Does it, if the host is up. A unit that it touches is noted.
    pub fn lay(self, world: &World) {
        if !world.sim.host().is_up {
            return;
        }
        let unit = match self.unit() {
            Some(n) => world.state().units.get(n).cloned(),
            None => None,
        };
        let is_of_compose = matches!(self, Self::ComposeUp(_));
        if self.unit().is_some() && unit.as_ref().is_none_or(|unit| is_of_compose && !unit.is_composed()) {
            return;
        }
        world.note(|| format!("another hand: {self:?}"));
        if let Some(unit) = &unit {
            world.state().hands.push((unit.name.clone(), self));
        }
        let spec = unit.unwrap_or_else(|| Spec::new("", ""));
        let mut host = world.sim.host();
        let name = spec.name.as_str();
        // Whatever the engine says to them is their business.
        let _ = match self {
            Self::PruneContainers => {
                host.prune_containers();
                Ok(())
            }
            Self::PruneImages { all } => {
                host.prune_images(all);
                Ok(())
            }
            Self::Pull(_) => host.pull(&spec.image),
            Self::Stop(_) => host.stop_by_hand(name),
            Self::Start(_) => host.start_by_hand(name),
            Self::Pause(_) => host.pause_by_hand(name),
            Self::Remove(_) => host.remove_by_hand(name, true, false),
            Self::Rename(_) => host.rename_by_hand(name, &format!("{name}-mine")),
            Self::Die(_) => host.die(name),
            Self::Recreate(_) => host.remove_by_hand(name, true, false).and_then(|()| host.run(&spec)).map(drop),
            Self::StartSpare(_) => {
                let of_it = |c: &&crate::engine::Container| c.config["Labels"]["sim.unit"] == name && !c.is_active();
                let spare = host.containers.values().find(of_it).map(|c| c.id.clone());
                spare.map_or(Ok(()), |id| host.start_by_hand(&id))
            }
            Self::ComposeUp(_) => compose_up(&mut host, &spec),
        };
        // Two that a person started are the person's.
        host.collisions.clear();
    }
}

/// `compose up -d`: of the service's containers, found by label, one is left, and made anew if its image is not what the tag points to.
fn compose_up(host: &mut crate::engine::Host, spec: &Spec) -> Result<(), crate::engine::Refused> {
    let of_it = |c: &&crate::engine::Container| c.config["Labels"]["sim.unit"] == spec.name.as_str();
    let mut all: Vec<(bool, String, String)> =
        host.containers.values().filter(of_it).map(|c| (!c.is_active(), c.id.clone(), c.image.clone())).collect();
    all.sort();
    for (_, id, _) in all.iter().skip(1) {
        host.remove_by_hand(id, true, false)?;
    }
    let Some((_, id, image)) = all.first() else { return host.run(spec).map(drop) };
    if host.images.find(&spec.image).as_ref() == Some(image) {
        return host.start_by_hand(id);
    }
    let interim = format!("{}_{}", &id[..12], spec.name);
    let new = host.create_by_hand(&Spec { name: interim, ..spec.clone() })?;
    host.remove_by_hand(id, true, false)?;
    host.rename_by_hand(&new, &spec.name)?;
    host.start_by_hand(&new)
}
