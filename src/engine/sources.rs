//! Whether the engine's host still has what containers mount from it: a question that Docker's API knows no call for.

use serde_json::{Value, json};

/// No content has this digest, so that no engine has the image and none creates a container of it.
const NO_IMAGE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A create request that no engine grants. Its settings are looked at before its image, and a mount of this kind, unlike `-v`, insists on a source
/// that exists (moby `daemon/create.go`, `volume/mounts/linux_parser.go`; seen on Docker 20.10, 26.1 and 28.5 with either image store).
pub(super) fn question(sources: &[String]) -> Value {
    let mount = |(n, source): (usize, &String)| json!({ "Type": "bind", "Source": source, "Target": format!("/{n}") });
    json!({ "Image": NO_IMAGE, "HostConfig": { "Mounts": sources.iter().enumerate().map(mount).collect::<Vec<_>>() } })
}

/// True if a refusal says that a source is gone; that there is no such image is what it says if all is well.
pub(super) fn says_gone(message: &str) -> bool {
    message.contains("bind source path does not exist")
}
