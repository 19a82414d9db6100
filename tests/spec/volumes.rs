//! Anonymous volumes: their data stays, named ones are left alone, new ones are known.

use rotate::spec::{Images, create_request, volumes_born};
use serde_json::{Value, json};

use crate::fixture::{PAIRS, Pair, VOLUME, container, image};

fn mount(name: &str, destination: &str, mode: &str, rw: bool) -> Value {
    json!({ "Type": "volume", "Name": name, "Destination": destination, "Driver": "local", "Mode": mode, "RW": rw, "Propagation": "" })
}

/// A container with these volumes in `Config`, this `HostConfig` and these mounts; the request must have these binds.
fn check(case: &str, volumes: Value, host: Value, mounts: Value, expected: Value) {
    let mut web = container(json!({ "Volumes": volumes }), host);
    web["Mounts"] = mounts;
    // The old image declared all of them, the new one none.
    let (old, new) = (image("sha256:old", json!({ "Volumes": volumes })), image("sha256:new", json!({})));
    let request = create_request(&web, Images { old: &old, new: &new }, "web:1").unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(request["HostConfig"]["Binds"], expected, "{case}");
}

#[test]
fn anonymous_volumes_are_handed_over_by_name() {
    let anonymous = |mode: &str, rw: bool| json!([mount(VOLUME, "/data", mode, rw)]);
    let bind = |mode: &str| json!([format!("{VOLUME}:/data:{mode}")]);
    check("of an image that no longer declares it", json!({ "/data": {} }), json!({ "Binds": null }), anonymous("", true), bind("nocopy"));
    check("declared with another spelling", json!({ "/data/": {} }), json!({}), anonymous("", true), bind("nocopy"));
    check("declared nowhere", json!(null), json!({}), anonymous("", true), bind("nocopy"));
    check("read-only", json!({}), json!({}), anonymous("z", false), bind("z,ro,nocopy"));
    check(
        "asked for by a bind",
        json!({}),
        json!({ "Binds": ["/data", "a:/b"] }),
        anonymous("z", true),
        json!(["a:/b", format!("{VOLUME}:/data:z,nocopy")]),
    );
}

#[test]
fn volumes_with_a_name_are_left_alone() {
    let bound = format!("{VOLUME}:/data:nocopy");
    check(
        "carried over before",
        json!({ "/data": {} }),
        json!({ "Binds": [bound] }),
        json!([mount(VOLUME, "/data", "nocopy", true)]),
        json!([bound]),
    );
    check("named", json!({ "/data": {} }), json!({ "Binds": ["d:/data"] }), json!([mount("d", "/data", "z", true)]), json!(["d:/data"]));
    check(
        "mounted",
        json!({ "/data": {} }),
        json!({ "Mounts": [{ "Type": "volume", "Source": VOLUME, "Target": "/data" }] }),
        json!([mount(VOLUME, "/data", "z", true)]),
        json!(null),
    );
}

#[test]
fn volumes_of_another_container_stay_its_own() {
    let host = json!({ "VolumesFrom": ["donor"] });
    check("not declared here", json!({}), host.clone(), json!([mount(VOLUME, "/data", "", true)]), json!(null));
    check("read-only", json!({ "/data": {} }), host.clone(), json!([mount(VOLUME, "/data", "", false)]), json!(null));
    check(
        "perhaps our own: the same volume either way",
        json!({ "/data": {} }),
        host,
        json!([mount(VOLUME, "/data", "", true)]),
        json!([format!("{VOLUME}:/data:nocopy")]),
    );
}

#[test]
fn a_mount_without_a_source_gets_its_volumes_name() {
    let entry = json!({ "Type": "volume", "Target": "/data", "ReadOnly": true, "VolumeOptions": { "Labels": { "a": "b" } } });
    let mut web = container(json!({}), json!({ "Mounts": [entry, { "Type": "volume", "Source": "named", "Target": "/named" }] }));
    web["Mounts"] = json!([mount(VOLUME, "/data", "z", false), mount("named", "/named", "z", true)]);
    let image = image("sha256:x", json!({}));
    let request = create_request(&web, Images { old: &image, new: &image }, "web:1").unwrap_or_else(|error| panic!("{error}"));
    let expected = json!([{ "Type": "volume", "Target": "/data", "ReadOnly": true, "VolumeOptions": { "Labels": { "a": "b" }, "NoCopy": true }, "Source": VOLUME },
        { "Type": "volume", "Source": "named", "Target": "/named" }]);
    assert_eq!(request["HostConfig"]["Mounts"], expected);
    assert_eq!(request["HostConfig"]["Binds"], json!(null));
}

#[test]
fn every_volume_of_a_real_predecessor_is_mounted_by_its_successor() {
    for name in PAIRS {
        let pair = Pair::load(name);
        let places = |document: &Value| -> Vec<(String, String)> {
            let mounts = document["Mounts"].as_array().cloned().unwrap_or_default();
            mounts.iter().map(|mount| (mount["Destination"].to_string(), mount["Name"].to_string())).collect()
        };
        let after = places(&pair.successor);
        assert!(places(&pair.predecessor).iter().all(|place| after.contains(place)), "{name}: {after:?}");
    }
}

#[test]
fn volumes_born_with_a_successor_are_known() {
    let born = |name: &str| {
        let pair = Pair::load(name);
        volumes_born(&pair.predecessor, &pair.successor)
    };
    let pair = Pair::load("plain");
    let mounts = pair.successor["Mounts"].as_array().cloned().unwrap_or_default();
    let expected: Vec<&str> =
        mounts.iter().filter(|mount| mount["Destination"] == "/born").filter_map(|mount| mount["Name"].as_str()).collect();
    assert_eq!(born("plain"), expected);
    assert_eq!(born("plain-again"), Vec::<String>::new(), "the old image declares nothing that is not mounted already");
    assert_eq!(volumes_born(&json!({}), &json!({ "Mounts": [mount("named", "/n", "", true)] })), Vec::<String>::new());
}
