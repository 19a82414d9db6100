//! What about a container itself keeps it from being rotated.

use super::{Owner, Reason};
use crate::model::{Container, Reference, ReferenceError, RotationId, Status, Target};

/// Labels by which a manager knows its own.
const OWNERS: [(&str, Owner); 3] = [
    ("com.docker.swarm.task.id", Owner::Swarm),
    ("io.kubernetes.pod.name", Owner::Kubernetes),
    ("com.hashicorp.nomad.alloc_id", Owner::Nomad),
];

/// Why it cannot be rotated, whoever wants it; else the reference that it follows. `all` is every container of the engine.
pub fn rotatable(container: &Container, all: &[Container]) -> Result<Reference, Reason> {
    match container.state().status {
        Status::Running => {}
        Status::Paused => return Err(Reason::Paused),
        Status::Restarting => return Err(Reason::Restarting),
        Status::Created | Status::Exited | Status::Dead => return Err(Reason::NotRunning),
    }
    let labels = container.labels();
    if let Some((_, owner)) = OWNERS.iter().find(|(label, _)| labels.contains_key(*label)) {
        return Err(Reason::Owned(*owner));
    }
    if container.is_removed_on_exit() {
        return Err(Reason::RemovedOnExit);
    }
    if let Some(reason) = tied(container, all) {
        return Err(reason);
    }
    if container.restart_policy().is_none() {
        return Err(Reason::UnknownRestartPolicy);
    }
    let typed = container.image_typed();
    match typed.parse::<Reference>() {
        Ok(reference) if matches!(reference.target(), Target::Digest(_)) => Err(Reason::PinnedByDigest),
        Ok(reference) => Ok(reference),
        Err(ReferenceError::ImageId(_)) => Err(Reason::PinnedById),
        Err(ReferenceError::Malformed(_)) => Err(Reason::BadReference { typed: typed.to_owned() }),
    }
}

/// Containers that depend on each other by id are one unit; until units have several members they are held.
fn tied(container: &Container, all: &[Container]) -> Option<Reason> {
    let name_of = |pointed: &str| all.iter().find(|c| points_to(pointed, c)).map_or(pointed, |c| c.name()).to_owned();
    if let Some(with) = container.shares_namespace_of().first() {
        return Some(Reason::SharesNamespace { with: name_of(with) });
    }
    if let Some(other) = container.linked_to().first() {
        return Some(Reason::LinkedTo { other: name_of(other) });
    }
    let others = || all.iter().filter(|other| other.id() != container.id());
    if let Some(other) = others().find(|other| other.shares_namespace_of().iter().any(|p| points_to(p, container))) {
        return Some(Reason::LendsNamespace { to: other.name().to_owned() });
    }
    let other = others().find(|other| other.linked_to().iter().any(|p| points_to(p, container)))?;
    Some(Reason::LinkedFrom { other: other.name().to_owned() })
}

fn points_to(pointed: &str, container: &Container) -> bool {
    let id = container.id();
    pointed == container.name() || (pointed.len() >= 12 && id.as_str().starts_with(pointed))
}

/// What a name tells that a rotation gave: the unit's name and the rotation's id (`web.rotate-old-7f3a21-always`).
pub fn given_name(name: &str) -> Option<(&str, RotationId)> {
    let (unit, rest) = ["old", "next", "failed"].iter().find_map(|kind| name.rsplit_once(&format!(".rotate-{kind}-")))?;
    let id = rest.get(..6)?;
    let ends = rest.len() == 6 || rest.as_bytes().get(6) == Some(&b'-');
    (ends && id.chars().all(|c| c.is_ascii_hexdigit())).then(|| (unit, RotationId::new(id)))
}

/// A stopped container whose name is that of another and an ending that other updaters use.
pub fn is_leftover(container: &Container, all: &[Container]) -> bool {
    let endings = ["-old", "_old", ".old", "-backup", "_backup"];
    let stem = endings.iter().find_map(|ending| container.name().strip_suffix(ending));
    !container.state().is_active() && stem.is_some_and(|stem| all.iter().any(|other| other.name() == stem))
}
