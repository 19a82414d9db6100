//! Watching and waiting: `mode`, `min_age`, and the labels of Watchtower.

use std::time::Duration;

use super::{FAST, entry, look, now, scratch};
use crate::lab::{Scratch, wait_for};

const WATCHTOWER: &str = "com.centurylinklabs.watchtower";

/// A container with this label for which there is something newer; the newer digest.
fn outdated(s: &Scratch, labels: &[&str]) -> String {
    s.push("web", "nohealth:v1");
    let options: Vec<&str> = labels.iter().flat_map(|label| ["--label", label]).collect();
    s.run("web", &options);
    s.push("web", "nohealth:v2")
}

#[test]
fn a_watched_container_is_told_and_neither_pulled_nor_rotated_unless_named() {
    for label in ["rotate.mode=watch".to_owned(), format!("{WATCHTOWER}.monitor-only=true")] {
        let s = Scratch::alone(crate::lab::Host::shared(), "watch");
        let newer = outdated(&s, &["rotate.enable=true", &label]);
        let (web, old) = (s.name("web"), look(&s, &s.name("web")));
        let told = format!("newer: {} (watch only)", &newer[..19]);
        for command in ["plan", "now", "status"] {
            let outcome = s.agent().config(FAST).run(&[command]).exits(0);
            assert!(outcome.stdout.contains(&told), "{outcome}");
        }
        assert_eq!(look(&s, &web), old);
        let digests = s.host.docker(&["images", "--digests", "--format", "{{.Digest}}"]);
        assert!(!digests.contains(&newer), "not pulled");
        now(&s, &["web"], &[]).exits(0);
        assert_ne!(look(&s, &web).id, old.id, "a person who names it means it");
    }
}

#[test]
fn a_digest_waits_until_it_has_been_seen_for_min_age_and_a_tag_that_comes_back_begins_anew() {
    let s = scratch("min-age");
    let second = outdated(&s, &["rotate.min_age=1h"]);
    let (web, old) = (s.name("web"), look(&s, &s.name("web")));
    let plan = s.rotate(&["plan", &web]).exits(0);
    assert!(plan.stdout.contains("counts from the first `rotate now` that sees it"), "plan writes nothing: {plan}");
    let waits = || {
        let entry = entry(&now(&s, &["web"], &["--retry", "--json"]).exits(0), &web);
        assert_eq!(entry["reason"], "min_age", "neither a name nor --retry makes it older: {entry}");
        entry["message"].as_str().unwrap_or_default().to_owned()
    };
    let first = waits();
    assert!(first.starts_with("waits until 20") && first.contains(&second[..19]), "{first}");
    assert_eq!(waits(), first, "it counts from the first time");
    let third = s.push("web", "nohealth:v3");
    assert!(waits().contains(&third[..19]));
    // Times are told by the second: the tag goes and comes back until one has passed.
    let comes_back = || {
        s.push("web", "nohealth:v3");
        waits();
        assert_eq!(s.push("web", "nohealth:v2"), second, "the tag comes back");
        (waits() > first).then_some(())
    };
    wait_for("a later moment", Duration::from_secs(60), comes_back);
    assert_eq!(look(&s, &web), old);
    let plan = s.rotate(&["plan", &web]).exits(0);
    assert!(plan.stdout.contains("waits until 20"), "{plan}");

    now(&s, &["web"], &["--any-age"]).exits(0);
    assert_ne!(look(&s, &web).id, old.id);
}

#[test]
fn a_digest_that_is_old_enough_is_used() {
    let s = scratch("old-enough");
    outdated(&s, &["rotate.min_age=2s"]);
    let (web, old) = (s.name("web"), look(&s, &s.name("web")));
    let rotated = || (entry(&now(&s, &["web"], &["--json"]).exits(0), &web)["verdict"] == "rotated").then_some(());
    assert_eq!(rotated(), None);
    wait_for("it is old enough", Duration::from_secs(60), rotated);
    assert_ne!(look(&s, &web).id, old.id);
}

#[test]
fn watchtower_selects_and_what_is_not_followed_is_named() {
    let s = Scratch::alone(crate::lab::Host::shared(), "watchtower");
    outdated(&s, &[&format!("{WATCHTOWER}.enable=true"), &format!("{WATCHTOWER}.depends-on=db"), &format!("{WATCHTOWER}.scope=a")]);
    s.push("out", "nohealth:v1");
    s.run("out", &["--label", &format!("{WATCHTOWER}.enable=false")]);
    let (web, old) = (s.name("web"), look(&s, &s.name("web")));
    let plan = s.rotate(&["plan", "--json"]).exits(0);
    let document = plan.json();
    assert_eq!(document["rotations"][0]["name"], web.as_str());
    let named = serde_json::json!([format!("{WATCHTOWER}.depends-on"), format!("{WATCHTOWER}.scope")]);
    assert_eq!(document["labels_not_followed"][&web], named, "{plan}");
    let outcome = s.agent().config(FAST).run(&["now", "--json"]).exits(0);
    assert!(outcome.stderr.contains(&format!("rotate does not follow {WATCHTOWER}.depends-on, {WATCHTOWER}.scope")), "{outcome}");
    assert_eq!(entry(&outcome, &s.name("out"))["reason"], "opted_out");
    assert_ne!(look(&s, &web).id, old.id);
}

#[test]
fn watchtower_s_stop_signal_is_what_the_old_container_gets() {
    let s = scratch("signal");
    s.push("web", "nohealth:v1");
    // Says which signal it got, into a volume that outlives it.
    let script = "trap 'echo INT > /data/signal; exit 0' INT; trap 'echo TERM > /data/signal; exit 0' TERM; while :; do sleep 0.1; done";
    let (volume, web) = (format!("{}:/data", s.name("data")), s.name("web"));
    let signal = format!("{WATCHTOWER}.stop-signal=SIGINT");
    let image = s.image("web");
    let run = ["run", "-d", "--pull", "always", "--name", &web, "-v", &volume, "--label", &signal, "--entrypoint", "sh"];
    s.host.docker(&[&run[..], &[&image, "-c", script]].concat());
    s.push("web", "nohealth:v2");
    // Docker before 23 would take the call and drop the signal; Podman knows none but the container's own.
    let takes_it = s.host.engine() != "docker-20.10" && !s.host.has_podman();
    let entry = entry(&now(&s, &["web"], &["--json"]).exits(0), &web);
    if takes_it {
        assert_eq!(entry["verdict"], "rotated", "{entry}");
        assert_eq!(s.host.docker(&["exec", &web, "cat", "/data/signal"]), "INT");
    } else {
        assert_eq!(entry["reason"], "stop_signal", "{entry}");
    }
}
