//! Images for another platform than the engine's own.

use super::{Scratch, entry, look, now, scratch};

/// Two architectures: the engine's own, and one that it is not.
fn architectures(s: &Scratch) -> (String, &'static str) {
    let own = s.host.api("GET", "/version").1["Arch"].as_str().expect("an architecture").to_owned();
    let foreign = if own == "arm64" { "amd64" } else { "arm64" };
    (own, foreign)
}

/// Pushes an index with an image for each of the two.
fn push_both(s: &Scratch, text: &str, (own, foreign): (&str, &str)) {
    let repo = format!("{}:latest", s.name("web"));
    let here = s.host.push_for(&repo, own, &format!("nohealth:{text}"));
    let there = s.host.push_for(&repo, foreign, &format!("nohealth:{text}-{foreign}"));
    s.host.push_index_of_two(&repo, &here, &there, text);
}

fn architecture(s: &Scratch, container: &str) -> String {
    s.host.docker(&["image", "inspect", "-f", "{{.Architecture}}", &look(s, container).image])
}

#[test]
fn a_container_of_another_platform_keeps_it() {
    let s = scratch("platform");
    let (own, foreign) = architectures(&s);
    push_both(&s, "v1", (&own, foreign));
    let name = s.name("web");
    s.host.docker(&["run", "-d", "--platform", &format!("linux/{foreign}"), "--name", &name, &s.image("web")]);
    assert_eq!(architecture(&s, &name), foreign);

    push_both(&s, "v2", (&own, foreign));
    let before = look(&s, &name);
    now(&s, &["web"], &[]).exits(0);
    let after = look(&s, &name);
    assert!(after.is_running && after.id != before.id && after.image != before.image);
    assert_eq!(architecture(&s, &name), foreign);
    let said = s.host.docker(&["exec", &name, "env"]);
    assert!(said.contains(&format!("APP_VERSION=v2-{foreign}")), "{said}");
    now(&s, &["web"], &[]).exits(0);
    assert_eq!(look(&s, &name), after, "a further run changes nothing");

    now(&s, &["web"], &[]).exits(0);
    s.rotate(&["rollback", &name]).exits(0);
    assert_eq!((look(&s, &name).id, architecture(&s, &name)), (before.id, foreign.to_owned()));
}

#[test]
fn an_image_that_is_not_for_this_platform_is_told_and_nothing_is_touched() {
    let s = scratch("nomatch");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let name = s.name("web");
    let before = look(&s, &name);
    let (_, foreign) = architectures(&s);
    let repo = format!("{name}:latest");
    let there = s.host.push_for(&repo, foreign, "nohealth:v2");
    s.host.push_index(&repo, &there, "only there");

    let outcome = now(&s, &["web"], &["--json"]).exits(1);
    let entry = entry(&outcome, &name);
    assert_eq!(entry["verdict"], "failed", "{outcome}");
    let message = entry["message"].as_str().unwrap_or_default();
    // "no matching manifest for linux/amd64" in one image store, "no match for platform in manifest" in the other.
    let why = if s.host.has_podman() { "no image found in image index for architecture" } else { "no match" };
    assert!(message.contains(&format!("the image could not be pulled: {why}")), "{message}");
    assert_eq!(look(&s, &name), before);

    // An image without an index is pulled all the same, and says what it is made for.
    let digest = s.host.push_for(&repo, foreign, "nohealth:v3");
    let outcome = now(&s, &["web"], &["--json"]).exits(1);
    let entry = self::entry(&outcome, &name);
    assert_eq!((&entry["verdict"], &entry["reason"]), (&"failed".into(), &"other_platform".into()), "{outcome}");
    assert_eq!(look(&s, &name), before);
    assert!(s.rotate(&["plan", &name]).exits(0).stdout.contains(&digest[..19]), "it is refused");
}
