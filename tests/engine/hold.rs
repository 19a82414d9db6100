//! `rotate hold`, `release` and `refused`: what a person says by hand, and how long it counts.

use super::{FAST, entry, look, now, scratch};

#[test]
fn a_hold_keeps_a_container_as_it_is_even_when_named_until_it_is_released() {
    let s = scratch("hold");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let (web, old) = (s.name("web"), look(&s, &s.name("web")));
    s.push("web", "nohealth:v2");
    s.rotate(&["hold", &web, "--until", "7d", "--reason", "before the fair"]).exits(0);
    for command in ["now", "plan"] {
        let said = s.rotate(&[command, &web]).exits(0).stdout;
        assert!(said.contains("on hold until 20") && said.contains("before the fair"), "{said}");
    }
    assert_eq!(entry(&now(&s, &["web"], &["--json"]).exits(0), &web)["reason"], "on_hold");
    let status = s.rotate(&["status", "--json"]).exits(0);
    assert_eq!(entry(&status, &web)["hold"]["reason"], "before the fair");
    assert!(s.rotate(&["status"]).exits(0).stdout.contains("before the fair"));
    assert_eq!(look(&s, &web), old);

    assert_eq!(s.rotate(&["release", &web]).exits(0).stdout, format!("{web}  released\n"));
    now(&s, &["web"], &[]).exits(0);
    assert_ne!(look(&s, &web).id, old.id);
}

#[test]
fn a_hold_ends_by_itself() {
    let s = scratch("hold-end");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let (web, old) = (s.name("web"), look(&s, &s.name("web")));
    s.push("web", "nohealth:v2");
    s.rotate(&["hold", &web, "--until", "1h"]).exits(0);
    assert_eq!(entry(&now(&s, &["web"], &["--json"]).exits(0), &web)["reason"], "on_hold");
    // Seen while it lasts, however slow the host; the next takes its place.
    s.rotate(&["hold", &web, "--until", "3s"]).exits(0);
    let rotated = || (entry(&now(&s, &["web"], &["--json"]).exits(0), &web)["verdict"] == "rotated").then_some(());
    crate::lab::wait_for("the hold ends", std::time::Duration::from_secs(60), rotated);
    assert_ne!(look(&s, &web).id, old.id);
}

#[test]
fn a_hold_is_for_a_container_that_exists_and_a_moment_to_come_and_a_release_is_not() {
    let s = scratch("hold-bad");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let web = s.name("web");
    let held = || s.rotate(&["status", "--json"]).exits(0).json()["containers"].to_string().contains("on hold");
    let outcome = s.rotate(&["hold", &web, "no-such-container"]).exits(2);
    assert!(outcome.stderr.contains("there is no container named `no-such-container`"), "{outcome}");
    for until in ["yesterday", "2020-01-01", "2020-01-01T00:00:00Z", "7", "0s", "2026-13-01"] {
        s.rotate(&["hold", &web, "--until", until]).exits(2);
    }
    s.rotate(&["hold"]).exits(2);
    assert!(!held(), "all or none");
    let json = |args: &[&str]| s.agent().env("TZ", "XYZ-1").run(args).exits(0).json();
    let day = json(&["hold", &web, "--until", "2999-12-01", "--json"]);
    assert_eq!(day["holds"][0]["until"], "2999-11-30T23:00:00Z", "the beginning of the day, as this host counts it");
    assert_eq!(json(&["hold", &web, "--until", "2999-12-01T00:00:00Z", "--json"])["holds"][0]["until"], "2999-12-01T00:00:00Z");
    s.host.docker(&["rm", "-f", &web]);
    let gone = entry(&s.rotate(&["status", "--json"]).exits(0), &web);
    assert_eq!((gone["state"].as_str(), gone["hold"].is_object()), (Some("gone"), true), "{gone}");
    assert_eq!(s.rotate(&["release", &web, "no-such"]).exits(0).stdout, format!("{web}  released\nno-such  was not on hold\n"));
}

#[test]
fn a_refused_image_is_listed_and_tried_again_once_forgotten() {
    let s = scratch("refused");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let web = s.name("web");
    let sick = s.push("web", "sick:v2");
    now(&s, &["web"], &[]).exits(1);
    let listed = s.rotate(&["refused", "--json"]).exits(0).json()["refused"].clone();
    assert_eq!((&listed[0]["unit"], &listed[0]["digest"]), (&web.as_str().into(), &sick.as_str().into()), "{listed}");
    let row = s.rotate(&["refused"]).exits(0).stdout;
    assert!(row.contains(&sick[..19]) && row.contains("turned unhealthy"), "{row}");
    assert_eq!(entry(&now(&s, &["web"], &["--json"]).exits(0), &web)["reason"], "refused");
    s.rotate(&["release", &web]).exits(0);
    assert_eq!(entry(&now(&s, &["web"], &["--json"]).exits(0), &web)["reason"], "refused", "a release is for holds");

    let forgotten = s.rotate(&["refused", "--forget", &web]).exits(0).stdout;
    assert!(forgotten.contains("forgotten: the next run tries it again"), "{forgotten}");
    assert_eq!(s.rotate(&["refused"]).exits(0).stdout, "");
    let plan = s.agent().config(FAST).run(&["plan", &web, "--json"]).exits(0).json();
    assert_eq!(plan["rotations"][0]["to_digest"], sick.as_str());
    s.rotate(&["refused", "--forget", &web]).exits(0);
}
