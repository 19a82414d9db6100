//! What is mounted, and the devices.

use serde_json::{Map, Value, json};

use super::{Source, Spec};
use crate::spec::document::{entries, is_same_path, list, text};
use crate::spec::volumes::is_anonymous;

pub fn put(source: &Source<'_>, spec: &mut Spec) {
    let host = source.container.host();
    let volumes: Vec<Value> = list(&source.generator["volumes"]).iter().map(|volume| named(source, volume)).collect();
    spec.put("volumes", volumes);
    spec.copy(source, &["mounts", "overlay_volumes", "image_volumes", "volatile", "chroot_directories", "shm_size_systemd"]);
    spec.put("image_volume_mode", image_volume_mode(source));
    spec.put("devices", source.generator["host_device_list"].clone());
    if host["Privileged"] != true {
        spec.put("device_cgroup_rule", device_rules(source));
    }
    if !["host", "none"].contains(&text(&host["IpcMode"])) {
        spec.put("shm_size", host["ShmSize"].clone());
    }
    spec.put("secrets", secrets(source));
}

/// By its name also where it is anonymous, so that the data stays.
fn named(source: &Source<'_>, volume: &Value) -> Value {
    let mut volume = volume.as_object().cloned().unwrap_or_default();
    let mount = source.container.mount_at(volume.get("Dest").map(text).unwrap_or_default());
    volume.insert("IsAnonymous".to_owned(), mount.is_some_and(is_anonymous).into());
    if let Some(part) = mount.and_then(|mount| mount.get("SubPath")).filter(|part| *part != "") {
        volume.insert("SubPath".to_owned(), part.clone());
    }
    volume.into()
}

/// What becomes of the volumes that only the new image declares: the same as of the old image's.
fn image_volume_mode(source: &Source<'_>) -> &'static str {
    let mounts = || list(&source.runtime["mounts"]).iter();
    let has_tmpfs = |path: &str| mounts().any(|mount| mount["type"] == "tmpfs" && is_same_path(text(&mount["destination"]), path));
    let mut declared = entries(&source.images.old["Config"]["Volumes"]).map(|(path, _)| path);
    match declared.find(|path| source.container.mount_at(path).is_none()) {
        None => "anonymous",
        Some(path) if has_tmpfs(path) => "tmpfs",
        Some(_) => "ignore",
    }
}

/// The rules beyond those that Podman makes for each device.
fn device_rules(source: &Source<'_>) -> Vec<Value> {
    let linux = &source.runtime["linux"];
    let names = |rule: &Value| ["type", "major", "minor"].map(|key| rule[key].clone());
    let is_of_a_device = |rule: &Value| list(&linux["devices"]).iter().any(|device| names(device) == names(rule));
    let rules = list(&linux["resources"]["devices"]).iter().filter(|rule| rule["allow"] == true && !is_of_a_device(rule));
    rules.cloned().collect()
}

/// Inspect shows no targets, `podman generate spec` no names; both have them in one order.
fn secrets(source: &Source<'_>) -> Vec<Value> {
    let (shown, kept) = (list(&source.container.config()["Secrets"]), list(&source.generator["secrets"]));
    let secret = |(shown, kept): (&Value, &Value)| {
        let mut secret: Map<String, Value> = ["UID", "GID", "Mode"].map(|key| (key.to_owned(), shown[key].clone())).into_iter().collect();
        secret.insert("Source".to_owned(), shown["Name"].clone());
        secret.insert("Target".to_owned(), kept["Target"].clone());
        json!(secret)
    };
    shown.iter().zip(kept).map(secret).collect()
}
