//! Networks, ports and names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Source, Spec};
use crate::spec::document::{entries, list, text};

pub fn put(source: &Source<'_>, spec: &mut Spec) {
    let host = source.container.host();
    spec.put("Networks", networks(source));
    spec.copy(source, &["portmappings", "network_options", "use_image_hosts"]);
    // Those that Podman chose are among the ports; this is for what the new image declares.
    spec.put("publish_image_ports", host["PublishAllPorts"].clone());
    spec.put("expose", exposed(source));
    for (field, shown) in [("dns_server", "Dns"), ("dns_search", "DnsSearch"), ("dns_option", "DnsOptions"), ("hostadd", "ExtraHosts")] {
        spec.put(field, host[shown].clone());
    }
    spec.put("base_hosts_file", host["HostsFile"].clone());
}

/// As they were asked for, static addresses included, without the names that Podman makes of the container's own id and host name.
fn networks(source: &Source<'_>) -> Map<String, Value> {
    let given = [source.container.short_id(), text(&source.container.config()["Hostname"])];
    let own = |(name, options): (&String, &Value)| {
        let mut options = options.as_object().cloned().unwrap_or_default();
        if let Some(aliases) = options.get("aliases").map(list) {
            let typed: Vec<Value> = aliases.iter().filter(|alias| !given.contains(&text(alias))).cloned().collect();
            options.insert("aliases".to_owned(), typed.into());
        }
        (name.clone(), Value::from(options))
    };
    entries(&source.generator["Networks"]).map(own).collect()
}

/// `{"80": "tcp,udp"}`.
fn exposed(source: &Source<'_>) -> Map<String, Value> {
    let mut ports: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for port in source.typed.get("ExposedPorts").into_iter().flat_map(entries).map(|(port, _)| port) {
        let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        ports.entry(number).or_default().push(protocol);
    }
    ports.into_iter().map(|(number, protocols)| (number.to_owned(), protocols.join(",").into())).collect()
}
