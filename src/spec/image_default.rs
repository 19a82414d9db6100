//! What an image says for itself: its defaults by the path they have in a container's `Config`, and the ids that compose notes in a label.

use serde_json::{Value, json};

use super::document::{Container, Images, entries, is_nothing, is_same_path, list, text, texts};
use super::tree::variable_name;

/// True if the value at this path below `Config` is what the image says.
pub(super) fn is_image_default(image: &Value, path: &[&str], value: &Value) -> bool {
    image_default(image, path).is_some_and(|default| match path {
        ["WorkingDir"] => default == *value || is_same_path(text(&default), text(value)),
        // A key with `{}` is not the same as no key.
        ["ExposedPorts" | "Volumes", _] => default == *value,
        _ => default == *value || is_nothing(&default) && is_nothing(value),
    })
}

/// The image's default for a path below `Config`, in the shape a container shows it; null where the image says nothing. None if images have no say in that path.
fn image_default(image: &Value, path: &[&str]) -> Option<Value> {
    let config = &image["Config"];
    let default = match *path {
        ["User" | "WorkingDir"] => Value::from(text(&config[path[0]])),
        ["StopSignal" | "ArgsEscaped" | "Shell" | "OnBuild" | "Cmd" | "Entrypoint"] => config[path[0]].clone(),
        ["Env", name] => texts(&config["Env"]).find(|variable| variable_name(variable) == name).map_or(Value::Null, Value::from),
        ["Labels" | "ExposedPorts" | "Volumes" | "Healthcheck", key] => config[path[0]][key].clone(),
        ["Labels" | "ExposedPorts" | "Volumes" | "Healthcheck"] => json!({}),
        _ => return None,
    };
    Some(default)
}

/// The value that compose's label `com.docker.compose.image` must have on the successor, if it has to change.
///
/// `compose up` recreates a container whose label differs from the image that the name stands for. Older versions write the image's id, 5.4 and later the digest of the
/// platform's manifest where the engine lists manifests. Whichever of the old image's the label holds, the new image's takes its place; anything else stays.
pub(super) fn compose_image_label(label: &str, value: &str, container: Container<'_>, images: Images<'_>) -> Option<String> {
    if label != "com.docker.compose.image" || value.is_empty() {
        return None;
    }
    if bare(value) == bare(text(&images.old["Id"])) {
        let (kind, new) = (value.strip_suffix(bare(value)).unwrap_or_default(), bare(text(&images.new["Id"])));
        return (!new.is_empty()).then(|| format!("{kind}{new}"));
    }
    let new = if value == text(&container.0["ImageManifestDescriptor"]["digest"]) || Some(value) == platform_manifest(images.old) {
        platform_manifest(images.new)
    } else {
        None
    };
    new.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// An id without `sha256:`, which libpod leaves out and compose does not.
fn bare(id: &str) -> &str {
    id.trim_start_matches("sha256:")
}

/// The digest of the one image manifest that is on this host, where the engine tells it (Docker API 1.48, `?manifests=1`).
fn platform_manifest(image: &Value) -> Option<&str> {
    let mut here = list(&image["Manifests"]).iter().filter(|manifest| manifest["Kind"] == "image" && manifest["Available"] == true);
    match (here.next(), here.next()) {
        (Some(manifest), None) => Some(text(&manifest["ID"])),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let is_index = entries(&image["Descriptor"])
                .any(|(key, value)| key == "mediaType" && (text(value).contains("index") || text(value).contains("list")));
            Some(text(&image["Descriptor"]["digest"])).filter(|digest| !digest.is_empty() && !is_index)
        }
    }
}
