//! Which API version is spoken with which engine, and that a rotation works with the oldest and with the newest.

use super::{FAST, leftovers, look, scratch, tagged};
use crate::lab::{Action, Api, DOCKERS_API, Fault, FaultProxy, Scratch, lacks, policy};

/// The version that the engine's own client would speak, and the oldest that it takes: 45 and 24 on Docker 26.1.
fn own(s: &Scratch) -> Api {
    let says = s.host.api("GET", "/version").1;
    let minor = |key: &str| says[key].as_str().and_then(|version| version.strip_prefix("1.")?.parse().ok()).expect("a version");
    Api { lowest: minor("MinAPIVersion"), newest: minor("ApiVersion") }
}

/// The oldest that both the engine and we speak.
fn oldest(s: &Scratch) -> u32 {
    own(s).lowest.max(41)
}

/// Whether the others are connected one by one.
fn takes_one_network(s: &Scratch, api: Api) -> bool {
    api.newest < 44 && !s.host.has_podman()
}

/// A container with everything that a create of old takes in one and of new in several calls: three networks, each with settings.
fn stale_on_three_networks(s: &Scratch, subnet: u8) {
    s.push("web", "ok:v1");
    for (n, name) in ["a", "b", "c"].iter().enumerate() {
        s.host.docker(&["network", "create", "--subnet", &format!("172.30.{subnet}.{}/26", n * 64), &s.name(name)]);
    }
    let [a, b, c] = ["a", "b", "c"].map(|name| s.name(name));
    let [first, second] = [10, 74].map(|last| format!("172.30.{subnet}.{last}"));
    if s.host.has_podman() {
        // Connected later, it would be held: no document tells with which address.
        let [a, b] = [format!("{a}:ip={first},alias=www"), format!("{b}:ip={second},alias=second")];
        s.run("web", &["--restart", policy("always"), "--network", &a, "--network", &b, "--network", &c]);
    } else {
        s.run("web", &["--restart", "always", "--network", &a, "--ip", &first, "--network-alias", "www"]);
        s.host.docker(&["network", "connect", "--ip", &second, "--alias", "second", &b, &s.name("web")]);
        s.host.docker(&["network", "connect", &c, &s.name("web")]);
    }
    s.push("web", "ok:v2");
}

/// Of each network: configured address, address in use, and the aliases but for the id.
fn networks(s: &Scratch) -> Vec<String> {
    let document = s.host.inspect(&s.name("web"));
    let id = document["Id"].as_str().unwrap_or_default()[..12].to_owned();
    let show = |(name, endpoint): (&String, &serde_json::Value)| {
        let aliases: Vec<&str> =
            endpoint["Aliases"].as_array().into_iter().flatten().filter_map(|a| a.as_str()).filter(|a| *a != id).collect();
        // Podman does not say which was asked for: all but the last was.
        let is_asked_for = endpoint["IPAMConfig"]["IPv4Address"].is_string() || s.host.has_podman() && *name != s.name("c");
        let address = if is_asked_for { &endpoint["IPAddress"] } else { &serde_json::Value::Null };
        format!("{name} {} {address} {aliases:?}", endpoint["IPAMConfig"]["IPv4Address"])
    };
    document["NetworkSettings"]["Networks"].as_object().into_iter().flatten().map(show).collect()
}

#[test]
fn one_version_is_settled_on_and_stands_in_every_path() {
    if lacks(&DOCKERS_API) {
        return;
    }
    for pinned in [None, Some(55)] {
        let s = scratch("settled");
        s.push("web", "ok:v1");
        s.run("web", &[]);
        let old = look(&s, &s.name("web"));
        s.push("web", "ok:v2");
        // As Docker 29 will be: its newest is newer than what we speak, and its oldest is 1.44.
        let api = pinned.map_or(own(&s), |newest| Api { lowest: 44, newest });
        let proxy = FaultProxy::speaking(&s.host.socket(), api);
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]).exits(0);
        assert_ne!(look(&s, &s.name("web")).id, old.id);
        let (requests, versions) = (proxy.requests(), proxy.versions());
        for (request, version) in requests.iter().zip(versions) {
            let expected = if request == "GET /version" { None } else { Some(api.newest.min(51)) };
            assert_eq!(version, expected, "{request}");
        }
        assert!(requests.len() > 10, "{requests:?}");
    }
}

#[test]
fn a_container_of_three_networks_has_all_of_them_by_the_oldest_and_the_newest_api() {
    for (newest, subnet) in [(oldest as fn(&Scratch) -> u32, 1), (|s| own(s).newest, 2)] {
        let s = scratch("networks");
        stale_on_three_networks(&s, subnet);
        let (old, before) = (look(&s, &s.name("web")), networks(&s));
        assert_eq!(before.len(), 3);
        let api = Api { newest: newest(&s), ..own(&s) };
        let proxy = FaultProxy::speaking(&s.host.socket(), api);
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]).exits(0);
        assert_ne!(look(&s, &s.name("web")).id, old.id);
        assert_eq!(networks(&s), before);
        let connects = proxy.calls().iter().filter(|call| call.ends_with("/connect")).count();
        assert_eq!(connects, if takes_one_network(&s, api) { 2 } else { 0 }, "one network a create below 1.44");
    }
}

#[test]
fn a_connection_that_is_refused_lost_or_hidden_touches_nothing_or_is_made_again() {
    if lacks(&DOCKERS_API) {
        return;
    }
    let s = scratch("connect");
    if oldest(&s) >= 44 {
        return; // this engine takes all networks in one create: there is no such call
    }
    stale_on_three_networks(&s, 3);
    let (old, before) = (look(&s, &s.name("web")), networks(&s));
    let with = |fault| {
        let proxy = FaultProxy::speaking(&s.host.socket(), Api { newest: oldest(&s), ..own(&s) });
        proxy.at_path("/connect", 2, fault);
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")])
    };
    with(Fault::Before(Action::Status(500, "the test says no".into()))).exits(1);
    assert_eq!((look(&s, &s.name("web")), leftovers(&s)), (old, Vec::new()), "the half connected one is gone, the old one untouched");
    with(Fault::Before(Action::Status(200, "made nothing".into()))).exits(1);
    assert_eq!((networks(&s), leftovers(&s)), (before.clone(), Vec::new()));
    with(Fault::After(Action::Cut)).exits(0);
    assert_eq!(networks(&s), before);
    assert_eq!(look(&s, &s.name("web")).image, tagged(&s, "web"));
}

#[test]
fn a_rollback_that_creates_again_connects_all_networks_before_the_start() {
    let s = scratch("again");
    stale_on_three_networks(&s, 4);
    let (old, before) = (look(&s, &s.name("web")), networks(&s));
    let socket = s.host.socket();
    let api = Api { newest: oldest(&s), ..own(&s) };
    let proxy = FaultProxy::speaking(&socket, api);
    s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]).exits(0);
    let kept = leftovers(&s);
    s.host.docker(&["rm", &kept[0]]); // another hand; now it must be created again
    proxy.at_path("/connect", 1, Fault::After(Action::Kill));
    let rollback = ["rollback", &s.name("web")];
    let killed = s.agent().engine(&proxy.socket()).config(FAST).run(&rollback);
    assert_eq!(killed.was_killed(), takes_one_network(&s, api), "{killed}");
    if killed.was_killed() {
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]);
    }
    let back = look(&s, &s.name("web"));
    assert_eq!((back.image, back.policy, back.is_running), (old.image, old.policy, true));
    assert_eq!(networks(&s), before);
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn an_engine_that_speaks_only_newer_or_only_older_versions_is_refused_with_both_ranges() {
    let s = scratch("refused");
    let version = s.host.api("GET", "/version").1["Version"].as_str().unwrap_or_default().to_owned();
    let name = if s.host.has_podman() { "Podman" } else { "Docker" };
    for api in [Api { lowest: 52, newest: 60 }, Api { lowest: 12, newest: 40 }] {
        let proxy = FaultProxy::speaking(&s.host.socket(), api);
        let outcome = s.agent().engine(&proxy.socket()).run(&["now"]).exits(69);
        let expected = format!(
            "error: the engine at {} is {name} {version} and speaks API 1.{} to 1.{}, which rotate does not drive\n\
             state: the engine was not asked; nothing changed\nhelp:  this version of rotate drives Docker by API 1.41 to 1.51, and Podman from 4.3 on\n",
            proxy.socket().display(),
            api.lowest,
            api.newest
        );
        assert_eq!(outcome.stderr, expected);
        assert_eq!(proxy.requests(), ["GET /version"]);
    }
}
