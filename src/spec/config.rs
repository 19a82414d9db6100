//! The part of `Config` that the user set: what an engine's merge of image and request has added is taken out again.
//!
//! Source of the rules: Docker merges `User`, `ExposedPorts`, `Env`, `Labels`, `Cmd`, `Entrypoint`, `Healthcheck`, `WorkingDir`, `Volumes` and `StopSignal`, and nothing else
//! (moby v26.1.5, `daemon/commit.go`, `merge`); seen on Docker 26.1.5.

use serde_json::{Map, Value, json};

use super::document::{Container, Images, entries, is_nothing, list, remove, text};
use super::image_default::{compose_image_label, is_image_default};

/// Fields that are a default of the image as one whole. An engine that does not merge one of them does not show it on a container either.
const WHOLE: [&str; 6] = ["User", "WorkingDir", "StopSignal", "ArgsEscaped", "Shell", "OnBuild"];

/// `Config` without what came from the old image, without the generated host name, and with compose's note of the image brought up to date.
pub(super) fn user_config(container: Container<'_>, images: Images<'_>) -> Map<String, Value> {
    let image = &images.old["Config"];
    let mut config = container.config().as_object().cloned().unwrap_or_default();
    for field in WHOLE {
        if is_image_default(images.old, &[field], &container.config()[field]) {
            remove(&mut config, field);
        }
    }
    if is_generated_hostname(container) {
        remove(&mut config, "Hostname");
    }
    without_entries(&mut config, image, "Labels");
    without_entries(&mut config, image, "Volumes");
    put_exposed_ports(&mut config, container, image);
    put_env(&mut config, image);
    put_command(&mut config, image);
    put_healthcheck(&mut config, image);
    put_compose_image(&mut config, container, images);
    config
}

/// Seen on Docker 26.1.5: the first 12 digits of the id. Sharing another container's network, the running container shows the other's name, and a request with one
/// is refused. On the host's network it is the host's, unless the user chose one; with the host's UTS namespace none may be given.
fn is_generated_hostname(container: Container<'_>) -> bool {
    text(&container.config()["Hostname"]) == container.short_id()
        || text(&container.host()["NetworkMode"]).starts_with("container:")
        || text(&container.host()["UTSMode"]) == "host"
}

/// Leaves out each entry that the image has with the same value.
fn without_entries(config: &mut Map<String, Value>, image: &Value, field: &str) {
    if let Some(Value::Object(map)) = config.get_mut(field) {
        map.retain(|key, value| image[field].get(key) != Some(value));
    }
}

/// A published port is the user's, also where the old image exposes it too.
fn put_exposed_ports(config: &mut Map<String, Value>, container: Container<'_>, image: &Value) {
    let is_published = |port: &str| container.host()["PortBindings"].get(port).is_some();
    if let Some(Value::Object(ports)) = config.get_mut("ExposedPorts") {
        ports.retain(|port, _| is_published(port) || image["ExposedPorts"].get(port).is_none());
    }
}

/// Variable by variable: one that stands in the image with the same value is the image's.
fn put_env(config: &mut Map<String, Value>, image: &Value) {
    if let Some(Value::Array(env)) = config.get_mut("Env") {
        env.retain(|variable| !list(&image["Env"]).contains(variable));
    }
}

/// Entrypoint and command hang together: a request with an entrypoint gets no command from the image (moby, `merge`).
///
/// Worked example: image `["/app"]` and `["serve"]`, container `["/app"]` and no command. It can only be that the user set the entrypoint, to what it was anyway.
/// `--entrypoint ""` is shown as null and must be sent as `[""]` (seen on Docker 26.1.5); an empty list is sent as such and takes the image's command.
fn put_command(config: &mut Map<String, Value>, image: &Value) {
    let of = |field: &str| config.get(field).unwrap_or(&Value::Null);
    let is_default = |field: &str| of(field) == &image[field] || is_nothing(of(field)) && is_nothing(&image[field]);
    let lost_command = is_nothing(of("Cmd")) && !is_nothing(&image["Cmd"]);
    let is_command_default = is_default("Cmd");
    if is_default("Entrypoint") && !lost_command {
        remove(config, "Entrypoint");
        if is_command_default {
            remove(config, "Cmd");
        }
    } else if of("Entrypoint").is_null() {
        config.insert("Entrypoint".into(), json!([""]));
    } else if list(of("Entrypoint")).is_empty() && is_command_default {
        remove(config, "Cmd");
    }
}

/// Field by field, as Docker merges it: what is missing or zero in the request is the image's.
fn put_healthcheck(config: &mut Map<String, Value>, image: &Value) {
    let Some(Value::Object(check)) = config.get_mut("Healthcheck") else { return };
    check.retain(|field, value| image["Healthcheck"].get(field) != Some(value));
    if check.is_empty() {
        remove(config, "Healthcheck");
    }
}

fn put_compose_image(config: &mut Map<String, Value>, container: Container<'_>, images: Images<'_>) {
    let Some(Value::Object(labels)) = config.get_mut("Labels") else { return };
    for (label, value) in entries(&container.config()["Labels"]) {
        if let Some(id) = compose_image_label(label, text(value), container, images) {
            labels.insert(label.clone(), id.into());
        }
    }
}
