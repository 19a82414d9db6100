//! How Podman talks to registries, out of its `/libpod/info`: what `registries.conf` says.

use serde_json::Value;

use crate::model::{Mirror, Place, Pulls, RegistrySettings};

/// Reads the whole document (libpod 4.3–5.8). What is not there is as if it were empty. Proxies are the service's own environment, which nobody tells.
pub fn registry_settings(info: &Value) -> RegistrySettings {
    let registries = info.pointer("/registries").and_then(Value::as_object).into_iter().flatten();
    // Beside the registries stands `search`, a list.
    let registries = registries.filter(|(_, registry)| registry.is_object());
    RegistrySettings {
        places: registries.map(|(prefix, registry)| place(prefix, registry)).collect(),
        is_podman: true,
        is_rootless: info.pointer("/host/security/rootless").and_then(Value::as_bool).unwrap_or(false),
        ..RegistrySettings::default()
    }
}

fn place(prefix: &str, registry: &Value) -> Place {
    let mirrors = registry.get("Mirrors").and_then(Value::as_array).into_iter().flatten();
    let is_by_digest = is(registry, "MirrorByDigestOnly");
    let mirrors = mirrors.map(|mirror| Mirror {
        location: text(mirror, "Location"),
        is_insecure: is(mirror, "Insecure"),
        pulls: match text(mirror, "PullFromMirror").as_str() {
            _ if is_by_digest => Pulls::ByDigest,
            "digest-only" => Pulls::ByDigest,
            "tag-only" => Pulls::ByTag,
            // `all`, and nothing: all that there is beside those.
            _ => Pulls::All,
        },
    });
    Place {
        prefix: prefix.to_owned(),
        location: text(registry, "Location"),
        is_insecure: is(registry, "Insecure"),
        is_blocked: is(registry, "Blocked"),
        mirrors: mirrors.collect(),
    }
}

fn is(object: &Value, what: &str) -> bool {
    object.get(what).and_then(Value::as_bool) == Some(true)
}

fn text(object: &Value, what: &str) -> String {
    object.get(what).and_then(Value::as_str).unwrap_or_default().to_owned()
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
                "any.lan": { "Insecure": true },
                "docker.io": {
                    "Prefix": "docker.io", "Location": "there.lan:5000", "Insecure": false, "Blocked": false, "MirrorByDigestOnly": false,
                    "Mirrors": [
                        { "Location": "one.lan/hub", "Insecure": false, "PullFromMirror": "" },
                        { "Location": "two.lan:5000", "Insecure": true, "PullFromMirror": "tag-only" },
                        { "Location": "three.lan", "Insecure": false, "PullFromMirror": "digest-only" },
                        { "Location": "four.lan", "Insecure": false, "PullFromMirror": "all" },
                    ],
                },
                "old.lan:5000": { "Location": "old.lan:5000", "Insecure": true, "Mirrors": null },
                "*.bad.lan": { "Prefix": "*.bad.lan", "Location": "", "Blocked": true, "Mirrors": null },
                "still.lan": { "Location": "still.lan", "MirrorByDigestOnly": true, "Mirrors": [{ "Location": "five.lan" }] },
            },
        });
        let place = |prefix: &str, location: &str, is_insecure| Place {
            prefix: prefix.to_owned(),
            location: location.to_owned(),
            is_insecure,
            ..Place::default()
        };
        let mirror = |location: &str, is_insecure, pulls| Mirror { location: location.to_owned(), is_insecure, pulls };
        let mirrors = vec![
            mirror("one.lan/hub", false, Pulls::All),
            mirror("two.lan:5000", true, Pulls::ByTag),
            mirror("three.lan", false, Pulls::ByDigest),
            mirror("four.lan", false, Pulls::All),
        ];
        let still = vec![mirror("five.lan", false, Pulls::ByDigest)];
        let settings = registry_settings(&info);
        let expected = [
            place("any.lan", "", true),
            Place { is_blocked: true, ..place("*.bad.lan", "", false) },
            Place { mirrors, ..place("docker.io", "there.lan:5000", false) },
            place("old.lan:5000", "old.lan:5000", true),
            Place { mirrors: still, ..place("still.lan", "still.lan", false) },
        ];
        let by_prefix = |prefix: &str| settings.places.iter().find(|place| place.prefix == prefix);
        for place in &expected {
            assert_eq!(by_prefix(&place.prefix), Some(place));
        }
        assert_eq!(settings.places.len(), expected.len());
        assert!(settings.is_rootless);
        assert_eq!(registry_settings(&Value::Null), RegistrySettings { is_podman: true, ..RegistrySettings::default() });
    }
}
