//! What should have changed with the image and did not: places where predecessor and successor agree, and the new image says otherwise.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::config::user_config;
use super::difference::Difference;
use super::document::{Container, Images, entries, is_same_path, list, text};
use super::image_default::{compose_image_label, is_image_default};
use super::podman;
use super::tree::{variable, variable_name};

const FIELDS: [&str; 5] = ["User", "WorkingDir", "StopSignal", "Cmd", "Entrypoint"];
const MAPS: [&str; 4] = ["Labels", "ExposedPorts", "Volumes", "Healthcheck"];

/// Where the successor has the predecessor's value and must not: the new image's default did not come through, or a volume that the new image declares is not mounted.
///
/// A default is due where [`super::create_request`] names nothing itself. Only what Docker merges from an image is looked at.
pub(super) fn stale(predecessor: &Value, successor: &Value, images: Images<'_>) -> Vec<Difference> {
    let container = Container(predecessor);
    let typed = Value::Object(user_config(container, images));
    let mut paths: BTreeSet<Vec<&str>> = FIELDS.iter().map(|field| vec![*field]).collect();
    for config in [&images.old["Config"], &images.new["Config"]] {
        paths.extend(list(&config["Env"]).iter().map(|variable| vec!["Env", variable_name(text(variable))]));
        paths.extend(MAPS.iter().flat_map(|map| entries(&config[*map]).map(|(key, _)| vec![*map, key.as_str()])));
    }
    paths.insert(vec!["Labels", "com.docker.compose.image"]);
    let mut all = Vec::new();
    for path in paths {
        let [old, new] = [predecessor, successor].map(|document| at(&document["Config"], &path));
        let value = old.as_deref().unwrap_or(&Value::Null);
        if value != new.as_deref().unwrap_or(&Value::Null) {
            continue;
        }
        let is_due = match path[..] {
            ["Labels", label] if compose_image_label(label, text(value), container, images).is_some() => true,
            // An engine that shows no user or directory at all says the same as one that shows "".
            ["User" | "WorkingDir"] if value.is_null() => !text(&images.new["Config"][path[0]]).is_empty(),
            // Taken away by `--unsetenv`.
            ["Env", _] if podman::is_libpod(predecessor) && value.is_null() && at(&images.old["Config"], &path).is_some() => false,
            ["Env", "PATH"] if podman::is_libpod(predecessor) && podman::is_path_given(container, images, value, value) => false,
            // It shows none of a container; that each is mounted is looked at below.
            ["Volumes", _] if podman::is_libpod(predecessor) => false,
            // Nor of these, on 4.3.
            ["ExposedPorts", _] if podman::is_libpod(predecessor) && container.config()["ExposedPorts"].is_null() => false,
            [field @ ("WorkingDir" | "StopSignal")] if podman::is_libpod(predecessor) => {
                podman::is_default(images.old, field, value) && !podman::is_default(images.new, field, value)
            }
            // Taken from an image as one whole.
            ["Healthcheck", field] if podman::is_libpod(predecessor) => {
                podman::is_default_check(images.old, &container.config()["Healthcheck"])
                    && !podman::is_default_field(images.new, field, value)
            }
            _ => at(&typed, &path).is_none() && !is_image_default(images.new, &path, value),
        };
        if is_due {
            let path: Vec<&str> = std::iter::once("Config").chain(path).collect();
            all.push(Difference::new(&path, value.clone(), value.clone(), None));
        }
    }
    all.extend(unmounted(container, Container(successor), images));
    all
}

fn unmounted(predecessor: Container<'_>, successor: Container<'_>, images: Images<'_>) -> Vec<Difference> {
    // Docker 26.1.5 mounts no volume where the user has a tmpfs, which is not among `Mounts`.
    let has_tmpfs = |path: &str| entries(&predecessor.host()["Tmpfs"]).any(|(tmpfs, _)| is_same_path(tmpfs, path));
    let is_mounted = |path: &str| predecessor.mount_at(path).is_some() || successor.mount_at(path).is_some() || has_tmpfs(path);
    // Podman was told to mount none (`--image-volume`), or a tmpfs, which it does not show.
    let is_left_out = |path: &str| {
        let is_old = entries(&images.old["Config"]["Volumes"]).any(|(old, _)| is_same_path(old, path));
        is_old && podman::is_libpod(predecessor.0)
    };
    let declared = entries(&images.new["Config"]["Volumes"]).filter(|(path, _)| !is_mounted(path) && !is_left_out(path));
    declared.map(|(path, _)| Difference::new(&["Mounts", path], Value::Null, Value::Null, None)).collect()
}

/// The value at a path below `Config`; a null that stands there counts.
fn at<'a>(config: &'a Value, path: &[&str]) -> Option<Cow<'a, Value>> {
    match path {
        ["Env", name] => variable(config, name),
        _ => path.iter().try_fold(config, |value, key| value.get(key)).map(Cow::Borrowed),
    }
}
