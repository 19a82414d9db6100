//! Anonymous volumes: handed over to the successor by name, so that the data stays.

use serde_json::{Map, Value};

use super::document::{Container, entries, is_same_path, list, text, texts};
use super::tree::bind_destination;
use super::volumes::is_anonymous;

/// The mounts of the predecessor that become `Binds`: its anonymous volumes, declared by an image or by the user.
///
/// A volume that is mounted by name already (`Binds`, `HostConfig.Mounts`) is not among them. Nor is one that came by `VolumesFrom`. Which did is not told, so: one that is
/// declared in `Config.Volumes` and may be written counts as the container's own, because mounting it by name mounts the same volume in either case.
pub(super) fn carried_mounts(container: Container<'_>) -> impl Iterator<Item = &Value> {
    container.mounts().filter(move |mount| is_carried(container, mount))
}

fn is_carried(container: Container<'_>, mount: &Value) -> bool {
    let destination = text(&mount["Destination"]);
    let is_there = |path: &str| is_same_path(path, destination);
    let mut binds = texts(&container.host()["Binds"]).filter(|bind| is_there(bind_destination(bind)));
    let is_bound = binds.any(|bind| bind.contains(':'));
    let is_typed = list(&container.host()["Mounts"]).iter().any(|mount| is_there(text(&mount["Target"])));
    let may_be_another_s = !list(&container.host()["VolumesFrom"]).is_empty();
    let is_own = || mount["RW"] == true && entries(&container.config()["Volumes"]).any(|(path, _)| is_there(path));
    is_anonymous(mount) && !is_bound && !is_typed && (!may_be_another_s || is_own())
}

/// `NAME:/data:nocopy`, with the other mode bits the mount had.
pub(super) fn carried_bind(mount: &Value) -> String {
    format!("{}:{}:{}", text(&mount["Name"]), text(&mount["Destination"]), carried_mode(mount))
}

/// The mode of a carried mount. `nocopy`: an empty volume would be filled from the new image at create, while the predecessor runs (seen on Docker 26.1.5).
pub(super) fn carried_mode(mount: &Value) -> String {
    let mut bits: Vec<&str> = text(&mount["Mode"]).split(',').filter(|bit| !bit.is_empty()).collect();
    if mount["RW"] == false && !bits.contains(&"ro") {
        bits.push("ro");
    }
    if !bits.contains(&"copy") && !bits.contains(&"nocopy") {
        bits.push("nocopy");
    }
    bits.join(",")
}

/// What becomes of an entry of `HostConfig.Mounts` that asks for an anonymous volume (type volume, no source): the same with the volume's name. None for any other entry.
pub(super) fn carried_entry(container: Container<'_>, entry: &Value) -> Option<Value> {
    if entry["Type"] != "volume" || !text(&entry["Source"]).is_empty() {
        return None;
    }
    let mount = container.mount_at(text(&entry["Target"])).filter(|mount| is_anonymous(mount))?;
    let mut fields = entry.as_object()?.clone();
    fields.insert("Source".into(), mount["Name"].clone());
    let mut options = fields.get("VolumeOptions").and_then(Value::as_object).cloned().unwrap_or_default();
    options.insert("NoCopy".into(), true.into());
    fields.insert("VolumeOptions".into(), options.into());
    Some(fields.into())
}

/// Puts the names of the predecessor's anonymous volumes into a copy of its `HostConfig`.
pub(super) fn put_into(host: &mut Map<String, Value>, container: Container<'_>) {
    let carried: Vec<String> = carried_mounts(container).map(carried_bind).collect();
    if !carried.is_empty() {
        // A bind of one part only asked for the anonymous volume that is now named.
        let typed = list(&container.host()["Binds"]).iter().filter(|bind| text(bind).contains(':'));
        host.insert("Binds".into(), typed.cloned().chain(carried.into_iter().map(Value::from)).collect());
    }
    for entry in host.get_mut("Mounts").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(carried) = carried_entry(container, entry) {
            *entry = carried;
        }
    }
}
