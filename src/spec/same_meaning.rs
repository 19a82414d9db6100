//! The few values that an engine writes in two ways for the same.

use serde_json::Value;

/// True if the engine itself turns `old` into `new` at this path.
///
/// - `NetworkMode` `default` is stored as `bridge` (moby v26.1.5, container create; older engines kept `default`).
/// - No restart policy is written `no` or empty (moby, container create: empty becomes `no`; Podman 4.3: as it was said, or not).
/// - `OomKillDisable` is false on a created container and null once it was started on a host that cannot do it (cgroup v2; seen on Docker 26.1.5).
/// - `PidsLimit` 0 and below is stored as null (moby v26.1.5, container create).
pub(super) fn is_same_meaning(path: &[&str], old: &Value, new: &Value) -> bool {
    match path {
        ["HostConfig", "NetworkMode"] => old == "default" && new == "bridge",
        ["HostConfig", "RestartPolicy", "Name"] => [old, new].iter().all(|policy| **policy == "" || **policy == "no"),
        ["HostConfig", "OomKillDisable"] => old.is_null() && *new == Value::Bool(false),
        ["HostConfig", "PidsLimit"] => old.as_i64().is_some_and(|limit| limit <= 0) && new.is_null(),
        _ => false,
    }
}
