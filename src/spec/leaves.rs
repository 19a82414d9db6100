//! A document as a flat list of leaves, so that two can be held against each other; lists whose order means nothing go by their keys.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::settings::variable_name;
use super::{is_unset, items};

/// The way to a leaf, key by key.
pub type Path = Vec<String>;

/// Every leaf that is set, by path.
pub fn leaves(document: &Value) -> BTreeMap<Path, Value> {
    let mut leaves = BTreeMap::new();
    collect(&mut leaves, &mut Vec::new(), document);
    leaves
}

fn collect(leaves: &mut BTreeMap<Path, Value>, path: &mut Path, value: &Value) {
    let keyed = by_key(path, value);
    match keyed.as_ref().unwrap_or(value) {
        unset if is_unset(unset) => {
            // An endpoint without any setting is still an endpoint, an exposed port still exposed.
            if path.len() >= 3 && unset.is_object() {
                leaves.insert(path.clone(), Value::Object(Map::new()));
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(key.clone());
                collect(leaves, path, value);
                path.pop();
            }
        }
        Value::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                path.push(n.to_string());
                collect(leaves, path, value);
                path.pop();
            }
        }
        leaf => {
            leaves.insert(path.clone(), leaf.clone());
        }
    }
}

/// Lists in which order means nothing, as maps: variables by name, mounts by target, binds and aliases by themselves.
fn by_key(path: &[String], value: &Value) -> Option<Value> {
    let key = |item: &Value| -> Option<(String, Value)> {
        let whole = || item.as_str().map(|text| (text.to_owned(), Value::Bool(true)));
        match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["Config", "Env"] => Some((variable_name(item), item.clone())),
            ["Mounts"] => Some((item.get("Destination")?.as_str()?.to_owned(), item.clone())),
            ["HostConfig", "Binds"] | ["NetworkSettings", "Networks", _, "Aliases"] => whole(),
            _ => None,
        }
    };
    let list = value.as_array().filter(|list| !list.is_empty())?;
    let map: Option<Map<String, Value>> = list.iter().map(key).collect();
    // Two of one key would hide each other.
    map.filter(|map| map.len() == items(value).len()).map(Value::Object)
}
