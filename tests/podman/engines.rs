//! Several engines of one host under one daemon: the unit as it is shipped with its drop-in, the host's Podman, a user's, and Docker beside them.

use serde_json::Value;

use super::FAST;
use super::clients::{Client, ENABLED, LINGER, LONG, Leaver, TURN_ON, alone, config, entries, json, rotate, unit, works};
use super::quadlet::Quadlet;
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::wait_for;

const TURN_ON_HOSTS: &str = "systemctl enable --now podman.socket";

fn engines<'a>(entries: &[(&'a str, &Value)]) -> Vec<&'a str> {
    entries.iter().map(|(engine, _)| *engine).collect()
}

#[test]
fn one_daemon_serves_the_hosts_podman_and_a_users_one_after_the_other_and_names_each() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("engines");
    let user = Client::of_user(&s);
    works(&s, LINGER);
    works(&s, TURN_ON);
    let unit = unit(&s, "[\"podman\", \"podman:op\"]");
    s.push("web", "nohealth:v1");
    let (old, users_old) = (s.run("web", ENABLED), user.run("web", ENABLED));
    s.push("web", "nohealth:v2");
    unit.start();
    let web = s.name("web");

    let (code, said) = rotate(&s, &unit, &["hold", &web]);
    assert!(code == Some(2) && said.contains(&format!("`podman/{web}` or `podman:op/{web}`")), "{code:?} {said}");

    let now = json(&unit, &["now"]);
    let rotated = entries(&now, "containers", &web);
    assert_eq!(engines(&rotated), ["podman", "podman:op"], "{now}{}", unit.journal());
    assert!(rotated.iter().all(|(_, entry)| entry["verdict"] == "rotated"), "{now}");
    let (new, users_new) = (s.host.inspect(&web)["Id"].as_str().unwrap_or_default().to_owned(), user.id("web"));
    assert!(new != old && users_new != users_old && !users_new.is_empty(), "{new} {users_new}");

    let history = json(&unit, &["history", &web]);
    let past = entries(&history, "rotations", &web);
    assert_eq!(engines(&past), ["podman:op", "podman"], "the newest first: {history}");
    // Times of one form, so that their texts compare as they do.
    assert!(past[1].1["ended_at"].as_str() <= past[0].1["began_at"].as_str(), "one after the other: {history}");

    for table in ["status", "plan", "history"] {
        let said = unit.ask(&[table]);
        for engine in ["podman", "podman:op"] {
            let is_its = |line: &str| line.starts_with(&format!("{engine}  ")) && line.contains(&format!("  {web}  "));
            assert!(said.lines().any(is_its), "{table}: {said}");
        }
    }
    let journal = unit.journal();
    assert!(journal.contains("ROTATE_ENGINE=podman:op") && journal.contains(&format!("MESSAGE=podman:op: {web}: stop the old container")));

    unit.ask(&["rollback", &format!("podman:op/{web}")]);
    assert_eq!((user.id("web"), s.host.inspect(&web)["Id"].as_str()), (users_old, Some(new.as_str())), "{}", unit.journal());
    let refused = json(&unit, &["refused"]);
    let all = refused["refused"].as_array().into_iter().flatten().filter(|entry| entry["unit"] == web.as_str());
    assert_eq!(all.map(|entry| entry["engine"].as_str()).collect::<Vec<_>>(), [Some("podman:op")], "{refused}");

    let metrics = unit.ask_for("/metrics");
    for engine in ["podman", "podman:op"] {
        let of = format!("rotate_last_rotation_timestamp_seconds{{engine=\"{engine}\",container=\"{web}\",verdict=");
        assert!(metrics.contains(&of), "{engine}: {metrics}");
    }

    // The same user, found by lingering.
    unit.configure(&config("[\"podman\", \"podman:*\"]"));
    unit.systemctl(&["reload", "rotate"]);
    let only = json(&unit, &["status", "--on", "podman:op"]);
    assert_eq!(engines(&entries(&only, "containers", &web)), ["podman:op"], "{only}");
}

#[test]
fn containers_of_two_users_who_linger_are_rotated_in_one_run_one_after_the_other() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("two");
    let (user, other) = (lingering(&s), Leaver::come(&s));
    s.push("web", "ok:v1");
    let (users_old, others_old) = (user.run("web", ENABLED), other.run("web"));
    s.push("web", "ok:v2");
    let agent = || s.agent().on_host().config(&config("[\"podman:*\"]"));
    let outcome = agent().run(&["now", "--json"]).exits(0);
    let (now, web) = (outcome.json(), s.name("web"));
    let rotated = entries(&now, "containers", &web);
    assert_eq!(engines(&rotated), ["podman:leaver", "podman:op"], "{outcome}");
    assert!(rotated.iter().all(|(_, entry)| entry["verdict"] == "rotated"), "{outcome}");
    for (new, old) in [(user.id("web"), users_old), (other.id("web"), others_old)] {
        assert!(!new.is_empty() && new != old, "{outcome}");
    }
    let history = agent().run(&["history", &web, "--json"]).exits(0).json();
    let past = entries(&history, "rotations", &web);
    assert_eq!(engines(&past), ["podman:op", "podman:leaver"], "the newest first: {history}");
    let (first_ended, second_began) = (past[1].1["ended_at"].as_str(), past[0].1["began_at"].as_str());
    assert!(first_ended.is_some() && first_ended <= second_began, "one after the other: {history}");
}

#[test]
fn an_engine_that_is_off_is_said_with_the_command_that_turns_it_on_and_served_once_it_is() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("off");
    let user = Client::of_user(&s);
    let unit = unit(&s, "[\"podman:nobody-here\", \"podman:op\", \"podman\"]");
    s.push("web", "nohealth:v1");
    let old = s.run("web", ENABLED);
    s.push("web", "nohealth:v2");
    unit.start();
    let web = s.name("web");

    // Two are away, and the third is served.
    let (code, said) = rotate(&s, &unit, &["now"]);
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("podman:nobody-here: there is no user `nobody-here`"), "{said}");
    assert!(said.contains("podman:op: `op` is not logged in and does not linger") && said.contains(&format!("`{LINGER}`")), "{said}");
    assert_ne!(s.host.inspect(&web)["Id"], old.as_str(), "{said}");

    works(&s, LINGER);
    let said = wait_for("the user's engine is off", LONG, || {
        let (_, said) = rotate(&s, &unit, &["status"]);
        said.contains(TURN_ON).then_some(said)
    });
    assert!(!said.contains(LINGER), "{said}");
    works(&s, TURN_ON);
    let users_old = user.run("web", ENABLED);
    let problem = |engine: &str| {
        let status = json(&unit, &["status"]);
        let all = status["daemon"]["engines"].as_array().expect("a list").clone();
        all.into_iter().find(|one| one["name"] == engine).map(|one| one["problem"].clone()).expect("it is served")
    };
    wait_for("the daemon sees the user's engine", LONG, || problem("podman:op").is_null().then_some(()));
    assert!(problem("podman:nobody-here").is_string());

    // The host's own goes away, as an administrator turns it off.
    works(&s, "systemctl disable --now podman.socket; systemctl stop podman.service");
    s.push("web", "nohealth:v3");
    let (code, said) = rotate(&s, &unit, &["now"]);
    works(&s, TURN_ON_HOSTS);
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("podman: nobody listens at its socket /run/podman/podman.sock") && said.contains(TURN_ON_HOSTS), "{said}");
    assert!(!user.id("web").is_empty() && user.id("web") != users_old, "{said}");
    let (code, said) = rotate(&s, &unit, &["now", &format!("podman/{web}")]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn docker_and_podman_side_by_side_on_one_host_are_both_served() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("beside");
    let docker = Client::of_docker(&s);
    let unit = unit(&s, "[\"docker\", \"podman\"]");
    s.push("web", "nohealth:v1");
    let (old, dockers_old) = (s.run("web", ENABLED), docker.run("web", ENABLED));
    s.push("web", "nohealth:v2");
    unit.start();
    let web = s.name("web");
    let now = json(&unit, &["now"]);
    let rotated = entries(&now, "containers", &web);
    assert_eq!(engines(&rotated), ["docker", "podman"], "{now}{}", unit.journal());
    assert!(rotated.iter().all(|(_, entry)| entry["verdict"] == "rotated"), "{now}");
    assert!(s.host.inspect(&web)["Id"] != old.as_str() && !docker.id("web").is_empty() && docker.id("web") != dockers_old, "{now}");
}

#[test]
fn an_engine_that_is_away_and_named_is_told_though_others_were_asked_for_as_well() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = super::scratch("away");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let (web, gone) = (s.name("web"), "podman:nobody-here/app");
    let config = format!("engines = [\"podman\", \"podman:nobody-here\"]\n{FAST}");
    for (n, names) in [[web.as_str(), gone], [gone, web.as_str()]].into_iter().enumerate() {
        let old = s.host.inspect(&web)["Id"].clone();
        s.push("web", &format!("nohealth:v{}", n + 2));
        let outcome = s.agent().on_host().config(&config).run(&[&["now"][..], &names].concat()).exits(69);
        assert!(outcome.to_string().contains("podman:nobody-here: there is no user `nobody-here`"), "{outcome}");
        assert_ne!(s.host.inspect(&web)["Id"], old, "the other engine is asked all the same: {outcome}");
    }
}

#[test]
fn what_was_begun_at_one_engine_is_not_forgotten_at_another_that_does_not_know_its_containers() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = super::scratch("other");
    s.push("web", "nohealth:v1");
    let (web, old) = (s.name("web"), s.run("web", &[]));
    s.push("web", "nohealth:v2");
    // Past its time at the next look.
    let config = format!("{FAST}keep_old = \"1s\"\n");
    let at = |engine: &str, args: &[&str]| s.agent().on_host().config(&config).run(&[&["--engine", engine], args].concat());
    let podman = "unix:///run/podman/podman.sock";
    let kept = || {
        let status = at(podman, &["status", "--json"]).exits(0).json();
        let ours = status["containers"].as_array().into_iter().flatten().find(|entry| entry["name"] == web.as_str()).cloned();
        ours.map(|entry| entry["kept"].clone()).unwrap_or_default()
    };
    at(podman, &["now", &web]).exits(0);
    assert_ne!(s.host.inspect(&web)["Id"], old.as_str());
    let before = kept();
    assert!(before.is_object(), "{before}");

    // One at a place of its own, with a store of its own, and the same state directory.
    let folder = s.host_dir();
    let other = format!("{folder}/other.sock");
    let store = format!("--root {folder}/root --runroot {folder}/run --storage-driver vfs");
    works(&s, &format!("systemd-run -q --collect --unit {web}-other podman {store} system service -t 300 unix://{other}"));
    wait_for("the other engine listens", LONG, || s.host.path(&other).exists().then_some(()));
    let outcome = at(&format!("unix://{other}"), &["now"]);
    works(&s, &format!("systemctl stop {web}-other"));
    outcome.exits(0);
    assert_eq!(kept(), before);

    at(podman, &["rollback", &web]).exits(0);
    assert_eq!(s.host.inspect(&web)["Id"], old.as_str());
}

#[test]
fn what_was_begun_by_a_unit_is_gone_on_with_at_its_engine_though_that_has_another_name() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = super::scratch("renamed");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    let old = web.image();
    s.push("web", "ok:v2");
    let at = |engine: &str, args: &[&str]| s.agent().on_host().config(FAST).run(&[&["--engine", engine], args].concat());
    at("unix:///run/podman/podman.sock", &["now", &web.name]).exits(0);
    assert_ne!(web.image(), old);

    // The same one at a place of its own. No container that the record names is there any more.
    let other = format!("{}/other.sock", s.host_dir());
    works(&s, &format!("systemd-run -q --collect --unit {}-other podman system service -t 300 unix://{other}", web.name));
    wait_for("it listens there, too", LONG, || s.host.path(&other).exists().then_some(()));
    let outcome = at(&format!("unix://{other}"), &["rollback", &web.name]);
    works(&s, &format!("systemctl stop {}-other", web.name));
    outcome.exits(0);
    web.is_up_with(&old);
}
