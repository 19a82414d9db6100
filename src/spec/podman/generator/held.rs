//! What keeps a container from being asked for again through the API.

use super::Source;
use crate::spec::document::{SpecError, is_nothing, list, text, texts};

/// Errors: the first thing that would be lost.
pub fn check(source: &Source<'_>) -> Result<(), SpecError> {
    const WATCHED: &str = "a supervisor may watch that file for the container";
    let (container, config, host) = (source.container, source.container.config(), source.container.host());
    let is_own_file = |path: &str| path.is_empty() || path.contains(container.id());
    let found: [(&'static str, bool, &'static str); 10] = [
        ("Pod", !text(&container.0["Pod"]).is_empty(), "a member of a pod that was made through the API gets settings from the pod"),
        (
            "Dependencies",
            !is_nothing(&container.0["Dependencies"]),
            "which of the containers that it depends on it was told to require is not shown",
        ),
        ("Rootfs", !text(&container.0["Rootfs"]).is_empty(), "it has no image"),
        ("ConmonPidFile", !is_own_file(text(&container.0["ConmonPidFile"])), WATCHED),
        ("PidFile", !is_own_file(text(&container.0["PidFile"])), WATCHED),
        ("HostConfig.ContainerIDFile", !text(&host["ContainerIDFile"]).is_empty(), WATCHED),
        ("HostConfig.VolumesFrom", !is_nothing(&host["VolumesFrom"]), "volumes of another container cannot be told from its own"),
        ("Config.sdNotifySocket", !text(&config["sdNotifySocket"]).is_empty(), "a unit of systemd waits for word of it"),
        ("InitContainerType", !text(&source.generator["init_container_type"]).is_empty(), "it runs before others do"),
        (
            "Config.Env",
            texts(&config["Env"]).any(|variable| variable.ends_with("=*******")),
            "which variable holds the secret is not shown",
        ),
    ];
    if let Some((field, _, why)) = found.into_iter().find(|(_, is_there, _)| *is_there) {
        return Err(SpecError::CannotCarry { field, why });
    }
    let is_targeted = |secret: &serde_json::Value| !text(&secret["Target"]).is_empty();
    let secrets = (list(&config["Secrets"]).len(), list(&source.generator["secrets"]).iter().filter(|secret| is_targeted(secret)).count());
    if secrets.0 != secrets.1 {
        return Err(SpecError::CannotCarry { field: "Config.Secrets", why: "where they are mounted is not shown" });
    }
    Ok(())
}
