//! What about a container itself keeps it from being rotated.

use super::ties::Ties;
use super::{Owner, PodTie, Reason};
use crate::model::{Container, Reference, ReferenceError, RotationId, ServiceState, Status, Target};
use crate::spec;

/// Labels by which a manager knows its own.
const OWNERS: [(&str, Owner); 3] = [
    ("com.docker.swarm.task.id", Owner::Swarm),
    ("io.kubernetes.pod.name", Owner::Kubernetes),
    ("com.hashicorp.nomad.alloc_id", Owner::Nomad),
];

/// Why it cannot be rotated, whoever wants it; else the reference that it follows. `made_by`: the unit of systemd that makes it
/// anew, whatever became of the last one.
pub fn rotatable(container: &Container, ties: &Ties<'_>, made_by: Option<&ServiceState>) -> Result<Reference, Reason> {
    match container.status() {
        Status::Running => {}
        Status::Paused => return Err(Reason::Paused),
        Status::Restarting => return Err(Reason::Restarting),
        Status::Created | Status::Exited | Status::Dead => return Err(Reason::NotRunning),
    }
    if let Some((_, owner)) = OWNERS.iter().find(|(label, _)| container.label(label).is_some()) {
        return Err(Reason::Owned(*owner));
    }
    if container.is_removed_on_exit() && made_by.is_none() {
        return Err(Reason::RemovedOnExit);
    }
    if container.is_infra() {
        return Err(Reason::InPod(PodTie::Infra));
    }
    let tied = made_by.map_or_else(|| ties.reason(container), |unit| ties.reason_by_unit(container, &unit.dependents));
    if let Some(reason) = tied {
        return Err(reason);
    }
    if container.restart_policy().is_none() {
        return Err(Reason::UnknownRestartPolicy);
    }
    let typed = container.image_typed();
    // A short id reads like a name of the Hub's.
    let hex = container.image_id().as_str().trim_start_matches("sha256:").to_owned();
    let is_id = |typed: &str| typed.len() >= 4 && hex.starts_with(typed);
    if is_id(typed) || spec::image_of_command(container.document()).is_some_and(|typed| is_id(typed.trim_start_matches("sha256:"))) {
        return Err(Reason::PinnedById);
    }
    match typed.parse::<Reference>() {
        Ok(reference) if matches!(reference.target(), Target::Digest(_)) => Err(Reason::PinnedByDigest),
        Ok(reference) => Ok(reference),
        Err(ReferenceError::ImageId(_)) => Err(Reason::PinnedById),
        Err(ReferenceError::Malformed(_)) => Err(Reason::BadReference { typed: typed.to_owned() }),
    }
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
    !container.status().is_active() && stem.is_some_and(|stem| all.iter().any(|other| other.name() == stem))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_made_by_the_id_of_its_image_follows_no_tag_whatever_podman_shows() {
        let follows = |command: &str| {
            let document = json!({
                "Name": "web", "Image": format!("sha256:{}", "0123456789ab".repeat(6)), "State": { "Status": "running" },
                "Config": { "Image": "quay.io/web:1", "CreateCommand": command.split(' ').collect::<Vec<_>>() },
                "HostConfig": { "RestartPolicy": { "Name": "no" } },
            });
            let all = [Container::new(document)];
            rotatable(&all[0], &Ties::of(&all, &[]), None).map(|reference| reference.to_string()).map_err(|reason| reason.code())
        };
        assert_eq!(follows("podman run -d -e A=b 0123456789ab sh"), Err("pinned_by_id"));
        assert_eq!(follows("podman run -d sha256:0123456789ab"), Err("pinned_by_id"));
        assert_eq!(follows("podman run -d quay.io/web:1 0123456789ab"), Ok("quay.io/web:1".to_owned()));
        assert_eq!(follows("podman run --made-up quay.io/web:1"), Ok("quay.io/web:1".to_owned()));
    }
}
