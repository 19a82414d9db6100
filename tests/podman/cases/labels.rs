//! What Podman's own labels select, on units and on containers without one.

use super::super::quadlet::{LONG, Quadlet};
use super::super::wants::{QUADLET, UNITS, lacks};
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
    let all = ["a", "b", "off", "empty", "local", "built", "typo", "none", "plain"];
    let units = ["a", "off", "empty", "local", "none"];
    for name in all.iter().filter(|name| **name != "b") {
        s.push(name, "nohealth:v1");
    }
    let label = |value: &str| format!("Label=io.containers.autoupdate={value}");
    // As it was once called.
    let shared = format!("Image={}\n{}", s.image("a"), label("image"));
    let texts = [("a", label("registry")), ("b", shared), ("off", label("disabled")), ("empty", label("")), ("local", label("local"))];
    let more = [("built", label("local")), ("none", String::new())];
    let quadlets: Vec<Quadlet<'_>> = texts.iter().chain(&more).map(|(name, text)| Quadlet::start(&s, name, text, "")).collect();
    s.run("typo", &["--label", "io.containers.autoupdate=registy"]);
    s.run("plain", &["--label", "io.containers.autoupdate=registry"]);
    let ids = || all.map(|name| described(&s, name)["Id"].as_str().unwrap_or_default().to_owned());
    let before = ids();
    let own = put(&s, "built", "nohealth:own");
    for name in units.iter().chain(&["plain", "typo"]) {
        s.push(name, "nohealth:v2");
    }
    let is_healed =
        |name: &str| wait_for("it runs", LONG, || s.host.try_inspect(&s.name(name)).filter(|found| found["State"]["Running"] == true));
    let since = String::from_utf8_lossy(&s.host.exec(&["date", "+%s"]).stdout).trim().to_owned();

    let outcome = now(&s, &[]).exits(0);
    let said = outcome.json();
    for name in ["a", "b", "built", "plain"] {
        assert_eq!(told(&s, &said, name), "rotated", "{name}: {outcome}");
    }
    for (name, reason) in
        [("off", "opted_out"), ("empty", "opted_out"), ("local", "up_to_date"), ("typo", "bad_label"), ("none", "not_selected")]
    {
        assert_eq!(told(&s, &said, name), reason, "{name}: {outcome}");
    }
    let message = entry(&s, &said, "typo")["message"].to_string();
    for word in ["io.containers.autoupdate", "registy", "`registry`, `local` or `disabled`"] {
        assert!(message.contains(word), "{message}");
    }
    for ((name, before), after) in all.iter().zip(&before).zip(&ids()) {
        assert_eq!(before != after, ["a", "b", "built", "plain"].contains(name), "{name}: {outcome}");
        is_healed(name);
    }
    assert_eq!(quadlets[0].image(), quadlets[1].image());
    assert_eq!(quadlets[5].image(), own);
    let pulls =
        s.host.docker(&["events", "--since", &since, "--until", "0s", "--stream=false", "--filter", "event=pull", "--format", "{{.Name}}"]);
    // Its client looks for the image by its tag, which is an event, too.
    let of = |name: &str| pulls.lines().filter(|line| line.contains(&format!("/{}@", s.name(name)))).count();
    assert_eq!((of("a"), of("plain"), of("off"), of("typo")), (1, 1, 0, 0), "{pulls}");
}

/// Puts another image under a tag, on the engine alone. Returns its id.
fn put(s: &Scratch, name: &str, variant: &str) -> String {
    s.push("next", variant);
    let (next, image) = (s.image("next"), s.image(name));
    s.host.docker(&["pull", "-q", &next]);
    s.host.docker(&["tag", &next, &image]);
    format!("sha256:{}", s.host.docker(&["image", "inspect", "--format", "{{.Id}}", &image]))
}

#[test]
fn a_container_that_follows_the_engines_own_tag_takes_what_a_person_puts_there_and_not_what_a_registry_has() {
    let s = scratch("local");
    s.push("web", "nohealth:v1");
    s.run("web", &["--label", "io.containers.autoupdate=local"]);
    s.push("web", "nohealth:v2"); // none of its business
    let now = |exits: i32| asked(&s, FAST, &["now", &s.name("web"), "--json"]).exits(exits).json();
    let runs = || s.host.inspect(&s.name("web"))["Image"].as_str().unwrap_or_default().to_owned();
    assert_eq!(told(&s, &now(0), "web"), "up_to_date");

    let proved = put(&s, "web", "nohealth:own");
    now(0);
    assert_eq!(runs(), proved);
    assert_eq!(told(&s, &now(0), "web"), "up_to_date");

    let failed = put(&s, "web", "crash");
    now(1);
    assert_eq!(runs(), proved);
    assert_eq!(told(&s, &now(0), "web"), "refused", "what failed is not tried again");
    let tagged = s.host.docker(&["image", "inspect", "--format", "{{.Id}}", &s.image("web")]);
    assert_eq!(format!("sha256:{tagged}"), failed, "and keeps its name");
    let explained = asked(&s, FAST, &["explain", &s.name("web")]).exits(0);
    assert!(explained.stdout.contains("io.containers.autoupdate"), "{explained}");
}

#[test]
fn a_unit_that_follows_the_engines_own_tag_starts_what_a_person_puts_there_and_is_kept_from_what_failed() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("local-unit");
    s.push("web", "nohealth:v1");
    let web = Quadlet::start(&s, "web", "Label=io.containers.autoupdate=local", "Restart=always");
    let now = |exits: i32| asked(&s, FAST, &["now", &web.name, "--json"]).exits(exits).json();
    assert_eq!(told(&s, &now(0), "web"), "up_to_date");

    let proved = put(&s, "web", "nohealth:own");
    assert_eq!(told(&s, &now(0), "web"), "rotated");
    web.is_up_with(&proved);

    let failed = put(&s, "web", "crash");
    now(1);
    web.is_up_with(&proved);
    assert_eq!(web.tagged(), failed, "what a person put there stays");
    assert_eq!(told(&s, &now(0), "web"), "refused");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&proved);

    let newer = put(&s, "web", "nohealth:newer");
    assert_eq!(told(&s, &now(0), "web"), "rotated", "and what proves itself is followed again");
    web.is_up_with(&newer);
    assert!(web.drop_in().is_none());
}

#[test]
fn a_unit_of_generate_systemd_that_follows_the_engines_own_tag_is_updated_and_gets_the_tag_back_from_what_failed() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("local-generated");
    s.push("web", "nohealth:v1");
    let web = Quadlet::start_generated(&s, "web", "Label=io.containers.autoupdate=local", "Restart=always");
    let now = |exits: i32| asked(&s, FAST, &["now", &web.name, "--json"]).exits(exits).json();
    assert_eq!(told(&s, &now(0), "web"), "up_to_date");

    let proved = put(&s, "web", "nohealth:own");
    assert_eq!(told(&s, &now(0), "web"), "rotated");
    web.is_up_with(&proved);

    // There is no place for a drop-in that would keep it from what has this tag.
    put(&s, "web", "crash");
    let said = now(1);
    assert_eq!(entry(&s, &said, "web")["verdict"], "rolled_back", "{said}");
    web.is_up_with(&proved);
    assert_eq!(web.tagged(), proved, "{said}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&proved);
    assert_eq!(told(&s, &now(0), "web"), "up_to_date");
    assert!(web.is_untouched());
}
