//! A successor's successor is asked for with the very words that the first was: nothing is lost, and nothing gathers, from one rotation to the next.
//! The documents are a real one's, with whatever a user may have set; the engine in between merges as a real one does.

use std::sync::LazyLock;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rotate::spec::{Images, create_request, volumes_born};
use serde_json::{Map, Value, json};

use crate::fixture::{Pair, load};

const PARTS: [&str; 3] = ["Image", "HostConfig", "NetworkingConfig"];

fn request(predecessor: &Value, old: &Value, new: &Value) -> Value {
    create_request(predecessor, Images { old, new }, "web:1").unwrap_or_else(|error| panic!("{error}: {predecessor}"))
}

#[test]
fn on_a_real_engine_the_second_successor_is_asked_for_as_the_first_was() {
    for name in ["rich", "plain"] {
        let (first, second) = (Pair::load(name), Pair::load(&format!("{name}-again")));
        // Volumes that the first successor's image declared anew are handed over from then on.
        let born = volumes_born(&first.predecessor, &first.successor);
        let first = request(&first.predecessor, &first.old, &first.new);
        let mut second = request(&second.predecessor, &second.old, &second.new);
        let is_born = |bind: &Value| born.iter().any(|volume| bind.as_str().is_some_and(|bind| bind.starts_with(volume.as_str())));
        second["HostConfig"]["Binds"].as_array_mut().expect("binds").retain(|bind| !is_born(bind));
        assert_eq!(born.len(), 1, "{name}: the images were made so");
        assert_eq!(sorted(&second), sorted(&first), "{name}");
    }
}

/// What differs in order only is the same, and so is nothing however it is written.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(ToString::to_string);
            items.into()
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let all = keys.into_iter().map(|key| (key.clone(), sorted(&map[key])));
            all.filter(|(_, value)| !value.is_null() && *value != json!([]) && *value != json!({})).collect()
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_second_successor_is_asked_for_as_the_first_was(
        is_rich in any::<bool>(),
        user in settings("u"),
        (one, two, three) in (settings("a"), settings("b"), settings("c")),
        host in btree_map(prop_oneof![Just("Future".to_owned()), Just("Memory".to_owned()), "[A-Z][a-z]{3,6}X"], json_value(), 0..4),
        gone in vec(any::<prop::sample::Index>(), 0..3),
    ) {
        static REAL: LazyLock<[Pair; 2]> = LazyLock::new(|| ["plain", "rich"].map(Pair::load));
        let pair = &REAL[usize::from(is_rich)];
        let images = [("one", one), ("two", two), ("three", three)].map(|(id, config)| json!({ "Id": format!("sha256:{id}"), "Config": config }));
        let mut wish = request(&pair.predecessor, &pair.old, &pair.new);
        overlay(&mut wish, &user);
        if let Value::Object(fields) = &mut wish["HostConfig"] {
            for index in &gone {
                let key = index.get(&fields.keys().cloned().collect::<Vec<_>>()).clone();
                // These say what the mounts of the document are.
                if !["Binds", "Mounts", "VolumesFrom", "NetworkMode"].contains(&key.as_str()) {
                    fields.shift_remove(&key);
                }
            }
            fields.extend(host);
        }
        let begun = made(&wish, &images[0], &pair.predecessor, '1');
        let first = request(&begun, &images[0], &images[1]);
        let successor = made(&first, &images[1], &pair.predecessor, '2');
        let second = request(&successor, &images[1], &images[2]);
        prop_assert_eq!(sorted(&second), sorted(&first));
        let user = user.as_object().expect("settings");
        for (field, value) in user.iter().filter(|(_, value)| value.is_string()) {
            prop_assert_eq!(&second[field], value);
        }
        for (label, value) in user.get("Labels").and_then(Value::as_object).into_iter().flatten() {
            prop_assert_eq!(&second["Labels"][label], value);
        }
    }
}

/// A value of any kind, as a field that nobody knows may have.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(true)), any::<i32>().prop_map(Value::from), "[a-z/:=. ]{0,8}".prop_map(Value::from)];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(Value::from),
            btree_map("[a-z]{1,4}", inner, 1..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Settings of an image or of a user. `whose` is in each value: what both happen to say alike cannot be told apart on any engine.
fn settings(whose: &'static str) -> impl Strategy<Value = Value> {
    let some = move |field: &'static str| {
        let value = (0..3).prop_map(move |n| json!(format!("{whose}{n}")));
        prop::option::of(value).prop_map(move |value| (field, value))
    };
    let path = prop::option::of((0..3).prop_map(move |n| json!(format!("/{whose}/{n}")))).prop_map(|value| ("WorkingDir", value));
    let words = move |field: &'static str| {
        let words = vec((0..3).prop_map(move |n| json!(format!("{whose}{n}"))), 1..3).prop_map(Value::from);
        prop::option::of(words).prop_map(move |value| (field, value))
    };
    let environment = btree_map("[A-C]", (0..3).prop_map(move |n| format!("{whose}{n}")), 0..4).prop_map(|map| {
        let env: Vec<String> = map.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        ("Env", (!env.is_empty()).then(|| json!(env)))
    });
    let labels =
        btree_map("[a-d]{1,2}", (0..3).prop_map(move |n| format!("{whose}{n}")), 0..4).prop_map(|map| ("Labels", Some(json!(map))));
    let ports = move |from: u16| {
        prop::collection::btree_set(from..from + 4, 0..3).prop_map(|ports| {
            let ports: Map<String, Value> = ports.into_iter().map(|port| (format!("{port}/tcp"), json!({}))).collect();
            ("ExposedPorts", (!ports.is_empty()).then_some(Value::Object(ports)))
        })
    };
    let ports = ports(if whose == "u" { 9_000 } else { 80 });
    let interval = if whose == "u" { 1_000_000..1_000_003 } else { 2_000_000..2_000_003i64 };
    let check = (prop::option::of((0..3).prop_map(move |n| json!(["CMD", format!("{whose}{n}")]))), prop::option::of(interval));
    let check = check.prop_map(|(test, interval)| {
        let fields = [("Test", test), ("Interval", interval.map(Value::from))];
        let fields: Map<String, Value> = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        ("Healthcheck", (!fields.is_empty()).then_some(Value::Object(fields)))
    });
    let shell = words("Shell");
    (some("User"), path, some("StopSignal"), words("Cmd"), words("Entrypoint"), environment, labels, ports, check, shell).prop_map(
        |(a, b, c, d, e, f, g, h, i, j)| {
            let fields = [a, b, c, d, e, f, g, h, i, j];
            Value::Object(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect())
        },
    )
}

/// The user's settings over what the real container was asked for with.
fn overlay(wish: &mut Value, user: &Value) {
    let Value::Object(fields) = wish else { panic!("no request") };
    fields.retain(|field, _| PARTS.contains(&field.as_str()));
    fields.extend(user.as_object().cloned().unwrap_or_default());
}

/// The container that an engine makes of a request, as inspect shows it (moby v26.1.5, `daemon/commit.go`, `merge`). Mounts are the real container's:
/// a successor has the same volumes, by name.
fn made(request: &Value, image: &Value, real: &Value, id: char) -> Value {
    let id = id.to_string().repeat(64);
    let mut config = request.clone();
    let (host, networks) = (config["HostConfig"].take(), config["NetworkingConfig"]["EndpointsConfig"].take());
    if let Value::Object(fields) = &mut config {
        fields.retain(|field, _| !PARTS.contains(&field.as_str()));
        merge(fields, &image["Config"]);
        fields.insert("Image".into(), request["Image"].clone());
        fields.entry("Hostname").or_insert_with(|| id[..12].into());
    }
    let mut document = real.clone();
    (document["Id"], document["Image"], document["Config"], document["HostConfig"]) = (id.into(), image["Id"].clone(), config, host);
    let shown = |(name, endpoint): (&String, &Value)| {
        let mut endpoint = endpoint.clone();
        endpoint["NetworkID"] = real["NetworkSettings"]["Networks"][name]["NetworkID"].clone();
        (name.clone(), endpoint)
    };
    document["NetworkSettings"]["Networks"] = networks.as_object().into_iter().flatten().map(shown).collect();
    document
}

fn merge(config: &mut Map<String, Value>, image: &Value) {
    let says_nothing = |value: Option<&Value>| value.is_none_or(|v| v.is_null() || *v == "" || *v == json!([]));
    for field in ["User", "WorkingDir", "StopSignal", "Shell"] {
        if says_nothing(config.get(field)) && !image[field].is_null() {
            config.insert(field.into(), image[field].clone());
        }
    }
    for field in ["Labels", "ExposedPorts", "Healthcheck"] {
        let mut entries = image[field].as_object().cloned().unwrap_or_default();
        entries.extend(config.get(field).and_then(Value::as_object).cloned().unwrap_or_default());
        if !entries.is_empty() {
            config.insert(field.into(), entries.into());
        }
    }
    let name = |variable: &Value| variable.as_str().and_then(|text| text.split('=').next()).unwrap_or_default().to_owned();
    let mut env = config.get("Env").and_then(Value::as_array).cloned().unwrap_or_default();
    let names: Vec<String> = env.iter().map(name).collect();
    env.extend(image["Env"].as_array().into_iter().flatten().filter(|variable| !names.contains(&name(variable))).cloned());
    config.insert("Env".into(), env.into());
    if config.get("Entrypoint") == Some(&json!([""])) {
        config.insert("Entrypoint".into(), Value::Null);
        return;
    }
    if says_nothing(config.get("Entrypoint")) {
        if says_nothing(config.get("Cmd")) {
            config.insert("Cmd".into(), image["Cmd"].clone());
        }
        if config.get("Entrypoint").is_none_or(Value::is_null) {
            config.insert("Entrypoint".into(), image["Entrypoint"].clone());
        }
    }
}

#[test]
fn the_engine_of_this_test_merges_as_the_real_one_did() {
    for name in ["rich", "plain"] {
        let pair = Pair::load(name);
        let request = request(&pair.predecessor, &pair.old, &pair.new);
        let config = made(&request, &pair.new, &pair.predecessor, '1')["Config"].clone();
        let real = load(&format!("{name}-successor"))["Config"].clone();
        for field in ["User", "WorkingDir", "StopSignal", "Shell", "Labels", "ExposedPorts", "Healthcheck", "Cmd", "Entrypoint"] {
            let is_nothing = |value: &Value| value.is_null() || *value == "" || *value == json!([]) || *value == json!({});
            let (made, real) = (sorted(&config[field]), sorted(&real[field]));
            assert!(made == real || is_nothing(&made) && is_nothing(&real), "{name} {field}: {made} and not {real}");
        }
        assert_eq!(sorted(&config["Env"]), sorted(&real["Env"]), "{name}");
    }
}
