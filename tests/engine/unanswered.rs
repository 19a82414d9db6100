//! Containers of which the engine tells nothing, as when a driver of theirs hangs or its own notes of them are broken: no other waits for them, until
//! it is the engine that hangs.

use std::time::Duration;

use super::{FAST, entry, look, now, scratch};
use crate::lab::{FaultProxy, ManyTimes};

/// Of so many containers the engine may not answer; one more, and it is the engine that hangs.
const MOST: usize = 16;
/// More than two of the engine's deadlines and a rotation on a busy host, and less than an engine that is gone is waited for.
const SOON: Duration = Duration::from_secs(150);
/// More than two of the engine's deadlines, on a busy host.
const LONG: Duration = Duration::from_secs(200);
/// What Docker says of a container that was removed by half.
const BROKEN: &str = "RWLayer of container is unexpectedly nil";

#[test]
fn a_kept_rotation_whose_container_gets_no_answer_is_told_and_keeps_no_other_from_being_rotated() {
    let s = scratch("unanswered");
    for name in ["hung", "web"] {
        s.push(name, "nohealth:v1");
        s.run(name, &[]);
        s.push(name, "nohealth:v2");
    }
    let (hung, web) = (s.name("hung"), s.name("web"));
    let first = look(&s, &hung);
    now(&s, &["hung"], &[]).exits(0);
    let (successor, before) = (look(&s, &hung), look(&s, &web));
    assert_ne!(successor.id, first.id);

    let proxy = FaultProxy::start(&s.host.socket());
    proxy.hang(&format!("GET /containers/{}/json", successor.id));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).spawn(&["now", &web, "--json"]).wait(SOON).exits(1);
    let told = entry(&outcome, &hung);
    assert_eq!(
        (&told["verdict"], &told["reason"], &told["is_resumed"]),
        (&"unanswered".into(), &"no_answer".into(), &true.into()),
        "{told}"
    );
    assert_eq!(entry(&outcome, &web)["verdict"], "rotated");
    assert!(look(&s, &web).is_running && look(&s, &web).id != before.id);
    assert_eq!(look(&s, &hung), successor);

    // With an answer again, the way back is still there.
    s.agent().config(FAST).run(&["rollback", &hung]).exits(0);
    assert_eq!(look(&s, &hung).id, first.id);
}

#[test]
fn so_many_containers_without_an_answer_are_held_and_one_more_is_an_engine_that_hangs() {
    let s = scratch("silence");
    for name in ["hung", "web"] {
        s.push(name, "nohealth:v1");
        s.run(name, &[]);
        s.push(name, "nohealth:v2");
    }
    let (hung, before) = (look(&s, &s.name("hung")), look(&s, &s.name("web")));
    // Every container many times over, each with an id of its own that ends as the real one does.
    let silent_about = |copies: usize| {
        let many = ManyTimes::start(&s.host.socket(), copies);
        let proxy = FaultProxy::start(&many.socket());
        proxy.hang(&format!("{}/json", hung.id.get(4..).expect("an id has 64 digits")));
        (many, proxy)
    };
    let (few, too_many) = (silent_about(MOST), silent_about(MOST + 1));
    let web = format!("{}-0", s.name("web"));
    let [held, hangs] = [&few, &too_many]
        .map(|(_, proxy)| s.agent().engine(&proxy.socket()).config(FAST).spawn(&["plan", &web, &s.name("hung"), "--json"]));
    let held = held.wait(LONG).exits(0).json();
    assert_eq!(held["rotations"][0]["name"], *web, "{held}");
    let skipped = held["skipped"].as_array().expect("a list");
    assert_eq!(skipped.iter().filter(|one| one["reason"] == "no_answer" && one["name"] == *s.name("hung")).count(), MOST, "{held}");

    let hangs = hangs.wait(LONG).exits(69);
    assert!(hangs.stderr.contains("error: no answer to «inspect container 0010"), "{hangs}");
    assert_eq!(look(&s, &s.name("web")), before);
}

#[test]
fn a_container_and_an_image_that_the_engine_cannot_show_are_held_with_its_words_and_the_others_are_rotated() {
    let s = scratch("cannot-show");
    for name in ["broken", "blind", "web"] {
        // Each of them has an image of its own.
        s.push_with(name, "nohealth:v1", &format!(r#"{{"Labels": {{"of": "{}"}}}}"#, s.name(name)));
        s.run(name, &[]);
        s.push(name, "nohealth:v2");
    }
    let (broken, blind, web) = (s.name("broken"), s.name("blind"), s.name("web"));
    let before = [&broken, &blind, &web].map(|name| look(&s, name));

    let proxy = FaultProxy::start(&s.host.socket());
    proxy.refuse(&format!("GET /containers/{}/json", before[0].id), 500, BROKEN);
    // Podman writes an image's id without `sha256:`.
    proxy.refuse(&format!("{}/json", before[1].image.trim_start_matches("sha256:")), 500, "blob not found");
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).spawn(&["now", &broken, &blind, &web, "--json"]).wait(SOON).exits(1);
    for (name, words) in [(&broken, BROKEN), (&blind, "blob not found")] {
        let told = entry(&outcome, name);
        assert_eq!((&told["verdict"], &told["reason"]), (&"skipped".into(), &"no_answer".into()), "{told}");
        assert!(told["message"].as_str().is_some_and(|message| message.contains(words)), "{told}");
        assert!(told["state"].as_str().is_some_and(|state| state.contains("was not touched")), "{told}");
    }
    assert_eq!(entry(&outcome, &web)["verdict"], "rotated");
    assert_eq!([&broken, &blind].map(|name| look(&s, name)), before[..2]);
    assert!(look(&s, &web).is_running && look(&s, &web).id != before[2].id);
}

#[test]
fn a_kept_rotation_whose_container_the_engine_cannot_show_is_told_and_keeps_no_other_from_being_rotated() {
    let s = scratch("kept-broken");
    for name in ["broken", "web"] {
        s.push(name, "nohealth:v1");
        s.run(name, &[]);
        s.push(name, "nohealth:v2");
    }
    let (broken, web) = (s.name("broken"), s.name("web"));
    now(&s, &["broken"], &[]).exits(0);
    let (successor, before) = (look(&s, &broken), look(&s, &web));

    let proxy = FaultProxy::start(&s.host.socket());
    proxy.refuse(&format!("GET /containers/{}/json", successor.id), 500, BROKEN);
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).spawn(&["now", &web, "--json"]).wait(SOON).exits(1);
    let told = entry(&outcome, &broken);
    assert_eq!(
        (&told["verdict"], &told["reason"], &told["is_resumed"]),
        (&"unanswered".into(), &"no_answer".into(), &true.into()),
        "{told}"
    );
    assert!(told["message"].as_str().is_some_and(|message| message.contains(BROKEN)), "{told}");
    assert_eq!(entry(&outcome, &web)["verdict"], "rotated");
    assert!(look(&s, &web).is_running && look(&s, &web).id != before.id);
    assert_eq!(look(&s, &broken), successor);
}
