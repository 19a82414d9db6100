//! The namespaces: inspect says which, in words that a request takes nearly as they are.

use serde_json::{Value, json};

use super::{Source, Spec};
use crate::spec::document::text;

pub fn put(source: &Source<'_>, spec: &mut Spec) {
    let host = source.container.host();
    for (field, shown) in
        [("pidns", "PidMode"), ("ipcns", "IpcMode"), ("utsns", "UTSMode"), ("cgroupns", "CgroupMode"), ("netns", "NetworkMode")]
    {
        spec.put(field, namespace(text(&host[shown])));
    }
    if text(&host["UsernsMode"]).is_empty() {
        return;
    }
    // `private` stands for every kind of its own. What was asked for is noted by the Docker-compatible API; which ids it has, says the other
    // document.
    let asked = text(&source.container.config()["Annotations"]["io.podman.annotations.userns"]);
    let is_kept = source.generator["userns"]["nsmode"] == "keep-id";
    let mode = match asked {
        _ if asked.starts_with("keep-id") => asked,
        _ if is_kept => "keep-id",
        _ => text(&host["UsernsMode"]),
    };
    spec.put("userns", namespace(mode));
    if !mode.starts_with("keep-id") {
        spec.copy(source, &["idmappings"]);
    }
}

/// `host`; `ns:/run/netns/mine`; `pasta`.
fn namespace(mode: &str) -> Value {
    match mode.split_once(':') {
        _ if mode.is_empty() || mode == "default" => Value::Null,
        Some(("ns", path)) => json!({ "nsmode": "path", "value": path }),
        Some((mode, value)) => json!({ "nsmode": mode, "value": value }),
        None => json!({ "nsmode": mode }),
    }
}
