//! `Config`: what the operator set, as against what the image gave; and the engine's way of laying the one over the other.

use serde_json::{Map, Value};

use super::{field, is_unset, items};

/// Fields of `Config` that the engine fills from the image when the operator left them out (moby `daemon/commit.go`, `merge`).
const FROM_IMAGE: [&str; 3] = ["User", "WorkingDir", "StopSignal"];
/// Maps of which the engine takes the operator's keys and adds the image's.
const MAPS: [&str; 3] = ["ExposedPorts", "Labels", "Volumes"];
/// Parts of a HEALTHCHECK that the engine fills one by one.
const HEALTH: [&str; 6] = ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"];

/// `Config` without what equals the old image's, so that a new image's defaults come through. `Hostname` is not looked at here.
///
/// What an operator set to the very value that the image has anyway cannot be told apart from the image's, and counts as the image's.
pub fn operators(config: &Value, image: &Value) -> Map<String, Value> {
    let mut own = config.as_object().cloned().unwrap_or_default();
    for key in FROM_IMAGE {
        if field(config, &format!("/{key}")) == field(image, &format!("/{key}")) {
            own.remove(key);
        }
    }
    for key in MAPS {
        let of_image = field(image, &format!("/{key}"));
        if let Some(map) = own.get_mut(key).and_then(Value::as_object_mut) {
            map.retain(|name, value| of_image.get(name) != Some(value));
        }
    }
    if let Some(list) = own.get_mut("Env").and_then(Value::as_array_mut) {
        list.retain(|variable| !items(field(image, "/Env")).contains(variable));
    }
    command(&mut own, config, image);
    healthcheck(&mut own, image);
    own
}

/// With an entrypoint of the operator's, the image's command does not count: then both are the operator's. An entrypoint that the operator
/// emptied is asked for as `[""]` (moby `daemon/create.go`: it then becomes null).
fn command(own: &mut Map<String, Value>, config: &Value, image: &Value) {
    let of = |document, key| -> Value { field(document, key).clone() };
    let (entrypoint, command) = (of(config, "/Entrypoint"), of(config, "/Cmd"));
    let is_emptied = is_unset(&entrypoint) && !is_unset(field(image, "/Entrypoint"));
    let lost_command = is_unset(&command) && !is_unset(field(image, "/Cmd"));
    let is_set = !(is_unset(&entrypoint) && is_unset(field(image, "/Entrypoint"))) && entrypoint != *field(image, "/Entrypoint");
    if is_emptied {
        own.insert("Entrypoint".into(), Value::from(vec![""]));
    } else if !is_set && !lost_command {
        own.remove("Entrypoint");
        if command == *field(image, "/Cmd") {
            own.remove("Cmd");
        }
    }
}

fn healthcheck(own: &mut Map<String, Value>, image: &Value) {
    let of_image = field(image, "/Healthcheck");
    let Some(check) = own.get_mut("Healthcheck").and_then(Value::as_object_mut) else { return };
    check.retain(|key, value| of_image.get(key) != Some(value));
    if check.is_empty() {
        own.remove("Healthcheck");
    }
}

/// What the engine makes of the operator's settings and an image (moby `daemon/commit.go`, `merge`, 20.10–28.5). Inverse of [`operators`].
pub fn merged(own: &Map<String, Value>, image: &Value) -> Value {
    let mut config = own.clone();
    for key in FROM_IMAGE {
        if config.get(key).is_none_or(is_unset) {
            config.insert(key.into(), field(image, &format!("/{key}")).clone());
        }
    }
    for key in MAPS {
        let mut map = field(image, &format!("/{key}")).as_object().cloned().unwrap_or_default();
        map.extend(config.get(key).and_then(Value::as_object).cloned().unwrap_or_default());
        config.insert(key.into(), Value::Object(map));
    }
    merge_environment(&mut config, image);
    merge_command(&mut config, image);
    merge_healthcheck(&mut config, image);
    Value::Object(config)
}

fn merge_environment(config: &mut Map<String, Value>, image: &Value) {
    let mut list = config.get("Env").map(items).unwrap_or_default().to_vec();
    let names: Vec<String> = list.iter().map(variable_name).collect();
    list.extend(items(field(image, "/Env")).iter().filter(|v| !names.contains(&variable_name(v))).cloned());
    config.insert("Env".into(), Value::Array(list));
}

fn merge_command(config: &mut Map<String, Value>, image: &Value) {
    if config.get("Entrypoint").is_some_and(|e| !is_unset(e)) {
        if config.get("Entrypoint") == Some(&Value::from(vec![""])) {
            config.insert("Entrypoint".into(), Value::Null);
        }
        return;
    }
    if config.get("Cmd").is_none_or(is_unset) {
        config.insert("Cmd".into(), field(image, "/Cmd").clone());
    }
    config.insert("Entrypoint".into(), field(image, "/Entrypoint").clone());
}

fn merge_healthcheck(config: &mut Map<String, Value>, image: &Value) {
    let of_image = field(image, "/Healthcheck");
    if is_unset(of_image) {
        return;
    }
    let mut check = config.get("Healthcheck").and_then(Value::as_object).cloned().unwrap_or_default();
    for key in HEALTH {
        let is_zero = |v: &Value| is_unset(v) || v.as_i64() == Some(0);
        if let (true, Some(value)) = (check.get(key).is_none_or(is_zero), of_image.get(key)) {
            check.insert(key.into(), value.clone());
        }
    }
    config.insert("Healthcheck".into(), Value::Object(check));
}

/// The part of `NAME=value` before the sign.
pub fn variable_name(variable: &Value) -> String {
    variable.as_str().unwrap_or_default().split('=').next().unwrap_or_default().to_owned()
}
