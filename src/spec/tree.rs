//! A document as a tree whose leaves can be compared: lists in which order means nothing become maps, by what tells their items apart.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{entries, is_nothing, text};

/// One leaf that differs. What is missing is None.
pub(super) struct Leaf<'a> {
    pub path: Vec<&'a str>,
    pub old: Option<&'a Value>,
    pub new: Option<&'a Value>,
}

/// Replaces the lists whose order means nothing, and those whose items have leaves of their own, by maps.
///
/// `Mounts`, `Links` and the engine's default `Ulimits` come out of Go maps, in another order at each call (moby v26.1.5, `daemon/inspect.go`); the rest are sets to the engine.
pub(super) fn keyed(mut tree: Value) -> Value {
    by_key(tree.pointer_mut("/Mounts"), |mount| text(&mount["Destination"]));
    by_key(tree.pointer_mut("/Config/Env"), |variable| variable_name(text(variable)));
    by_key(tree.pointer_mut("/HostConfig/Binds"), |bind| bind_destination(text(bind)));
    by_key(tree.pointer_mut("/HostConfig/Mounts"), |mount| text(&mount["Target"]));
    by_key(tree.pointer_mut("/HostConfig/Links"), |link| text(link).rsplit(['/', ':']).next().unwrap_or_default());
    by_key(tree.pointer_mut("/HostConfig/Ulimits"), |limit| text(&limit["Name"]));
    if let Some(Value::Object(networks)) = tree.pointer_mut("/NetworkSettings/Networks") {
        for endpoint in networks.values_mut() {
            by_key(endpoint.pointer_mut("/Aliases"), |alias| text(alias));
        }
    }
    by_index(&mut tree);
    tree
}

/// A list becomes a map; items with one key stay together in a list below it.
fn by_key(list: Option<&mut Value>, key: impl Fn(&Value) -> &str) {
    let Some(list) = list else { return };
    let Value::Array(items) = list else { return };
    let mut map: Map<String, Value> = Map::new();
    for item in std::mem::take(items) {
        let key = key(&item).to_owned();
        let value = match map.remove(&key) {
            None => item,
            Some(Value::Array(mut same)) => {
                same.push(item);
                same.into()
            }
            Some(first) => vec![first, item].into(),
        };
        map.insert(key, value);
    }
    *list = Value::Object(map);
}

/// Lists of objects or lists become maps by position, all the way down.
fn by_index(tree: &mut Value) {
    if let Value::Array(items) = tree {
        if items.iter().all(|item| !item.is_object() && !item.is_array()) {
            return;
        }
        *tree = std::mem::take(items).into_iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect();
    }
    if let Value::Object(map) = tree {
        map.values_mut().for_each(by_index);
    }
}

/// `PATH` of `PATH=/bin`; also of a bare `PATH`, which takes the variable away.
pub(super) fn variable_name(variable: &str) -> &str {
    variable.split_once('=').map_or(variable, |(name, _)| name)
}

/// `/data` of `volume:/data:ro`, and of `/data` alone, which asks for an anonymous volume.
pub(super) fn bind_destination(bind: &str) -> &str {
    let mut parts = bind.split(':');
    let first = parts.next().unwrap_or_default();
    parts.next().unwrap_or(first)
}

/// Every leaf that differs, ascending, of two trees from [`keyed`].
///
/// A leaf is a scalar, a list of scalars, or a network or mount that is there on one side only.
/// null, `[]` and `{}` are the same, and so are null and missing; a key with `{}` is not the same as no key (`ExposedPorts`).
pub(super) fn differing_leaves<'a>(old: &'a Value, new: &'a Value) -> Vec<Leaf<'a>> {
    let mut leaves = Vec::new();
    descend(&mut Vec::new(), Some(old), Some(new), &mut leaves);
    leaves
}

fn descend<'a>(path: &mut Vec<&'a str>, old: Option<&'a Value>, new: Option<&'a Value>, leaves: &mut Vec<Leaf<'a>>) {
    if says_the_same(old, new) {
        return;
    }
    let before = leaves.len();
    let children = children(path, old, new);
    let has_children = !children.is_empty();
    for (key, (old, new)) in children {
        path.push(key);
        descend(path, old, new, leaves);
        path.pop();
    }
    let is_against_nothing = || [old, new].iter().any(|side| side.is_none_or(is_nothing));
    if leaves.len() == before && (!has_children || is_against_nothing()) {
        leaves.push(Leaf { path: path.clone(), old, new });
    }
}

fn says_the_same(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => old == new || is_nothing(old) && is_nothing(new),
        (Some(only), None) | (None, Some(only)) => only.is_null(),
    }
}

type Sides<'a> = (Option<&'a Value>, Option<&'a Value>);

/// The children of both sides by key; none if a side has a value of its own, or if the two must be judged as a whole.
fn children<'a>(path: &[&str], old: Option<&'a Value>, new: Option<&'a Value>) -> BTreeMap<&'a str, Sides<'a>> {
    let is_one_sided = old.is_none() || new.is_none();
    let has_value = |side: Option<&Value>| side.is_some_and(|value| !value.is_object() && !is_nothing(value));
    if has_value(old) || has_value(new) || is_one_sided && is_whole(path) {
        return BTreeMap::new();
    }
    let mut all: BTreeMap<&str, Sides<'a>> = BTreeMap::new();
    for (key, value) in old.into_iter().flat_map(entries) {
        all.entry(key).or_default().0 = Some(value);
    }
    for (key, value) in new.into_iter().flat_map(entries) {
        all.entry(key).or_default().1 = Some(value);
    }
    all
}

/// A network's leaves may all be operational or null, and a new mount is right or wrong as one.
fn is_whole(path: &[&str]) -> bool {
    matches!(path, ["Mounts", _] | ["NetworkSettings", "Networks", _])
}
