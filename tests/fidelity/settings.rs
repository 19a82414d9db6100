//! What of a container's document a rotation must keep: all that was asked for, without what belongs to one instance or to one image.
//!
//! Written apart from `src/spec`, so that a rule which is too wide there does not hide here.

use serde_json::{Map, Value, json};

/// What the images of the walk have and change by themselves.
const OF_IMAGE: [&str; 3] = ["APP_VERSION", "org.opencontainers.image.title", "org.opencontainers.image.version"];

/// What an endpoint shows while it is in use, configured or not.
const IN_USE: [&str; 9] = [
    "NetworkID",
    "EndpointID",
    "Gateway",
    "IPAddress",
    "IPPrefixLen",
    "IPv6Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
    "DNSNames",
];

/// Name, `Config`, `HostConfig`, mounts and networks; lists whose order means nothing as maps, `Env` by variable.
pub fn settings(document: &Value) -> Value {
    let short_id = document["Id"].as_str().and_then(|id| id.get(..12)).expect("an id").to_owned();
    let mut config = document["Config"].clone();
    let env = config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
    config["Env"] =
        env.map(|line| line.split_once('=').unwrap_or((line, ""))).map(|(name, value)| (name.to_owned(), json!(value))).collect();
    for field in ["Env", "Labels"] {
        config[field].as_object_mut().expect("an object").retain(|key, _| !OF_IMAGE.contains(&key.as_str()));
    }
    if config["Hostname"] == short_id {
        config["Hostname"] = "(the short id)".into();
    }
    let mut host = document["HostConfig"].clone();
    host["Binds"] = binds(&host["Binds"]);
    json!({
        "Name": document["Name"],
        "Config": without_nothing(&config),
        "HostConfig": without_nothing(&host),
        "Mounts": mounts(document),
        "Networks": networks(document, &short_id),
    })
}

/// An anonymous volume is kept by naming it, and then stands here too; it is compared under `Mounts`.
fn binds(binds: &Value) -> Value {
    let typed = binds.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|bind| bind.contains(':'));
    typed.filter(|bind| !is_anonymous(bind.split(':').next().unwrap_or_default())).map(Value::from).collect()
}

fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// By destination, the anonymous ones with their names: another volume is another's data.
fn mounts(document: &Value) -> Value {
    let all = document["Mounts"].as_array().into_iter().flatten();
    let entry = |mount: &Value| {
        let mut mount = mount.clone();
        if is_anonymous(mount["Name"].as_str().unwrap_or_default()) {
            mount["Mode"] = Value::Null;
        }
        (mount["Destination"].as_str().unwrap_or_default().to_owned(), mount)
    };
    Value::Object(all.map(entry).collect())
}

fn networks(document: &Value, short_id: &str) -> Value {
    let main_mac = document["Config"]["MacAddress"].as_str().unwrap_or_default();
    let mut all = Map::new();
    for (name, endpoint) in document["NetworkSettings"]["Networks"].as_object().into_iter().flatten() {
        let mut endpoint = endpoint.as_object().cloned().unwrap_or_default();
        endpoint.retain(|field, _| !IN_USE.contains(&field.as_str()));
        if let Some(Value::Array(aliases)) = endpoint.get_mut("Aliases") {
            aliases.retain(|alias| alias != short_id);
        }
        // Made up by Docker from 02:42 and the address, or (28) at random; cases configure one that is neither.
        let is_generated = |mac: &str| mac != main_mac && u8::from_str_radix(&mac[..2], 16).is_ok_and(|byte| byte & 2 != 0);
        if endpoint.get("MacAddress").and_then(Value::as_str).is_some_and(|mac| mac.is_empty() || is_generated(mac)) {
            endpoint.remove("MacAddress");
        }
        all.insert(name.clone(), without_nothing(&Value::Object(endpoint)));
    }
    Value::Object(all)
}

/// Engines write nothing as null, `[]` and `{}`, at will; and no restart policy, no limit of processes and no exception from the killer in two ways each.
fn without_nothing(value: &Value) -> Value {
    let mut map = value.as_object().cloned().unwrap_or_default();
    map.retain(|field, value| {
        let is_empty = value.is_null() || *value == json!([]) || *value == json!({});
        let is_default = field == "OomKillDisable" && *value == json!(false) || field == "PidsLimit" && *value == json!(0);
        !is_empty && !is_default
    });
    Value::Object(map)
}
