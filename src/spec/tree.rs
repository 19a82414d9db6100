//! Two documents as trees whose leaves are compared: lists in which order means nothing count as maps, by what tells their items apart.
//!
//! Both are read where they are: of two documents most is the same, and what is the same is not looked into.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{is_nothing, list, text};

/// Is told of a leaf that differs: its path, and both values; null for one that is missing.
pub(super) type Found<'a> = dyn FnMut(&[&str], &Value, &Value) + 'a;

/// Tells of every leaf that differs, ascending.
///
/// A leaf is a scalar, a list of scalars, or a network or mount that is there on one side only.
/// null, `[]` and `{}` are the same, and so are null and missing; a key with `{}` is not the same as no key (`ExposedPorts`).
pub(super) fn differing_leaves(old: &Value, new: &Value, found: &mut Found<'_>) {
    if !says_the_same(Some(old), Some(new)) {
        descend(&[], Some(old), Some(new), found);
    }
}

/// Of two that do not say the same. True if a leaf was found.
fn descend(path: &[&str], old: Option<&Value>, new: Option<&Value>, found: &mut Found<'_>) -> bool {
    let children = children(path, old, new);
    let mut has_found = false;
    for (key, (old, new)) in children.iter().flatten() {
        let (old, new) = (old.as_deref(), new.as_deref());
        has_found |= !says_the_same(old, new) && descend(&[path, &[&**key]].concat(), old, new, found);
    }
    let is_against_nothing = || [old, new].iter().any(|side| side.is_none_or(is_nothing));
    let is_leaf = children.is_none() || !has_found && is_against_nothing();
    if is_leaf {
        found(path, old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
    }
    is_leaf || has_found
}

fn says_the_same(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => old == new || is_nothing(old) && is_nothing(new),
        (Some(only), None) | (None, Some(only)) => only.is_null(),
    }
}

type Sides<'a> = (Option<Cow<'a, Value>>, Option<Cow<'a, Value>>);

/// The children of both sides by key; none if a side has a value of its own, or if the two must be judged as a whole.
fn children<'a>(path: &[&str], old: Option<&'a Value>, new: Option<&'a Value>) -> Option<BTreeMap<Cow<'a, str>, Sides<'a>>> {
    if (old.is_none() || new.is_none()) && is_whole(path) {
        return None;
    }
    let mut all: BTreeMap<Cow<'a, str>, Sides<'a>> = BTreeMap::new();
    for (key, value) in parts(path, old.unwrap_or(&Value::Null))? {
        all.entry(key).or_default().0 = Some(value);
    }
    for (key, value) in parts(path, new.unwrap_or(&Value::Null))? {
        all.entry(key).or_default().1 = Some(value);
    }
    Some(all)
}

/// A network's leaves may all be operational or null, and a new mount is right or wrong as one.
fn is_whole(path: &[&str]) -> bool {
    matches!(path, ["Mounts", _] | ["NetworkSettings", "Networks", _])
}

type Parts<'a> = Vec<(Cow<'a, str>, Cow<'a, Value>)>;

/// What a value is made of, by key: an object's entries, or a list's items where their order means nothing or they have leaves of their own.
/// None of a value of its own: a scalar, or a list of scalars.
fn parts<'a>(path: &[&str], value: &'a Value) -> Option<Parts<'a>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        Value::Object(map) => Some(map.iter().map(|(key, value)| (key.into(), Cow::Borrowed(value))).collect()),
        Value::Array(items) => match item_key(path) {
            Some(key) => Some(by_key(items, key)),
            None if !items.is_empty() && items.iter().all(|item| !item.is_object() && !item.is_array()) => None,
            None => Some(items.iter().enumerate().map(|(index, item)| (index.to_string().into(), Cow::Borrowed(item))).collect()),
        },
    }
}

/// What tells the items of a list apart in which order means nothing; none for any other list.
///
/// `Mounts`, `Links` and the engine's default `Ulimits` come out of Go maps, in another order at each call (moby v26.1.5, `daemon/inspect.go`); the rest are sets to the engine.
fn item_key(path: &[&str]) -> Option<fn(&Value) -> &str> {
    let key: fn(&Value) -> &str = match path {
        ["Mounts"] => |mount| text(&mount["Destination"]),
        ["Config", "Env"] => |variable| variable_name(text(variable)),
        ["HostConfig", "Binds"] => |bind| bind_destination(text(bind)),
        ["HostConfig", "Mounts"] => |mount| text(&mount["Target"]),
        ["HostConfig", "Links"] => |link| text(link).rsplit(['/', ':']).next().unwrap_or_default(),
        ["HostConfig", "Ulimits"] => |limit| text(&limit["Name"]),
        ["NetworkSettings", "Networks", _, "Aliases"] => |alias| text(alias),
        _ => return None,
    };
    Some(key)
}

fn by_key(items: &[Value], key: fn(&Value) -> &str) -> Parts<'_> {
    let mut all: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in items {
        all.entry(key(item)).or_default().push(item);
    }
    all.into_iter().map(|(key, items)| (key.into(), together(&items))).collect()
}

/// Items with one key stay together in a list.
fn together<'a>(items: &[&'a Value]) -> Cow<'a, Value> {
    match items {
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(several.iter().copied().cloned().collect()),
    }
}

/// The variable of this name in a `Config`, as the comparison has it.
pub(super) fn variable<'a>(config: &'a Value, name: &str) -> Option<Cow<'a, Value>> {
    let named: Vec<&Value> = list(&config["Env"]).iter().filter(|variable| variable_name(text(variable)) == name).collect();
    (!named.is_empty()).then(|| together(&named))
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
