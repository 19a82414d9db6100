//! The comparison has teeth: every leaf of a successor's document is flipped, and each flip is reported.

use rotate::spec::OPERATIONAL;
use serde_json::{Value, json};

use crate::fixture::{PAIRS, Pair, unexplained};

/// One change to a document: where, and what stands there afterwards (None: nothing).
struct Flip {
    path: Vec<String>,
    after: Option<Value>,
}

#[test]
fn every_flip_of_a_successor_is_unexplained() {
    for name in PAIRS {
        let pair = Pair::load(name);
        let mut count = (0, 0);
        for flip in flips(&pair.successor, &mut Vec::new()) {
            if is_operational(&flip.path) {
                count.1 += 1;
                continue;
            }
            let mut successor = pair.successor.clone();
            apply(&mut successor, &flip);
            if says_the_same(&pair, &successor, &flip.path) {
                continue;
            }
            count.0 += 1;
            let found = unexplained(&pair.compare(&successor));
            assert!(!found.is_empty(), "{name}: {} = {:?} was not found", flip.path.join("/"), flip.after);
        }
        assert!(count.0 > 400, "{name}: {} flips of configuration, {} operational", count.0, count.1);
    }
}

/// All flips of what is below `path`.
fn flips(value: &Value, path: &mut Vec<String>) -> Vec<Flip> {
    let mut all = Vec::new();
    let mut put = |after| all.push(Flip { path: path.clone(), after });
    match value {
        Value::String(text) => [format!("{text}x"), format!("x{text}")].into_iter().for_each(|text| put(Some(text.into()))),
        Value::Number(number) => put(Some(json!(number.as_i64().map_or(0, |number| number + 1)))),
        Value::Bool(is) => put(Some(json!(!is))),
        Value::Null => put(Some(json!("x"))),
        Value::Array(items) => {
            put(Some(items.iter().cloned().chain([json!("x")]).collect()));
            put(Some(json!("x")));
        }
        Value::Object(_) => put(Some(json!("x"))),
    }
    put(Some(Value::Null));
    put(None);
    match value {
        Value::Object(map) => {
            all.push(Flip { path: path.iter().cloned().chain(["Flipped".into()]).collect(), after: Some(json!("x")) });
            for (key, value) in map {
                path.push(key.clone());
                all.extend(flips(value, path));
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                path.push(index.to_string());
                all.extend(flips(value, path));
                path.pop();
            }
        }
        _ => {}
    }
    all
}

fn apply(document: &mut Value, flip: &Flip) {
    let Some((last, parents)) = flip.path.split_last() else {
        *document = flip.after.clone().unwrap_or_default();
        return;
    };
    match (document.pointer_mut(&pointer(parents)).expect("a parent"), &flip.after) {
        (Value::Object(map), Some(value)) => drop(map.insert(last.clone(), value.clone())),
        (Value::Object(map), None) => drop(map.shift_remove(last)),
        (Value::Array(list), after) => {
            let index: usize = last.parse().expect("a position");
            match after {
                Some(value) => list[index] = value.clone(),
                None => drop(list.remove(index)),
            }
        }
        (parent, _) => panic!("{parent} has no children"),
    }
}

/// True if the flip changed nothing in meaning: nothing is written null, `[]`, `{}` or, of null, not at all. And a started container shows null for the one field
/// that a created one shows as false, so that null there is what the predecessor has.
fn says_the_same(pair: &Pair, successor: &Value, path: &[String]) -> bool {
    let is_nothing = |value: &Value| value.is_null() || *value == json!([]) || *value == json!({});
    match (pair.successor.pointer(&pointer(path)), successor.pointer(&pointer(path))) {
        (Some(one), Some(other)) => {
            one == other || is_nothing(one) && is_nothing(other) || path == ["HostConfig", "OomKillDisable"] && other.is_null()
        }
        (Some(only), None) | (None, Some(only)) => only.is_null() || path == ["HostConfig", "OomKillDisable"],
        (None, None) => true,
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

/// The test's own reading of the table.
fn is_operational(path: &[String]) -> bool {
    let networks = ["NetworkSettings", "Networks"];
    path != networks
        && OPERATIONAL.iter().any(|pattern| match pattern.strip_suffix(".**") {
            Some(start) => path.len() >= start.split('.').count() && start.split('.').zip(path).all(|(want, part)| want == part),
            None => {
                path.len() == pattern.split('.').count() && pattern.split('.').zip(path).all(|(want, part)| want == "*" || want == part)
            }
        })
}
