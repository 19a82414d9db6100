//! Networks: what was configured on each endpoint, told apart from what the engine added while the container runs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{Container, SpecError, remove, text};
use super::operational::is_operational;
use super::podman;

/// The networks that a create request names, with their endpoints. None for `host`, `none` and another container's network, which take no settings.
fn asked_for(container: Container<'_>) -> impl Iterator<Item = (&String, &Value)> {
    let mode = text(&container.host()["NetworkMode"]);
    // Podman's create command names them all.
    let is_none = podman::is_libpod(container.0) || mode == "host" || mode == "none" || mode.starts_with("container:");
    container.networks().filter(move |_| !is_none)
}

/// `NetworkingConfig.EndpointsConfig`: every network with what was configured there.
pub(super) fn endpoints(container: Container<'_>) -> Map<String, Value> {
    asked_for(container).map(|(name, endpoint)| (name.clone(), configured(container, name, endpoint))).collect()
}

/// The endpoint of one network as a create request has it; null if the container is not connected to it.
pub fn endpoint(container: &Value, network: &str) -> Value {
    let container = Container(container);
    let found = asked_for(container).find(|(name, _)| *name == network);
    found.map(|(name, endpoint)| configured(container, name, endpoint)).unwrap_or_default()
}

/// Takes out of a create request all networks but the main one, for an engine that takes one a request. The others are [`missing_networks`] then.
pub fn leave_main_network(request: &mut Value, predecessor: &Value) {
    let predecessor = Container(predecessor);
    let main = predecessor.networks().find(|(name, endpoint)| is_main(predecessor, name, endpoint)).map(|(name, _)| name);
    if let Some(endpoints) = request.pointer_mut("/NetworkingConfig/EndpointsConfig").and_then(Value::as_object_mut) {
        endpoints.retain(|name, _| Some(name) == main);
    }
}

/// The networks that `predecessor` is connected to and `successor` is not, ascending. Pure.
pub fn missing_networks(predecessor: &Value, successor: &Value) -> Vec<String> {
    let has = |wanted: &str| Container(successor).networks().any(|(name, _)| name == wanted);
    let missing = asked_for(Container(predecessor)).map(|(name, _)| name).filter(|name| !has(name));
    let mut missing: Vec<String> = missing.cloned().collect();
    missing.sort();
    missing
}

/// Refuses a container that its engine could not start again.
pub(super) fn check_networks(container: Container<'_>) -> Result<(), SpecError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, endpoint) in container.networks() {
        let id = text(&endpoint["NetworkID"]);
        match seen.insert(id, name) {
            Some(one) if !id.is_empty() => return Err(SpecError::SameNetworkTwice { one: one.to_owned(), other: name.clone() }),
            _ => {}
        }
    }
    Ok(())
}

/// All fields but the operational ones; unknown ones are kept.
fn configured(container: Container<'_>, name: &str, endpoint: &Value) -> Value {
    let mut fields = endpoint.as_object().cloned().unwrap_or_default();
    fields.retain(|field, _| !is_operational(&["NetworkSettings", "Networks", name, field]));
    if let Some(Value::Array(aliases)) = fields.get_mut("Aliases") {
        aliases.retain(|alias| alias != container.short_id());
    }
    match configured_mac(container, name, endpoint) {
        Some(mac) => fields.insert("MacAddress".into(), mac.into()),
        None => fields.shift_remove("MacAddress"),
    };
    Value::Object(fields)
}

/// The MAC address that the user gave to this endpoint.
///
/// `Config.MacAddress` is it for the network of `NetworkMode` (API below 1.52). Of the others an engine shows the address in use only, generated or not, so it is
/// judged by its form: Docker below 28 generates 02:42 and the four bytes of the IPv4 address, from 28 on (it shows `GwPriority`) a random one that is marked as
/// locally administered; any other was configured. (moby v26.1.5 and v28.5.2, `libnetwork/netutils`; seen on Docker 26.1.5.)
pub(super) fn configured_mac<'a>(container: Container<'a>, name: &str, endpoint: &'a Value) -> Option<&'a str> {
    let main = text(&container.config()["MacAddress"]);
    if !main.is_empty() && is_main(container, name, endpoint) {
        return Some(main);
    }
    let mac = text(&endpoint["MacAddress"]);
    let first = mac.get(..2).and_then(|byte| u8::from_str_radix(byte, 16).ok())?;
    let is_locally_administered = first & 2 != 0;
    let is_generated = match text(&endpoint["IPAddress"]).parse::<std::net::Ipv4Addr>() {
        _ if is_locally_administered && endpoint.get("GwPriority").is_some() => true,
        Ok(address) => {
            let [a, b, c, d] = address.octets();
            mac.eq_ignore_ascii_case(&format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}"))
        }
        Err(_) => is_locally_administered,
    };
    (!is_generated).then_some(mac)
}

/// True for the network that `NetworkMode` names, by name, id or the beginning of its id.
fn is_main(container: Container<'_>, name: &str, endpoint: &Value) -> bool {
    let mode = text(&container.host()["NetworkMode"]);
    let is_id = mode.len() >= 12 && text(&endpoint["NetworkID"]).starts_with(mode);
    name == main_name(mode) || is_id
}

/// `default` means `bridge` (Docker on Linux).
fn main_name(mode: &str) -> &str {
    if mode == "default" { "bridge" } else { mode }
}

/// The container-wide address stands beside the endpoint's for engines before API 1.44. Later ones refuse it unless `NetworkMode` is the very name of an endpoint.
pub(super) fn put_mac_address(body: &mut Map<String, Value>, container: Container<'_>) {
    let mode = main_name(text(&container.host()["NetworkMode"]));
    if text(&container.config()["MacAddress"]).is_empty() || !container.networks().any(|(name, _)| name == mode) {
        remove(body, "MacAddress");
    }
}
