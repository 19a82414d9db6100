//! A registry whose certificate only a folder of Podman's explains: what that opens for a pull, it opens for the digest.

use super::wants::{ROOTS_ENGINE, lacks};
use super::{FAST, described, scratch};
use crate::lab::{Authority, SecureRegistry};

#[test]
fn an_authority_below_etc_containers_opens_the_registry_for_digest_and_pull() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = scratch("certsd");
    let authority = Authority::new();
    let registry = SecureRegistry::start(&s, &authority, 3, false);
    let (web, image) = (s.name("web"), format!("{}/{}:latest", registry.address(), s.name("web")));
    registry.tell_engine("ca.crt", &authority.pem);
    s.push("web", "nohealth:v1");
    s.host.docker(&["run", "-d", "--name", &web, &image]);
    s.push("web", "nohealth:v2");
    let old = described(&s, "web");
    let now = || s.agent().on_host_as_owner().config(FAST).run(&["now", &web, "--json"]);

    registry.take_from_engine("ca.crt");
    let refused = s.host.try_docker(&["pull", &image]).expect_err("Podman does not trust it either");
    assert!(refused.contains("x509: "), "{refused}");
    let outcome = now().exits(1);
    let held = &outcome.json()["containers"][0];
    assert_eq!(held["reason"], "unresolved", "{outcome}");
    assert!(held["message"].as_str().is_some_and(|message| message.contains("certificate")), "{outcome}");
    let still = described(&s, "web");
    assert_eq!((&still["Id"], &still["State"]["StartedAt"]), (&old["Id"], &old["State"]["StartedAt"]));

    registry.tell_engine("ca.crt", &authority.pem);
    let outcome = now().exits(0);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
    let new = described(&s, "web");
    assert_eq!(new["State"]["Running"], true, "{new}");
    assert_ne!(new["Image"], old["Image"]);
}
