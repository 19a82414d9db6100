//! The create request's networks and `HostConfig`.

use rotate::spec::{Images, create_request};
use serde_json::{Value, json};

use crate::fixture::{ID, container, image};

fn request(container: &Value) -> Value {
    let image = image("sha256:x", json!({}));
    create_request(container, Images { old: &image, new: &image }, "web:1").unwrap_or_else(|error| panic!("{error}"))
}

/// A container on these networks; the request must name these.
fn check(case: &str, mode: &str, mac: &str, networks: Value, expected: Value) {
    let mut web = container(json!({ "MacAddress": mac }), json!({ "NetworkMode": mode }));
    web["NetworkSettings"]["Networks"] = networks;
    assert_eq!(request(&web)["NetworkingConfig"]["EndpointsConfig"], expected, "{case}");
}

#[test]
fn networks_keep_what_was_configured_and_nothing_operational() {
    let endpoint = json!({ "IPAMConfig": { "IPv4Address": "10.1.0.7", "IPv6Address": "fd00::7" }, "Links": ["db:base"], "Aliases": ["front", &ID[..12]], "DriverOpts": { "a": "b" },
        "GwPriority": 5, "Future": true, "MacAddress": "", "NetworkID": "n", "EndpointID": "e", "Gateway": "10.1.0.1", "IPAddress": "10.1.0.7", "IPPrefixLen": 16, "IPv6Gateway": "",
        "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DNSNames": ["web"] });
    let kept = json!({ "IPAMConfig": { "IPv4Address": "10.1.0.7", "IPv6Address": "fd00::7" }, "Links": ["db:base"], "Aliases": ["front"], "DriverOpts": { "a": "b" }, "GwPriority": 5, "Future": true });
    check("one", "n1", "", json!({ "n1": endpoint }), json!({ "n1": kept }));
    check("several", "n1", "", json!({ "n1": endpoint, "n2": {} }), json!({ "n1": kept, "n2": {} }));
    check("host", "host", "", json!({ "host": endpoint }), json!({}));
    check("none", "none", "", json!({ "none": endpoint }), json!({}));
    check("another container's", "container:1234", "", json!({}), json!({}));
}

#[test]
fn a_mac_address_is_kept_only_if_it_was_configured() {
    let at = |mac: &str, ip: &str| json!({ "MacAddress": mac, "IPAddress": ip, "NetworkID": "0123456789abcdef" });
    let own = "02:42:0a:01:00:63";
    check("generated from the address", "n1", "", json!({ "n1": at("02:42:0a:01:00:07", "10.1.0.7") }), json!({ "n1": {} }));
    check("configured on the main network", "n1", own, json!({ "n1": at(own, "10.1.0.7") }), json!({ "n1": { "MacAddress": own } }));
    check("of a stopped container", "n1", own, json!({ "n1": at("", "") }), json!({ "n1": { "MacAddress": own } }));
    check("the main network by id", "0123456789ab", own, json!({ "n1": at(own, "10.1.0.7") }), json!({ "n1": { "MacAddress": own } }));
    check("the default network", "default", own, json!({ "bridge": at(own, "10.1.0.7") }), json!({ "bridge": { "MacAddress": own } }));
    check("not from the address: configured", "n1", "", json!({ "n2": at(own, "10.1.0.7") }), json!({ "n2": { "MacAddress": own } }));
    let random = json!({ "MacAddress": "9a:00:11:22:33:44", "IPAddress": "10.1.0.7", "GwPriority": 0 });
    check("random, as Docker 28 generates it", "n1", "", json!({ "n1": random }), json!({ "n1": { "GwPriority": 0 } }));
    let global = json!({ "MacAddress": "00:16:3e:00:00:01", "IPAddress": "10.1.0.7", "GwPriority": 0 });
    check("of a vendor", "n1", "", json!({ "n1": global }), json!({ "n1": { "MacAddress": "00:16:3e:00:00:01", "GwPriority": 0 } }));
}

#[test]
fn the_container_wide_mac_address_stands_only_where_an_engine_takes_it() {
    let check = |mode: &str, expected: Value| {
        let mut web = container(json!({ "MacAddress": "02:42:0a:01:00:63" }), json!({ "NetworkMode": mode }));
        web["NetworkSettings"]["Networks"] = json!({ "n1": { "NetworkID": "0123456789abcdef" } });
        assert_eq!(request(&web)["MacAddress"], expected, "{mode}");
    };
    check("n1", json!("02:42:0a:01:00:63"));
    check("0123456789ab", json!(null));
}

#[test]
fn host_config_is_copied_whole() {
    let host = json!({ "NetworkMode": "bridge", "Binds": ["data:/data:ro"], "RestartPolicy": { "Name": "always", "MaximumRetryCount": 0 }, "Future": { "x": [null, 1] }, "Links": null,
        "VolumesFrom": ["donor:ro"], "Ulimits": [{ "Name": "nofile", "Hard": 1, "Soft": 1 }], "Mounts": [{ "Type": "tmpfs", "Target": "/t", "Future": 1 }] });
    assert_eq!(request(&container(json!({}), host.clone()))["HostConfig"], host);
}

#[test]
fn links_are_written_as_they_are_typed() {
    let web = container(json!({}), json!({ "Links": ["/db:/web/base", "/cache:/web/cache"] }));
    assert_eq!(request(&web)["HostConfig"]["Links"], json!(["db:base", "cache:cache"]));
}
