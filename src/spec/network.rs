//! Networks: what of an endpoint is configured, as against what the engine gave it when the container started.

use serde_json::{Map, Value};

use super::{field, is_unset, items};

/// What an operator can configure of an endpoint and inspect shows (Docker API 1.41–1.51, EndpointSettings). An endpoint's `MacAddress` is
/// the one in use, generated or not; a configured one stands in `Config.MacAddress`.
pub const CONFIGURED: [&str; 5] = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];

/// `NetworkingConfig.EndpointsConfig` for a successor: one entry for each network of the predecessor, so that one call creates them all.
pub fn endpoints(predecessor: &Value) -> Map<String, Value> {
    let mode = field(predecessor, "/HostConfig/NetworkMode").as_str().unwrap_or_default();
    let mut endpoints = Map::new();
    if mode.starts_with("container:") || mode == "host" || mode == "none" {
        return endpoints;
    }
    let id = field(predecessor, "/Id").as_str().unwrap_or_default();
    for (name, endpoint) in field(predecessor, "/NetworkSettings/Networks").as_object().into_iter().flatten() {
        let configured = configured(endpoint, id);
        let is_default = name == "bridge" && matches!(mode, "" | "default" | "bridge");
        if is_default && configured.values().all(is_unset) {
            continue;
        }
        // `--network ID` stands as typed in the mode and by name here; the engine would take them for two networks.
        let network = field(endpoint, "/NetworkID").as_str().unwrap_or_default();
        let key = if !mode.is_empty() && network.starts_with(mode) { mode } else { name };
        endpoints.insert(key.to_owned(), Value::Object(configured));
    }
    endpoints
}

/// The configured part of an endpoint. Docker 20.10 and Podman add the short id of the container to the aliases: it is no alias of the successor.
pub fn configured(endpoint: &Value, id: &str) -> Map<String, Value> {
    let mut configured: Map<String, Value> =
        CONFIGURED.iter().filter_map(|key| Some(((*key).to_owned(), endpoint.get(*key)?.clone()))).collect();
    if let Some(aliases) = configured.get_mut("Aliases").and_then(Value::as_array_mut) {
        aliases.retain(|alias| alias.as_str().is_none_or(|alias| alias.len() != 12 || !id.starts_with(alias)));
    }
    configured
}

/// `--link` stands as `/db:/web/alias` in inspect and is asked for as `db:alias`.
pub fn links(host_config: &mut Map<String, Value>) {
    let Some(links) = host_config.get("Links").map(items).filter(|links| !links.is_empty()) else { return };
    let asked = |link: &Value| -> Option<Value> {
        let (target, alias) = link.as_str()?.split_once(':')?;
        let alias = alias.rsplit('/').next()?;
        Some(Value::from(format!("{}:{alias}", target.trim_start_matches('/'))))
    };
    let asked: Vec<Value> = links.iter().filter_map(asked).collect();
    host_config.insert("Links".into(), Value::Array(asked));
}
