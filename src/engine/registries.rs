//! How the engine talks to registries, out of its `/info`.

use serde_json::Value;

use crate::model::{InsecureRegistries, Proxies, RegistrySettings};

/// Reads the whole document (Docker API 1.41–1.51, SystemInfo). What is not there is as if it were empty.
pub fn registry_settings(info: &Value) -> RegistrySettings {
    let text = |pointer: &str| info.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let options = info.pointer("/SecurityOptions").and_then(Value::as_array).into_iter().flatten();
    RegistrySettings {
        insecure: InsecureRegistries::new(hosts(info, false), texts(info, "/RegistryConfig/InsecureRegistryCIDRs"))
            .with_secure(hosts(info, true)),
        mirrors: texts(info, "/RegistryConfig/IndexConfigs/docker.io/Mirrors"),
        places: Vec::new(),
        proxies: Proxies { http: text("/HttpProxy"), https: text("/HttpsProxy"), except: text("/NoProxy") },
        is_podman: false,
        is_rootless: options.filter_map(Value::as_str).any(|option| option.split(',').any(|part| part == "name=rootless")),
    }
}

/// Hosts (with port) that the engine calls secure, or insecure, by name.
fn hosts(info: &Value, is_secure: bool) -> Vec<String> {
    let configs = info.pointer("/RegistryConfig/IndexConfigs").and_then(Value::as_object).into_iter().flatten();
    let meant = configs.filter(|(_, config)| config.pointer("/Secure").and_then(Value::as_bool) == Some(is_secure));
    meant.map(|(host, _)| host.clone()).collect()
}

fn texts(info: &Value, pointer: &str) -> Vec<String> {
    info.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_registries_are_read_as_it_shows_them() {
        let info = serde_json::json!({
            "HttpProxy": "http://xxxxx:xxxxx@proxy.lan:3128", "HttpsProxy": "proxy.lan:3129", "NoProxy": "localhost,.lan",
            "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
            "RegistryConfig": {
                "InsecureRegistryCIDRs": ["127.0.0.0/8", "::1/128"],
                "IndexConfigs": {
                    "docker.io": { "Name": "docker.io", "Mirrors": ["https://one.lan/", "http://two.lan:5000/"], "Secure": true },
                    "old.lan:5000": { "Name": "old.lan:5000", "Mirrors": [], "Secure": false },
                },
                "Mirrors": ["https://one.lan/"],
            },
        });
        let settings = registry_settings(&info);
        assert_eq!(settings.mirrors, ["https://one.lan/", "http://two.lan:5000/"]);
        assert!(settings.insecure.contains("old.lan:5000", &[]) && settings.insecure.contains("127.0.0.1:5000", &[]));
        assert!(!settings.insecure.contains("docker.io", &["127.0.0.1".parse().unwrap()]));
        assert_eq!(settings.proxies.of("https", "ghcr.io", 443).as_deref(), Some("http://proxy.lan:3129"));
        assert_eq!(settings.proxies.of("https", "r.lan", 443), None);
        assert!(settings.is_rootless);
        assert_eq!(registry_settings(&Value::Null), RegistrySettings::default());
    }
}
