//! Volumes: the anonymous ones of a predecessor are handed over by name, so that their data stays.

use serde_json::{Map, Value, json};

use super::{field, items};

/// Adds to a predecessor's `HostConfig` what hands its anonymous volumes over.
///
/// An anonymous volume stands in `Mounts` with a name of 64 hex digits and in no bind (seen on Docker 20.10–28.5). One that came by
/// `--volumes-from` stays the other container's; it cannot be told from the document unless no declaration asks for it.
pub fn hand_over(predecessor: &Value, host_config: &mut Map<String, Value>) {
    name_sources(predecessor, host_config);
    let mut binds = host_config.get("Binds").map(items).unwrap_or_default().to_vec();
    let has_volumes_from = !items(field(predecessor, "/HostConfig/VolumesFrom")).is_empty();
    for mount in items(field(predecessor, "/Mounts")).iter().filter(|mount| is_anonymous(mount)) {
        let (name, target) = (text(mount, "Name"), text(mount, "Destination"));
        let is_declared = field(predecessor, "/Config/Volumes").get(target).is_some();
        let is_named = binds.iter().any(|bind| bind_target(bind) == Some(target)) || mounts_entry(host_config, target).is_some();
        if is_named || (has_volumes_from && !is_declared) {
            continue;
        }
        let read_only = if mount.get("RW") == Some(&Value::Bool(false)) { ":ro" } else { "" };
        binds.push(Value::from(format!("{name}:{target}{read_only}")));
        host_config.insert("Binds".into(), Value::Array(binds.clone()));
    }
}

/// `--mount type=volume,dst=/x` has no source; the engine made one up.
fn name_sources(predecessor: &Value, host_config: &mut Map<String, Value>) {
    let Some(entries) = host_config.get_mut("Mounts").and_then(Value::as_array_mut) else { return };
    for entry in entries.iter_mut().filter(|entry| text(entry, "Type") == "volume" && text(entry, "Source").is_empty()) {
        let target = text(entry, "Target").to_owned();
        let mount = items(field(predecessor, "/Mounts")).iter().find(|mount| text(mount, "Destination") == target);
        if let (Some(mount), Some(fields)) = (mount, entry.as_object_mut()) {
            fields.insert("Source".into(), field(mount, "/Name").clone());
        }
    }
}

/// What `Mounts` of the successor must be, by target: the predecessor's, and one new volume for each path that only the new image declares.
pub fn predicted_mounts(predecessor: &Value, successor: &Value, config: &Value) -> Value {
    let old = items(field(predecessor, "/Mounts"));
    let mut expected: Vec<Value> = Vec::new();
    for mount in old {
        let mut mount = mount.clone();
        // Named in the request now, which the engine shows as mode `z` instead of an empty one (seen on Docker 26.1).
        if is_anonymous(&mount) && text(&mount, "Mode").is_empty() && text(found(successor, text(&mount, "Destination")), "Mode") == "z" {
            mount["Mode"] = Value::from("z");
        }
        expected.push(mount);
    }
    for (target, _) in field(config, "/Volumes").as_object().into_iter().flatten() {
        if old.iter().all(|mount| text(mount, "Destination") != target) {
            let born = found(successor, target);
            let name = if is_anonymous(born) { text(born, "Name") } else { "?" };
            let source = text(born, "Source");
            let source = if source.ends_with(&format!("/{name}/_data")) { source } else { "?" };
            expected.push(json!({
                "Type": "volume", "Name": name, "Source": source, "Destination": target, "Driver": "local", "Mode": "", "RW": true, "Propagation": ""
            }));
        }
    }
    Value::Array(expected)
}

/// Anonymous volumes of the successor that the predecessor does not mount: they came into being with it.
pub fn volumes_born(predecessor: &Value, successor: &Value) -> Vec<String> {
    let is_old = |name: &str| items(field(predecessor, "/Mounts")).iter().any(|mount| text(mount, "Name") == name);
    let anonymous = items(field(successor, "/Mounts")).iter().filter(|mount| is_anonymous(mount));
    anonymous.map(|mount| text(mount, "Name").to_owned()).filter(|name| !is_old(name)).collect()
}

fn is_anonymous(mount: &Value) -> bool {
    let name = text(mount, "Name");
    text(mount, "Type") == "volume" && name.len() == 64 && name.chars().all(|c| c.is_ascii_hexdigit())
}

fn found<'a>(container: &'a Value, target: &str) -> &'a Value {
    items(field(container, "/Mounts")).iter().find(|mount| text(mount, "Destination") == target).unwrap_or(&Value::Null)
}

fn mounts_entry<'a>(host_config: &'a Map<String, Value>, target: &str) -> Option<&'a Value> {
    host_config.get("Mounts").map(items).unwrap_or_default().iter().find(|entry| text(entry, "Target") == target)
}

/// The second part of `SOURCE:TARGET[:MODE]`.
fn bind_target(bind: &Value) -> Option<&str> {
    bind.as_str()?.split(':').nth(1)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
