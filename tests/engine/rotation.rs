//! A rotation from end to end: forward, back, kept, asked back, and several in one run.

use super::{FAST, entry, leftovers, look, now, scratch, tagged};
use crate::lab::{FaultProxy, Host, Scratch, policy};

#[test]
fn a_newer_image_is_rotated_to_and_the_old_container_kept() {
    let s = scratch("rotated");
    s.push("web", "volume:v1");
    let old_id = s.run("web", &["--restart", policy("always"), "-p", "80"]);
    s.host.docker(&["exec", &s.name("web"), "touch", "/data/mine"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "volume:v2");

    now(&s, &["web"], &[]).exits(0);

    let new = look(&s, &s.name("web"));
    assert_ne!(new.id, old.id);
    assert_ne!(new.image, old.image);
    assert_eq!((new.policy.as_str(), new.is_running), (policy("always"), true));
    assert_eq!(tagged(&s, "web"), new.image, "the tag moved");
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v2"));
    s.host.docker(&["exec", &s.name("web"), "test", "-e", "/data/mine"]);
    let kept = leftovers(&s);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].starts_with(&format!("{}.rotate-old-", s.name("web"))) && kept[0].ends_with(policy("-always")), "{kept:?}");
    let kept = look(&s, &kept[0]);
    assert_eq!((kept.id, kept.policy.as_str(), kept.is_running), (old_id, "no", false));

    now(&s, &["web"], &[]).exits(0);
    assert_eq!(look(&s, &s.name("web")), new, "planning after success changes nothing");
}

#[test]
fn a_sick_image_is_rolled_back_and_refused_until_the_tag_moves_or_a_retry() {
    let s = scratch("sick");
    s.push("web", "ok:v1");
    let network = s.name("net");
    s.host.docker(&["network", "create", "--subnet", "172.31.77.0/24", &network]);
    s.run("web", &["--restart", policy("always"), "-p", "80", "--network", &network, "--ip", "172.31.77.10", "--network-alias", "www"]);
    let old = look(&s, &s.name("web"));
    let sick = s.push("web", "sick:v2");

    let outcome = now(&s, &["web"], &["--json"]).exits(1);
    let said = entry(&outcome, &s.name("web"));
    assert_eq!((&said["verdict"], &said["reason"]), (&"rolled_back".into(), &"gate_failed".into()), "{said}");
    assert_eq!(look(&s, &s.name("web")), old, "same id, image and policy");
    assert_eq!(s.host.inspect(&s.name("web"))["NetworkSettings"]["Networks"][&network]["IPAddress"], "172.31.77.10");
    assert_eq!(tagged(&s, "web"), old.image, "the tag went back");
    assert_eq!(leftovers(&s), Vec::<String>::new());

    let said = entry(&now(&s, &["web"], &["--json"]).exits(0), &s.name("web"));
    assert_eq!(said["reason"], "refused", "{said}");
    assert!(said["message"].as_str().is_some_and(|m| m.contains(&sick[..19])), "{said}");
    now(&s, &["web"], &["--retry"]).exits(1);
    assert_eq!(look(&s, &s.name("web")), old);

    s.push("web", "ok:v3");
    now(&s, &["web"], &[]).exits(0);
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v3"));
}

#[test]
fn rollback_brings_the_kept_container_back_and_refuses_the_newer_digest() {
    let s = scratch("rollback");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", policy("unless-stopped")]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    now(&s, &["web"], &[]).exits(0);

    s.agent().config(FAST).run(&["rollback", &s.name("web")]).exits(0);
    assert_eq!(look(&s, &s.name("web")), old);
    assert_eq!(tagged(&s, "web"), old.image);
    assert_eq!(leftovers(&s), Vec::<String>::new());
    let said = entry(&now(&s, &["web"], &["--json"]).exits(0), &s.name("web"));
    assert_eq!(said["reason"], "refused");

    let again = s.rotate(&["rollback", &s.name("web")]).exits(2);
    assert!(again.stderr.contains(&format!("nothing is kept for `{}`", s.name("web"))), "{again}");
}

#[test]
fn a_container_of_compose_is_not_kept_and_rollback_creates_it_again() {
    let s = scratch("compose");
    s.push("web", "volume:v1");
    s.run("web", &["--restart", policy("always"), "--label", "com.docker.compose.project=p", "-e", "MINE=1"]);
    s.host.docker(&["exec", &s.name("web"), "touch", "/data/mine"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "volume:v2");
    now(&s, &["web"], &[]).exits(0);
    assert_eq!(leftovers(&s), Vec::<String>::new());

    s.agent().config(FAST).run(&["rollback", &s.name("web")]).exits(0);
    let back = look(&s, &s.name("web"));
    assert_ne!(back.id, old.id);
    assert_eq!((back.image, back.policy, back.is_running), (old.image, old.policy, true));
    s.host.docker(&["exec", &s.name("web"), "test", "-e", "/data/mine"]);
    assert_eq!(s.host.docker(&["exec", &s.name("web"), "sh", "-c", "echo $MINE"]), "1");
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn what_is_past_keep_old_goes_in_the_next_run_with_its_image() {
    let s = scratch("retention");
    s.push("web", "ok:v1");
    s.run("web", &["--label", "rotate.keep_old=1s"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    now(&s, &["web"], &[]).exits(0);
    let is_gone = || s.rotate(&["now", &s.name("web")]).exits(0).status.filter(|_| leftovers(&s).is_empty());
    crate::lab::wait_for("the kept container goes", std::time::Duration::from_secs(20), is_gone);
    let (status, _) = s.host.api("GET", &format!("/images/{}/json", old.image));
    assert_eq!(status, 404, "the old image went, too");
}

#[test]
fn a_dry_run_shows_the_differences_and_leaves_nothing() {
    let s = scratch("dry");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", policy("always")]);
    let (old, tag) = (look(&s, &s.name("web")), tagged(&s, "web"));
    s.push_with("web", "ok:v2", r#"{"StopSignal": "SIGINT"}"#);

    let said = entry(&now(&s, &["web"], &["--dry-run", "--json"]).exits(0), &s.name("web"));
    assert_eq!(said["verdict"], "dry_run", "{said}");
    let differences = said["differences"].to_string();
    assert!(differences.contains("Config.StopSignal"), "{differences}");
    assert!(!differences.contains("nothing explains"), "{differences}");
    assert_eq!(look(&s, &s.name("web")), old);
    assert_eq!(tagged(&s, "web"), tag, "no tag moved");
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn all_pulls_come_before_the_first_stop_and_the_first_failure_stops_the_run() {
    let s = Scratch::alone(Host::shared(), "run");
    for (name, text) in [("a", "ok:a1"), ("b", "ok:b1"), ("c", "ok:c1")] {
        s.push(name, text);
        s.run(name, &["--label", "rotate.enable=true"]);
    }
    let (b, c) = (look(&s, &s.name("b")), look(&s, &s.name("c")));
    for (name, text) in [("a", "ok:a2"), ("b", "sick:b2"), ("c", "ok:c2")] {
        s.push(name, text);
    }
    let proxy = FaultProxy::start(&s.host.socket());
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", "--json"]).exits(1);
    let verdict = |name: &str| entry(&outcome, &s.name(name))["verdict"].clone();
    assert_eq!((verdict("a"), verdict("b"), verdict("c")), ("rotated".into(), "rolled_back".into(), "withdrawn".into()), "{outcome}");
    assert_eq!((look(&s, &s.name("b")), look(&s, &s.name("c"))), (b, c));

    let calls = proxy.calls();
    let last_pull = calls.iter().rposition(|call| call.starts_with("POST /images/create"));
    let first_stop = calls.iter().position(|call| call.contains("/stop"));
    assert!(last_pull < first_stop, "{calls:#?}");

    s.agent().config(FAST).run(&["now"]).exits(0);
    assert_ne!(look(&s, &s.name("c")).id, look(&s, &s.name("b")).id);
    let c_image = s.host.inspect(&s.name("c"))["Image"].clone();
    assert_eq!(c_image, tagged(&s, "c").as_str(), "the next run rotates what was left");
}

#[test]
fn a_run_goes_on_after_a_failure_where_the_file_says_so() {
    let s = scratch("continue");
    for (name, text) in [("a", "sick:a1"), ("b", "nohealth:b1")] {
        s.push(name, text.replace("sick", "ok").as_str());
        s.run(name, &[]);
        s.push(name, text.replace('1', "2").as_str());
    }
    let names = [s.name("a"), s.name("b")];
    let config = format!("{FAST}on_failure = \"continue\"\n");
    let outcome = s.agent().config(&config).run(&["now", &names[0], &names[1], "--json"]).exits(1);
    assert_eq!(entry(&outcome, &names[0])["verdict"], "rolled_back", "{outcome}");
    assert_eq!(entry(&outcome, &names[1])["verdict"], "rotated", "{outcome}");
}
