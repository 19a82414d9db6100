//! How Podman talks to registries, out of its `/libpod/info`: what `registries.conf` says.

use serde_json::Value;

use crate::model::{InsecureRegistries, Place, Proxies, RegistrySettings};

/// Reads the whole document (libpod 4.3–5.8). What is not there is as if it were empty. Proxies are the service's own environment, which nobody tells.
pub fn registry_settings(info: &Value) -> RegistrySettings {
    let registries = info.pointer("/registries").and_then(Value::as_object).into_iter().flatten();
    // Beside the registries stands `search`, a list.
    let registries: Vec<(&String, &Value)> = registries.filter(|(_, registry)| registry.is_object()).collect();
    let is = |registry: &Value, what: &str| registry.get(what).and_then(Value::as_bool) == Some(true);
    let location = |registry: &Value| registry.get("Location").and_then(Value::as_str).unwrap_or_default().to_owned();
    let insecure = registries.iter().filter(|(_, registry)| is(registry, "Insecure"));
    let insecure = insecure.flat_map(|(host, registry)| [(*host).clone(), location(registry)]).filter(|place| !place.is_empty());
    let places = registries.iter().map(|(prefix, registry)| Place { prefix: (*prefix).clone(), location: location(registry) });
    let hub = registries.iter().find(|(host, _)| *host == "docker.io").and_then(|(_, registry)| registry.pointer("/Mirrors"));
    let mirrors = hub.and_then(Value::as_array).into_iter().flatten();
    let mirror = |mirror: &Value| {
        let scheme = if is(mirror, "Insecure") { "http" } else { "https" };
        Some(format!("{scheme}://{}", mirror.get("Location").and_then(Value::as_str)?))
    };
    RegistrySettings {
        insecure: InsecureRegistries::of_locations(insecure.collect()),
        mirrors: mirrors.filter_map(mirror).collect(),
        places: places.collect(),
        proxies: Proxies::default(),
        is_podman: true,
        is_rootless: info.pointer("/host/security/rootless").and_then(Value::as_bool).unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registries_of_podman_are_read_as_it_shows_them() {
        let info = serde_json::json!({
            "host": { "security": { "rootless": true } },
            "registries": {
                "search": ["docker.io"],
                "old.lan:5000": { "Prefix": "old.lan:5000", "Location": "old.lan:5000", "Insecure": true, "Mirrors": null },
                "any.lan": { "Insecure": true }, "*.dev.lan": { "Insecure": true }, "some.lan/team": { "Insecure": true },
                "moved.lan": { "Prefix": "moved.lan", "Location": "there.lan:5000", "Insecure": true },
                "docker.io": { "Insecure": false, "Mirrors": [{ "Location": "one.lan", "Insecure": false }, { "Location": "two.lan:5000", "Insecure": true }] },
            },
        });
        let settings = registry_settings(&info);
        assert_eq!(settings.mirrors, ["https://one.lan", "http://two.lan:5000"]);
        let is_insecure = |host: &str| settings.insecure.contains(host, &[]);
        assert!(["old.lan:5000", "any.lan", "any.lan:443", "a.dev.lan", "a.dev.lan:5000", "there.lan:5000"].into_iter().all(is_insecure));
        assert!(!["docker.io", "old.lan", "old.lan:5001", "dev.lan", "some.lan", "many.lan"].into_iter().any(is_insecure));
        let place = settings.place_of(&"moved.lan/web:1".parse().expect("a reference"));
        assert_eq!(place.map(|place| place.to_string()).as_deref(), Some("there.lan:5000/web:1"));
        assert!(settings.is_rootless);
        assert_eq!(registry_settings(&Value::Null), RegistrySettings { is_podman: true, ..RegistrySettings::default() });
    }
}
