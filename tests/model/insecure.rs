//! Which hosts the engine trusts without a certificate, and that a credential is never shown.

use std::net::IpAddr;

use rotate::model::{Credential, InsecureRegistries};

/// One engine's answer: a host with its port, one without, Docker's own range and one more.
#[track_caller]
fn check(host: &str, addresses: &[&str], expected: bool) {
    let text = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect();
    let known = InsecureRegistries::new(
        text(&["registry.lan:5000", "plain.lan", "[fd00::1]:5000"]),
        text(&["127.0.0.0/8", "::1/128", "10.1.0.0/16", "not a range"]),
    );
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    assert_eq!(known.contains(host, &addresses), expected, "{host} at {addresses:?}");
}

#[test]
fn a_host_is_insecure_with_exactly_the_port_that_the_engine_names() {
    check("registry.lan:5000", &[], true);
    check("registry.lan", &[], false);
    check("registry.lan:5001", &[], false);
    check("plain.lan", &[], true);
    check("plain.lan:5000", &[], false);
    check("[fd00::1]:5000", &[], true);
    check("[fd00::2]:5000", &[], false);
}

#[test]
fn an_address_is_insecure_in_one_of_the_engines_ranges() {
    check("127.0.0.1:5000", &[], true);
    check("127.8.9.1", &[], true);
    check("10.1.255.1:80", &[], true);
    check("10.2.0.1:80", &[], false);
    check("[::1]:5000", &[], true);
    check("[::1]", &[], true);
    check("[::2]:5000", &[], false);
}

#[test]
fn a_name_is_insecure_if_any_of_its_addresses_is() {
    check("localhost:5000", &["127.0.0.1"], true);
    check("cache.lan", &["192.0.2.1", "10.1.2.3"], true);
    check("cache.lan", &["::ffff:10.1.2.3"], true);
    check("cache.lan", &["192.0.2.1", "2001:db8::1"], false);
    check("cache.lan", &[], false);
}

#[test]
fn the_hub_is_never_insecure() {
    check("docker.io", &["127.0.0.1"], false);
}

#[test]
fn a_host_that_is_secure_by_name_is_so_in_any_range() {
    let text = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect();
    let known = InsecureRegistries::new(vec![], text(&["10.1.0.0/16"])).with_secure(text(&["10.1.2.3:5000", "cache.lan"]));
    assert!(!known.contains("10.1.2.3:5000", &[]) && !known.depends_on_addresses("cache.lan"));
    assert!(!known.contains("cache.lan", &["10.1.2.3".parse().unwrap()]));
    assert!(known.contains("10.1.2.3:5001", &[]) && known.depends_on_addresses("cache.lan:443"));
}

#[test]
fn a_credential_shows_nothing_of_itself() {
    let basic = Credential::Basic { username: "alice".into(), password: "hunter2".into() };
    let token = Credential::IdentityToken("eyJ0".into());
    let shown = format!("{basic:?} {token:?} {:#?}", Some(&basic));
    assert!(!["alice", "hunter2", "eyJ0"].iter().any(|secret| shown.contains(secret)), "{shown}");
}
