//! Which volumes are anonymous, and which were born with a successor.

use serde_json::{Value, json};

use super::document::{Container, entries, is_same_path, text};

/// Names of the anonymous volumes that came into being with the successor: mounted there, and not by the predecessor. Pure.
pub fn volumes_born(predecessor: &Value, successor: &Value) -> Vec<String> {
    let (predecessor, successor) = (Container(predecessor), Container(successor));
    let is_old = |mount: &Value| predecessor.mounts().any(|old| old["Name"] == mount["Name"]);
    let mut born: Vec<String> =
        successor.mounts().filter(|mount| is_anonymous(mount) && !is_old(mount)).map(|mount| text(&mount["Name"]).to_owned()).collect();
    born.sort();
    born.dedup();
    born
}

/// A volume whose name the engine made up: 64 hex digits (seen on Docker 20.10 and 26.1; only the latter labels it too).
pub(super) fn is_anonymous(mount: &Value) -> bool {
    let name = text(&mount["Name"]);
    mount["Type"] == "volume" && name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// True if the mount is what the engine makes of a `VOLUME` that the new image declares at a place where the predecessor mounts nothing.
pub(super) fn is_declared_by(image: &Value, mount: &Value, predecessor: Container<'_>) -> bool {
    is_born_by(image, mount, predecessor)
        && *mount == fresh_mount(text(&mount["Destination"]), text(&mount["Name"]), text(&mount["Source"]), predecessor)
}

/// True if the mount is an anonymous volume at such a place, however the engine describes it.
pub(super) fn is_born_by(image: &Value, mount: &Value, predecessor: Container<'_>) -> bool {
    let destination = text(&mount["Destination"]);
    let is_declared = entries(&image["Config"]["Volumes"]).any(|(path, _)| is_same_path(path, destination));
    is_declared && predecessor.mount_at(destination).is_none() && is_anonymous(mount)
}

/// An anonymous volume's mount as Docker 26.1.5 shows it. The engine's directory is known from the predecessor's own files.
pub(super) fn fresh_mount(destination: &str, name: &str, source: &str, predecessor: Container<'_>) -> Value {
    let own_file = text(&predecessor.0["HostsPath"]);
    let source = match own_file.split_once(&format!("/containers/{}/", predecessor.id())) {
        Some((directory, _)) => format!("{directory}/volumes/{name}/_data"),
        None => source.to_owned(),
    };
    json!({ "Type": "volume", "Name": name, "Source": source, "Destination": destination, "Driver": "local", "Mode": "", "RW": true, "Propagation": "" })
}
