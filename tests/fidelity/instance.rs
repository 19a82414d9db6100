//! Nothing of the old instance lives on in the new one: ids, generated names and addresses.

use serde_json::Value;

use crate::lab::Scratch;
use crate::scratch;
use crate::walk::rotate;

fn text(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The document without its own id may not hold one of these.
#[track_caller]
fn holds_none_of(document: &Value, gone: &[String]) {
    for word in gone {
        assert!(!word.is_empty() && !document.to_string().contains(word.as_str()), "{word} is still in {document:#}");
    }
}

#[test]
fn no_id_host_name_alias_or_value_of_an_old_container_or_image_is_left() {
    let s = scratch("instance");
    s.host.docker(&["network", "create", &s.name("net")]);
    let config = |n: u8| format!(r#"{{"Env": ["PATH=/bin", "OF_IMAGE=value-of-{n}"], "Labels": {{"of.image": "label-of-{n}"}}}}"#);
    s.push_with("web", "nohealth:v1", &config(1));
    s.run("web", &["--network", &s.name("net"), "--network-alias", "front", "-P"]);
    let mut gone = Vec::new();
    for n in [2, 3] {
        let old = s.host.inspect(&s.name("web"));
        let id = text(&old, "/Id");
        let endpoint = format!("/NetworkSettings/Networks/{}/EndpointID", s.name("net"));
        gone.extend([
            id[..12].to_owned(),
            text(&old, "/Image"),
            text(&old, &endpoint),
            format!("value-of-{}", n - 1),
            format!("label-of-{}", n - 1),
        ]);
        gone.push("rotate-".to_owned());
        s.push_with("web", &format!("nohealth:v{n}"), &config(n));
        rotate(&s, &["web"]);
        let new = s.host.inspect(&s.name("web"));
        holds_none_of(&new, &gone);
        assert_eq!(text(&new, "/Config/Hostname"), text(&new, "/Id")[..12], "generated from the new id");
        let hostname = s.host.docker(&["exec", &s.name("web"), "hostname"]);
        assert_eq!(hostname, text(&new, "/Id")[..12]);
    }
}

/// Address and generated MAC address of the container now.
fn generated(s: &Scratch, network: &str) -> (String, String) {
    let document = s.host.inspect(&s.name("web"));
    let of = |field: &str| text(&document, &format!("/NetworkSettings/Networks/{network}/{field}"));
    (of("IPAddress"), of("MacAddress"))
}

#[test]
fn a_generated_address_and_mac_are_not_frozen() {
    let s = scratch("generated");
    let net = s.name("net");
    s.host.docker(&["network", "create", "--subnet", "172.31.92.0/24", &net]);
    s.push("web", "nohealth:v1");
    s.run("web", &["--network", &net]);
    for version in ["nohealth:v2", "nohealth:v3"] {
        s.push("web", version);
        rotate(&s, &["web"]);
    }
    let (address, mac) = generated(&s, &net);
    // Somebody else takes the address while it is down: it gets another, and another MAC with it.
    s.host.docker(&["stop", &s.name("web")]);
    s.host.docker(&["run", "-d", "--name", &s.name("thief"), "--network", &net, "--ip", &address, &s.image("web")]);
    s.host.docker(&["start", &s.name("web")]);
    let now = generated(&s, &net);
    assert!(!now.0.is_empty() && now.0 != address, "{now:?}, was {address}");
    assert!(!now.1.is_empty() && now.1 != mac, "{now:?}, was {mac}");
    assert_eq!(s.host.inspect(&s.name("web"))["Config"]["MacAddress"].as_str().unwrap_or_default(), "");
}
