//! What the engine must say of a successor that is the predecessor with a new image. Everything that can be foretold is foretold.

use serde_json::{Value, json};

use super::create::{is_hostname_generated, own_labels};
use super::network::configured;
use super::settings::{merged, operators};
use super::volumes::{hand_over, predicted_mounts};
use super::{Images, field, is_unset, items};

/// The predecessor's document with everything replaced that must differ. Of the successor it takes only id, name and mounts.
pub fn predict(predecessor: &Value, successor: &Value, images: Images<'_>) -> Value {
    let mut expected = predecessor.clone();
    let config = config(predecessor, successor, images);
    let (path, args) = command_line(&config);
    if let Some(host_config) = expected.get_mut("HostConfig").and_then(Value::as_object_mut) {
        hand_over(predecessor, host_config);
        let names = (name(predecessor), name(successor));
        own_links(host_config.get_mut("Links"), &names);
    }
    expected["Mounts"] = predicted_mounts(predecessor, successor, &config);
    expected["Config"] = config;
    expected["Path"] = path;
    expected["Args"] = args;
    expected["Image"] = field(images.new, "/Id").clone();
    expected["RestartCount"] = json!(0);
    expected["ExecIDs"] = Value::Null;
    endpoints(&mut expected, predecessor);
    expected
}

fn config(predecessor: &Value, successor: &Value, images: Images<'_>) -> Value {
    let mut own = operators(field(predecessor, "/Config"), field(images.old, "/Config"));
    own_labels(&mut own, images);
    if is_hostname_generated(predecessor) {
        let id = field(successor, "/Id").as_str().unwrap_or_default();
        let own_name = field(predecessor, "/Config/Hostname")
            .as_str()
            .is_some_and(|h| field(predecessor, "/Id").as_str().unwrap_or_default().starts_with(h) && !h.is_empty());
        if own_name {
            own.insert("Hostname".into(), Value::from(id.get(..12).unwrap_or(id)));
        }
    }
    merged(&own, field(images.new, "/Config"))
}

/// `Path` and `Args` are entrypoint and command in a row (moby `daemon/container.go`, `getEntrypointAndArgs`).
fn command_line(config: &Value) -> (Value, Value) {
    let words: Vec<Value> = items(field(config, "/Entrypoint")).iter().chain(items(field(config, "/Cmd"))).cloned().collect();
    match words.split_first() {
        Some((path, args)) => (path.clone(), Value::from(args.to_vec())),
        None => (Value::from(""), Value::from(Vec::<Value>::new())),
    }
}

/// Of each endpoint only what is configured; the rest is given at the start.
fn endpoints(expected: &mut Value, predecessor: &Value) {
    let id = field(predecessor, "/Id").as_str().unwrap_or_default();
    let Some(networks) = expected.pointer_mut("/NetworkSettings/Networks").and_then(Value::as_object_mut) else { return };
    for endpoint in networks.values_mut() {
        *endpoint = Value::Object(configured(endpoint, id));
    }
}

/// A link names its owner: `/db:/web/alias`.
fn own_links(links: Option<&mut Value>, (old, new): &(&str, &str)) {
    let Some(links) = links.filter(|links| !is_unset(links)).and_then(Value::as_array_mut) else { return };
    for link in links {
        if let Some(text) = link.as_str() {
            *link = Value::from(text.replace(&format!(":{old}/"), &format!(":{new}/")));
        }
    }
}

fn name(container: &Value) -> &str {
    field(container, "/Name").as_str().unwrap_or_default()
}
