//! What a container takes from its host by `-v`.

use serde_json::Value;

use super::document::texts;

/// The paths of the host that a create request mounts by `Binds`. Those in `Mounts` are looked at by the engine itself when it creates.
pub fn bind_sources(request: &Value) -> Vec<String> {
    let sources = texts(&request["HostConfig"]["Binds"]).filter_map(|bind| bind.split(':').next());
    sources.filter(|source| source.starts_with('/')).map(str::to_owned).collect()
}
