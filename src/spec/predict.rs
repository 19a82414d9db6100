//! How a successor will differ, before there is one: its description is made up from the create request as an engine would, and compared.

use serde_json::{Map, Value, json};

use super::compare::compare;
use super::config::user_config;
use super::create::create_request;
use super::difference::Difference;
use super::document::{Container, Images, SpecError, entries, is_nothing, is_same_path, list, text};
use super::podman;
use super::tree::variable_name;

/// What an engine merges as one whole where the request says nothing.
const WHOLE: [&str; 6] = ["User", "WorkingDir", "StopSignal", "ArgsEscaped", "Shell", "OnBuild"];
/// What it merges entry by entry.
const MAPS: [&str; 4] = ["Labels", "ExposedPorts", "Volumes", "Healthcheck"];

/// The differences that the two images explain. What follows from the successor's own id, name and address is left out; it is not known yet.
///
/// Takes the same as [`create_request`], with the reference as typed. Pure.
pub fn predict(predecessor: &Value, images: Images<'_>) -> Result<Vec<Difference>, SpecError> {
    let request = create_request(predecessor, images, text(&predecessor["Config"]["Image"]))?;
    let request = if podman::is_libpod(predecessor) { user_config(Container(predecessor), images).into() } else { request };
    let mut successor = predecessor.clone();
    let config = merged(predecessor, &request, &images.new["Config"]);
    let mut line = list(&config["Entrypoint"]).iter().chain(list(&config["Cmd"])).cloned();
    successor["Image"] = images.new["Id"].clone();
    successor["Path"] = line.next().unwrap_or_default();
    successor["Args"] = line.collect();
    mount_declared_volumes(&mut successor, Container(predecessor), &images.new["Config"]);
    successor["Config"] = config;
    Ok(compare(predecessor, &successor, images))
}

/// The predecessor's `Config`, with the new image's defaults wherever the request has none (moby v26.1.5, `daemon/commit.go`, `merge`).
fn merged(predecessor: &Value, request: &Value, image: &Value) -> Value {
    let old = &predecessor["Config"];
    let mut config = old.as_object().cloned().unwrap_or_default();
    // Podman shows no volumes there; 4.3 no ports.
    let is_shown =
        |field: &str| !podman::is_libpod(predecessor) || field != "Volumes" && (field != "ExposedPorts" || !old[field].is_null());
    for field in WHOLE {
        let asked = request.get(field).filter(|asked| !is_nothing(asked) && *asked != "");
        put(&mut config, field, asked.unwrap_or(&image[field]).clone());
    }
    for field in MAPS.into_iter().filter(|field| is_shown(field)) {
        let mut map: Map<String, Value> = image[field].as_object().cloned().unwrap_or_default();
        map.extend(entries(&request[field]).map(|(key, value)| (key.clone(), value.clone())));
        put(&mut config, field, map.into());
    }
    let asked = list(&request["Env"]);
    let is_asked = |variable: &Value| asked.iter().any(|other| variable_name(text(other)) == variable_name(text(variable)));
    let added = list(&image["Env"]).iter().filter(|variable| !is_asked(variable));
    put(&mut config, "Env", asked.iter().chain(added).cloned().collect());
    let (entrypoint, command) = command(request, image);
    put(&mut config, "Entrypoint", entrypoint);
    put(&mut config, "Cmd", command);
    config.into()
}

/// What says nothing stays as the engine wrote it before: null, `[]` or not at all.
fn put(config: &mut Map<String, Value>, field: &str, value: Value) {
    let says_nothing = |value: &Value| is_nothing(value) || value == "";
    match config.get(field) {
        Some(old) if says_nothing(old) && says_nothing(&value) => {}
        None if says_nothing(&value) => {}
        Some(Value::String(_)) if value.is_null() => drop(config.insert(field.to_owned(), "".into())),
        _ => drop(config.insert(field.to_owned(), value)),
    }
}

/// A request with an entrypoint gets no command from the image; `[""]` asks for none.
fn command(request: &Value, image: &Value) -> (Value, Value) {
    let (entrypoint, command) = (&request["Entrypoint"], &request["Cmd"]);
    let has_entrypoint = !list(entrypoint).is_empty();
    let command = if is_nothing(command) && !has_entrypoint { &image["Cmd"] } else { command };
    let entrypoint = match entrypoint {
        Value::Null => image["Entrypoint"].clone(),
        asked if *asked == json!([""]) => Value::Null,
        asked => asked.clone(),
    };
    (entrypoint, command.clone())
}

/// The name is the engine's to choose: 64 digits stand for it.
fn mount_declared_volumes(successor: &mut Value, predecessor: Container<'_>, image: &Value) {
    let has_tmpfs = |path: &str| entries(&predecessor.host()["Tmpfs"]).any(|(tmpfs, _)| is_same_path(tmpfs, path));
    let is_new = |path: &str| predecessor.mount_at(path).is_none() && !has_tmpfs(path);
    let name = "0".repeat(64);
    let mounts = entries(&image["Volumes"]).filter(|(path, _)| is_new(path));
    let mounts: Vec<Value> = mounts.map(|(path, _)| super::volumes::fresh_mount(path, &name, "", predecessor)).collect();
    if let Some(Value::Array(all)) = successor.get_mut("Mounts") {
        all.extend(mounts);
    }
}
