//! What the comparison finds in real documents, and what it does not say.

use std::collections::BTreeSet;

use rotate::spec::{Images, OPERATIONAL, Rule, compare};
use serde_json::{Value, json};

use crate::fixture::{PAIRS, Pair, container, image, load, unexplained};
use crate::lost_options::LOST;
use crate::patch;

#[test]
fn a_successor_made_by_us_has_no_unexplained_difference() {
    for name in PAIRS {
        let pair = Pair::load(name);
        let differences = pair.compare(&pair.successor);
        assert_eq!(unexplained(&differences), Vec::<String>::new(), "{name}");
        assert!(differences.len() > 10, "{name}: the images differ in more than {differences:?}");
    }
}

#[test]
fn differences_come_in_ascending_order_and_each_once() {
    for name in PAIRS {
        let pair = Pair::load(name);
        let paths: Vec<String> = pair.compare(&pair.successor).into_iter().map(|difference| difference.path).collect();
        let distinct: BTreeSet<&String> = paths.iter().collect();
        assert_eq!(distinct.len(), paths.len(), "{name}: {paths:?}");
    }
}

#[test]
fn every_lost_option_is_found() {
    let pair = Pair::load("rich");
    let recorded = load("lost");
    for lost in &LOST {
        let successor = patch::apply(&pair.successor, &recorded[lost.option]);
        let found = unexplained(&pair.compare(&successor));
        assert!(!found.is_empty(), "nothing found without {}", lost.option);
    }
}

#[test]
fn a_lost_option_is_named() {
    let pair = Pair::load("rich");
    let recorded = load("lost");
    let check = |option: &str, expected: &[&str]| {
        let successor = patch::apply(&pair.successor, &recorded[option]);
        assert_eq!(unexplained(&pair.compare(&successor)), expected, "{option}");
    };
    check("--hostname", &[&format!("Config.Hostname: \"rich\" became \"{}\"", &short_id(&recorded["--hostname"]))]);
    check("--env", &["Config.Env.MODE is gone"]);
    check("--env over the image's", &["Config.Env.KEEP changed"]);
    check("--label over the image's", &["Config.Labels.shared changed"]);
    check("--cap-add", &["HostConfig.CapAdd: [\"NET_ADMIN\"] is gone"]);
    check(
        "--restart",
        &["HostConfig.RestartPolicy.MaximumRetryCount: 3 became 0", "HostConfig.RestartPolicy.Name: \"on-failure\" became \"no\""],
    );
    check("--network-alias", &["NetworkSettings.Networks.rich1.Aliases.front: \"front\" is gone"]);
    check("--ip", &["NetworkSettings.Networks.rich1.IPAMConfig.IPv4Address: \"10.56.1.77\" is gone"]);
    check("mac-address of a second network", &["NetworkSettings.Networks.rich2.MacAddress: \"00:16:3e:00:00:07\" became \"\""]);
}

fn short_id(patch: &serde_json::Value) -> String {
    patch["/Id"]["is"].as_str().unwrap_or_default().chars().take(12).collect()
}

#[test]
fn only_what_changed_with_the_image_differs_in_a_plain_update() {
    let pair = Pair::load("plain");
    let of = |rule: Rule| -> Vec<String> {
        pair.compare(&pair.successor).into_iter().filter(|d| d.explained_by == Some(rule)).map(|d| d.path).collect()
    };
    assert_eq!(of(Rule::NewImage), ["Image"]);
    assert_eq!(of(Rule::CommandLine), ["Args"]);
    assert_eq!(of(Rule::CarriedVolume), ["HostConfig.Binds[/data]", "HostConfig.Binds[/gone]", "Mounts[/data].Mode", "Mounts[/gone].Mode"]);
    assert_eq!(of(Rule::DeclaredVolume), ["Mounts[/born]"]);
    assert_eq!(of(Rule::MacAddress), ["NetworkSettings.Networks.bridge.MacAddress"]);
    assert_eq!(of(Rule::SameMeaning), ["HostConfig.OomKillDisable"]);
    assert_eq!(of(Rule::OwnId), ["Config.Hostname", "HostnamePath", "HostsPath", "LogPath", "ResolvConfPath"]);
    let defaults = of(Rule::ImageDefault);
    for field in [
        "Cmd",
        "Entrypoint",
        "Env.APP_VERSION",
        "Env.BORN",
        "Env.GONE",
        "Healthcheck.Timeout",
        "Labels[only.new]",
        "StopSignal",
        "User",
        "WorkingDir",
    ] {
        assert!(defaults.contains(&format!("Config.{field}")), "{field} in {defaults:?}");
    }
}

/// Two containers with this `HostConfig`, and nothing else.
fn check(old: Value, new: Value, expected: &[&str]) {
    let image = image("sha256:x", json!({}));
    let [old, new] = [old, new].map(|host| container(json!({}), host));
    assert_eq!(unexplained(&compare(&old, &new, Images { old: &image, new: &image })), expected);
}

#[test]
fn nothing_is_the_same_however_it_is_written_also_where_nothing_else_differs() {
    check(json!({ "Memory": 5, "Dns": null }), json!({ "Memory": 5, "Dns": [] }), &[]);
    check(json!({ "Memory": 5, "Dns": null }), json!({ "Memory": 5 }), &[]);
    check(
        json!({ "Memory": 5, "Log": { "Type": "x", "Config": null } }),
        json!({ "Memory": 5, "Log": { "Type": "x", "Config": {} } }),
        &[],
    );
    // A key is more than no key, and than nothing in its place.
    check(json!({ "Memory": 5 }), json!({ "Memory": 5, "Dns": [] }), &["HostConfig.Dns: [] was added"]);
    check(json!({ "Log": null }), json!({ "Log": { "Config": null } }), &["HostConfig.Log: {\"Config\":null} was added"]);
}

#[test]
fn lists_in_which_order_means_nothing_are_compared_item_by_item() {
    let mount = |target: &str, kind: &str| json!({ "Target": target, "Type": kind });
    check(json!({ "Binds": ["a:/a", "b:/b"] }), json!({ "Binds": ["b:/b", "a:/a"] }), &[]);
    check(json!({ "Binds": ["a:/a", "b:/b"] }), json!({ "Binds": ["c:/b", "a:/a"] }), &["HostConfig.Binds[/b]: \"b:/b\" became \"c:/b\""]);
    // Two of one key stay together, in their order.
    let twice = ["a:/a", "b:/a"];
    check(json!({ "Binds": twice }), json!({ "Binds": twice }), &[]);
    check(
        json!({ "Binds": twice }),
        json!({ "Binds": ["b:/a", "a:/a"] }),
        &["HostConfig.Binds[/a]: [\"a:/a\",\"b:/a\"] became [\"b:/a\",\"a:/a\"]"],
    );
    check(json!({ "Binds": twice }), json!({ "Binds": ["a:/a"] }), &["HostConfig.Binds[/a]: [\"a:/a\",\"b:/a\"] became \"a:/a\""]);
    let mounts = json!({ "Mounts": [mount("/a", "bind"), mount("/a", "tmpfs"), mount("/b", "bind")] });
    check(mounts.clone(), mounts.clone(), &[]);
    check(
        mounts,
        json!({ "Mounts": [mount("/b", "bind"), mount("/a", "bind"), mount("/a", "volume")] }),
        &["HostConfig.Mounts[/a][1].Type changed"],
    );
    // In any other list order counts.
    check(json!({ "Dns": ["1", "2"] }), json!({ "Dns": ["2", "1"] }), &["HostConfig.Dns: [\"1\",\"2\"] became [\"2\",\"1\"]"]);
    check(
        json!({ "Devices": [{ "Path": "a" }] }),
        json!({ "Devices": [{ "Path": "b" }] }),
        &["HostConfig.Devices[0].Path: \"a\" became \"b\""],
    );
}

#[test]
fn secrets_are_neither_displayed_nor_serialized() {
    let pair = Pair::load("rich");
    let mut successor = pair.successor.clone();
    successor["Config"]["Env"] = json!(["MODE=secret-three", "NEW=secret-four"]);
    successor["Config"]["Cmd"] = json!(["--password=secret-five"]);
    successor["HostConfig"]["LogConfig"]["Config"] = json!({ "splunk-token": "secret-six" });
    let mut without = pair.successor.clone();
    without["Config"] = json!("gone");
    for successor in [successor, without] {
        for difference in pair.compare(&successor) {
            let text = format!("{difference} {difference:?} {}", serde_json::to_string(&difference).unwrap_or_default());
            assert!(!text.contains("secret-"), "{text}");
        }
    }
}

#[test]
fn the_operational_table_is_short_and_leaves_configuration_alone() {
    assert!(OPERATIONAL.len() <= 25);
    for pattern in OPERATIONAL {
        assert!(!pattern.starts_with("Config") && !pattern.starts_with("HostConfig") && !pattern.starts_with('*'), "{pattern}");
    }
}

#[test]
fn documents_of_any_shape_are_compared_without_a_panic() {
    let pair = Pair::load("rich");
    for odd in [
        json!(null),
        json!([]),
        json!({}),
        json!("x"),
        json!({ "Config": [1], "HostConfig": { "Binds": { "a": 1 } }, "Mounts": "x", "NetworkSettings": { "Networks": [[]] } }),
    ] {
        assert!(!unexplained(&pair.compare(&odd)).is_empty(), "{odd}");
    }
}
