//! A document as what differs from another, so that many real documents of one container fit into one small file.

use serde_json::{Map, Value, json};

/// `{"/a/b": {"is": value}}`, or `{"/a/b": {}}` where the value is missing. Lists of different lengths differ as a whole.
pub fn diff(base: &Value, document: &Value) -> Value {
    let mut patch = Map::new();
    walk("", base, document, &mut patch);
    Value::Object(patch)
}

/// The document again.
pub fn apply(base: &Value, patch: &Value) -> Value {
    let mut document = base.clone();
    for (pointer, change) in patch.as_object().into_iter().flatten() {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let key = key.replace("~1", "/").replace("~0", "~");
        match (document.pointer_mut(parent).expect("a parent"), change.get("is")) {
            (Value::Object(map), Some(value)) => drop(map.insert(key, value.clone())),
            (Value::Object(map), None) => drop(map.shift_remove(&key)),
            (Value::Array(list), Some(value)) => list[key.parse::<usize>().expect("a position")] = value.clone(),
            (parent, _) => panic!("{pointer} of {parent}"),
        }
    }
    document
}

fn walk(path: &str, base: &Value, document: &Value, patch: &mut Map<String, Value>) {
    let below = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match (base, document) {
        (base, document) if base == document => {}
        (Value::Object(old), Value::Object(new)) => {
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                patch.insert(below(key), json!({}));
            }
            for (key, value) in new {
                match old.get(key) {
                    Some(base) => walk(&below(key), base, value, patch),
                    None => drop(patch.insert(below(key), json!({ "is": value }))),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (base, value)) in old.iter().zip(new).enumerate() {
                walk(&below(&index.to_string()), base, value, patch);
            }
        }
        _ => drop(patch.insert(path.to_owned(), json!({ "is": document }))),
    }
}
