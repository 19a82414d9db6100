//! Holds the engine's description of a successor against what was foretold, leaf by leaf.

use std::collections::BTreeSet;

use serde_json::Value;

use super::leaves::{Path, leaves};
use super::predict::predict;
use super::{Difference, Images, Rule, field};

/// Leaves that say how a container fares and not what it is; `*` is one key, a pattern covers all below it. None is under `Config` or `HostConfig`.
pub const OPERATIONAL: [&str; 7] = ["Id", "Name", "Created", "State", "GraphDriver", "MountLabel", "ProcessLabel"];

/// What the engine gives a container when it starts it; empty before (seen on Docker 26.1).
const GIVEN_AT_START: [&str; 25] = [
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "LogPath",
    "NetworkSettings.SandboxID",
    "NetworkSettings.SandboxKey",
    "NetworkSettings.Ports",
    "NetworkSettings.EndpointID",
    "NetworkSettings.Gateway",
    "NetworkSettings.GlobalIPv6Address",
    "NetworkSettings.GlobalIPv6PrefixLen",
    "NetworkSettings.IPAddress",
    "NetworkSettings.IPPrefixLen",
    "NetworkSettings.IPv6Gateway",
    "NetworkSettings.MacAddress",
    "NetworkSettings.Networks.*.NetworkID",
    "NetworkSettings.Networks.*.EndpointID",
    "NetworkSettings.Networks.*.Gateway",
    "NetworkSettings.Networks.*.IPAddress",
    "NetworkSettings.Networks.*.IPPrefixLen",
    "NetworkSettings.Networks.*.IPv6Gateway",
    "NetworkSettings.Networks.*.GlobalIPv6Address",
    "NetworkSettings.Networks.*.GlobalIPv6PrefixLen",
    "NetworkSettings.Networks.*.MacAddress",
    "NetworkSettings.Networks.*.DNSNames",
];

/// Compares a successor that was never started with its predecessor. Pure.
///
/// Takes both answers of `GET /containers/{id}/json` as sent, from one engine at one API version. Returns every leaf that differs or is not as
/// foretold, ascending by path. Sizes are bytes, times nanoseconds, stop timeouts seconds.
pub fn compare(predecessor: &Value, successor: &Value, images: Images<'_>) -> Vec<Difference> {
    let (old, new) = (leaves(predecessor), leaves(successor));
    let expected = leaves(&predict(predecessor, successor, images));
    let paths: BTreeSet<&Path> = old.keys().chain(new.keys()).chain(expected.keys()).collect();
    let relevant = paths.into_iter().filter(|path| !is_any_of(path, &OPERATIONAL));
    relevant
        .filter_map(|path| {
            let (old, new) = (old.get(path).unwrap_or(&Value::Null), new.get(path).unwrap_or(&Value::Null));
            let explained_by = if is_any_of(path, &GIVEN_AT_START) {
                (is_blank(new) || is_configured_mac(path, new, predecessor)).then_some(Rule::NotStarted)
            } else {
                let is_foretold = new == expected.get(path).unwrap_or(&Value::Null) || is_dropped_at_start(path, old, new);
                is_foretold.then(|| rule(path, old))
            };
            let is_same = old == new && explained_by.is_some();
            (!is_same).then(|| Difference { path: path.join("."), old: old.clone(), new: new.clone(), explained_by })
        })
        .collect()
}

/// The rule that made the prediction at this path.
fn rule(path: &[String], old: &Value) -> Rule {
    match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["Image", ..] => Rule::NewImage,
        ["Config", "Hostname"] | ["HostConfig", "Links", ..] => Rule::OwnIdentity,
        ["Config", ..] | ["Path" | "Args", ..] => Rule::ImageDefault,
        ["Mounts", _, "Mode"] => Rule::VolumeHandedOver,
        ["Mounts", ..] if old.is_null() => Rule::VolumeOfImage,
        ["HostConfig", "OomKillDisable"] => Rule::NotStarted,
        ["Mounts" | "HostConfig", ..] => Rule::VolumeHandedOver,
        _ => Rule::NotStarted,
    }
}

/// The main network's endpoint shows the configured address before the start, too (seen on Docker 26.1).
fn is_configured_mac(path: &[String], new: &Value, predecessor: &Value) -> bool {
    let configured = field(predecessor, "/Config/MacAddress");
    path.last().is_some_and(|key| key == "MacAddress") && !is_blank(configured) && new == configured
}

/// Where the kernel cannot turn its memory killer off, the engine forgets the default at the first start (moby `daemon_unix.go`,
/// `verifyPlatformContainerResources`; seen on Docker 26.1 with cgroup v2).
fn is_dropped_at_start(path: &[String], old: &Value, new: &Value) -> bool {
    path == ["HostConfig", "OomKillDisable"] && old.is_null() && *new == Value::Bool(false)
}

fn is_any_of(path: &[String], patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| {
        let keys: Vec<&str> = pattern.split('.').collect();
        path.len() >= keys.len() && keys.iter().zip(path).all(|(key, part)| *key == "*" || key == part)
    })
}

fn is_blank(value: &Value) -> bool {
    super::is_unset(value) || value.as_i64() == Some(0)
}
