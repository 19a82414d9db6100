//! Registries whose certificate only the engine's own folder explains: what that folder opens for the engine's pull, it opens for the digest.

use super::{FAST, entry, look, scratch};
use crate::lab::{Authority, Outcome, Scratch, SecureRegistry};

/// A container of an image of this registry, and a newer image there.
fn stale(s: &Scratch, registry: &SecureRegistry) {
    s.push("web", "nohealth:v1");
    s.host.docker(&["run", "-d", "--name", &s.name("web"), &format!("{}/{}:latest", registry.address(), s.name("web"))]);
    s.push("web", "nohealth:v2");
}

fn now(s: &Scratch) -> Outcome {
    s.agent().on_host_as_owner().config(FAST).run(&["now", &s.name("web"), "--json"])
}

/// Without these files neither engine nor agent is let in, and nothing is touched; with them, the container is rotated.
#[track_caller]
fn opens(s: &Scratch, registry: &SecureRegistry, files: &[(&str, &str)]) {
    let old = look(s, &s.name("web"));
    files.iter().for_each(|(name, _)| registry.take_from_engine(name));
    let refused = s.host.try_docker(&["pull", &format!("{}/{}:latest", registry.address(), s.name("web"))]).unwrap_err();
    assert!(refused.contains("tls: ") || refused.contains("x509: "), "{refused}");
    let held = entry(&now(s).exits(1), &s.name("web"));
    assert_eq!(held["reason"], "unresolved", "{held}");
    assert!(held["message"].as_str().is_some_and(|message| message.to_lowercase().contains("certificate")), "{held}");
    assert_eq!(look(s, &s.name("web")), old);

    files.iter().for_each(|(name, text)| registry.tell_engine(name, text));
    assert_eq!(entry(&now(s).exits(0), &s.name("web"))["verdict"], "rotated");
    let new = look(s, &s.name("web"));
    assert!(new.is_running && new.image != old.image, "{new:?}");
}

#[test]
fn an_authority_in_the_engines_folder_opens_the_registry_for_digest_and_pull() {
    let s = scratch("authority");
    let authority = Authority::new();
    let registry = SecureRegistry::start(&s, &authority, 1, false);
    registry.tell_engine("ca.crt", &authority.pem);
    stale(&s, &registry);
    opens(&s, &registry, &[("ca.crt", &authority.pem)]);
}

#[test]
fn a_client_certificate_in_the_engines_folder_opens_the_registry_for_digest_and_pull() {
    let s = scratch("client");
    let authority = Authority::new();
    let registry = SecureRegistry::start(&s, &authority, 2, true);
    let (certificate, key) = authority.sign("rotate");
    let ours = [("client.cert", certificate.as_str()), ("client.key", key.as_str())];
    for (name, text) in [("ca.crt", authority.pem.as_str())].iter().chain(&ours) {
        registry.tell_engine(name, text);
    }
    stale(&s, &registry);
    opens(&s, &registry, &ours);
}
