//! What Podman's own labels select, on units and on containers without one.

use super::super::quadlet::{LONG, Quadlet};
use super::super::wants::{QUADLET, lacks};
use super::super::{FAST, described, scratch};
use super::{asked, entry, now, told};
use crate::lab::{FaultProxy, Host, Scratch, wait_for};

#[test]
fn where_nothing_is_labelled_a_run_ends_well_and_asks_the_engine_for_nothing() {
    let s = Scratch::alone(Host::shared(), "unlabelled");
    s.push("web", "nohealth:v1");
    let id = s.run("web", &[]);
    s.push("web", "nohealth:v2");
    let proxy = FaultProxy::start(&s.host.socket());
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", "--json"]).exits(0);
    let said = outcome.json();
    let rotated = said["containers"].as_array().expect("a list").iter().filter(|entry| entry["verdict"] != "skipped").count();
    assert_eq!((rotated, proxy.calls()), (0, Vec::<String>::new()), "{outcome}");
    assert_eq!(described(&s, "web")["Id"], id.as_str());
}

#[test]
fn the_autoupdate_key_of_a_quadlet_file_selects_its_container_and_a_dry_run_touches_nothing() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "autoupdate");
    s.push("web", "nohealth:v1");
    let web = Quadlet::start(&s, "web", "AutoUpdate=registry\nPull=newer", "Restart=always");
    let (old, id) = (web.image(), web.id());
    let newer = s.push("web", "nohealth:v2");

    for (args, reason) in [(&["plan", "--json"][..], None), (&["now", "--dry-run", "--json"], Some("dry_run"))] {
        let outcome = asked(&s, FAST, args).exits(0);
        let entry = entry(&s, &outcome.json(), "web");
        assert_eq!(entry["reason"].as_str(), reason, "{outcome}");
        assert_eq!((web.image(), web.id(), web.tagged()), (old.clone(), id.clone(), old.clone()), "{outcome}");
        assert!(web.drop_in().is_none(), "{outcome}");
        let digests = s.host.docker(&["images", "--digests", "--format", "{{.Digest}}"]);
        assert!(reason.is_some() || !digests.contains(&newer), "to plan pulls nothing: {outcome}");
    }

    assert_eq!(told(&s, &now(&s, &[]).exits(0).json(), "web"), "rotated");
    assert_ne!(web.image(), old);
    web.is_up_with(&web.image());
}

#[test]
fn of_seven_containers_those_whose_label_says_so_are_updated_with_one_pull_an_image_and_each_other_has_its_reason() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "seven");
    let all = ["a", "b", "off", "empty", "local", "typo", "none", "plain"];
    let units = ["a", "off", "empty", "local", "none"];
    for name in all.iter().filter(|name| **name != "b") {
        s.push(name, "nohealth:v1");
    }
    let label = |value: &str| format!("Label=io.containers.autoupdate={value}");
    let shared = format!("Image={}\nAutoUpdate=registry", s.image("a"));
    let texts = [("a", label("registry")), ("b", shared), ("off", label("disabled")), ("empty", label("")), ("local", label("local"))];
    let more = [("none", String::new())];
    let quadlets: Vec<Quadlet<'_>> = texts.iter().chain(&more).map(|(name, text)| Quadlet::start(&s, name, text, "")).collect();
    s.run("typo", &["--label", "io.containers.autoupdate=registy"]);
    s.run("plain", &["--label", "io.containers.autoupdate=registry"]);
    let ids = || all.map(|name| described(&s, name)["Id"].as_str().unwrap_or_default().to_owned());
    let before = ids();
    for name in units.iter().chain(&["plain", "typo"]) {
        s.push(name, "nohealth:v2");
    }
    let is_healed =
        |name: &str| wait_for("it runs", LONG, || s.host.try_inspect(&s.name(name)).filter(|found| found["State"]["Running"] == true));
    let since = String::from_utf8_lossy(&s.host.exec(&["date", "+%s"]).stdout).trim().to_owned();

    let outcome = now(&s, &[]).exits(0);
    let said = outcome.json();
    for name in ["a", "b", "plain"] {
        assert_eq!(told(&s, &said, name), "rotated", "{name}: {outcome}");
    }
    for (name, reason) in
        [("off", "opted_out"), ("empty", "opted_out"), ("local", "not_selected"), ("typo", "bad_label"), ("none", "not_selected")]
    {
        assert_eq!(told(&s, &said, name), reason, "{name}: {outcome}");
    }
    let message = entry(&s, &said, "typo")["message"].to_string();
    for word in ["io.containers.autoupdate", "registy", "`registry`, `local` or `disabled`"] {
        assert!(message.contains(word), "{message}");
    }
    for ((name, before), after) in all.iter().zip(&before).zip(&ids()) {
        assert_eq!(before != after, ["a", "b", "plain"].contains(name), "{name}: {outcome}");
        is_healed(name);
    }
    assert_eq!(quadlets[0].image(), quadlets[1].image());
    let pulls =
        s.host.docker(&["events", "--since", &since, "--until", "0s", "--stream=false", "--filter", "event=pull", "--format", "{{.Name}}"]);
    // Its client looks for the image by its tag, which is an event, too.
    let of = |name: &str| pulls.lines().filter(|line| line.contains(&format!("/{}@", s.name(name)))).count();
    assert_eq!((of("a"), of("plain"), of("off"), of("typo")), (1, 1, 0, 0), "{pulls}");
}

#[test]
fn a_local_policy_is_told_not_to_be_followed_and_a_new_build_here_replaces_nothing() {
    let s = scratch("local");
    s.push("web", "nohealth:v1");
    let (web, image) = (s.name("web"), s.image("web"));
    s.run("web", &["--label", "io.containers.autoupdate=local"]);
    let id = described(&s, "web")["Id"].clone();
    s.host.docker(&["commit", "-q", "-c", "ENV BUILT=here", &web, &image]);
    let plan = asked(&s, FAST, &["plan", &web, "--json"]).exits(0).json();
    assert!(plan["labels_not_followed"][&web].to_string().contains("io.containers.autoupdate"), "{plan}");
    assert_eq!(described(&s, "web")["Id"], id);
    let explained = asked(&s, FAST, &["explain", &web]).exits(0);
    assert!(explained.stdout.contains("io.containers.autoupdate"), "{explained}");
}
