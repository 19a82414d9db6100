//! User namespaces of root's containers, for which Podman chooses the numbers (`--userns auto`).

use serde_json::Value;

use super::wants::{ROOTS_ENGINE, lacks};
use super::{FAST, described};
use crate::lab::{Host, Scratch};

/// Numbers for user namespaces of root's containers, until they are dropped.
struct Numbers<'a>(&'a Scratch);

impl<'a> Numbers<'a> {
    fn new(s: &'a Scratch, count: u32) -> Self {
        // Sid's library knows no numbers of a user that there is not.
        let script = "useradd -r -M containers; for file in /etc/subuid /etc/subgid; do cp $file $file.bak && echo containers:200000:$1 >>$file; done";
        assert!(s.host.exec(&["sh", "-c", script, "_", &count.to_string()]).status.success());
        Self(s)
    }
}

impl Drop for Numbers<'_> {
    fn drop(&mut self) {
        self.0.host.exec(&["sh", "-c", "for file in /etc/subuid /etc/subgid; do mv $file.bak $file; done; userdel containers"]);
    }
}

#[test]
fn where_there_are_no_numbers_for_a_second_user_namespace_the_first_container_runs_on() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "subuid");
    let _numbers = Numbers::new(&s, 70_000);
    s.push("web", "ok:v1");
    s.run("web", &["--userns", "auto:size=60000"]);
    let before = described(&s, "web");
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    let entry = &outcome.json()["containers"][0];
    // The second is 4.3's.
    let words = ["not enough unused IDs in user namespace", "could not find enough available IDs"];
    assert!(entry["message"].as_str().is_some_and(|message| words.iter().any(|word| message.contains(word))), "{entry}");
    assert!(entry["help"].as_str().is_some_and(|help| help.contains("nothing was touched")), "{entry}");
    let after = described(&s, "web");
    assert_eq!((&after["Id"], &after["State"]["StartedAt"]), (&before["Id"], &before["State"]["StartedAt"]));
}

/// Where its users begin on the host, and how many they are; as many groups begin there.
#[track_caller]
fn numbers_of(s: &Scratch, name: &str) -> (u64, u64) {
    let maps = described(s, name)["HostConfig"]["IDMappings"].clone();
    let numbers = |map: &Value| {
        let parts: Vec<u64> = map[0].as_str()?.split(':').filter_map(|part| part.parse().ok()).collect();
        Some((*parts.get(1)?, *parts.get(2)?))
    };
    assert_eq!(maps["UidMap"], maps["GidMap"]);
    numbers(&maps["UidMap"]).unwrap_or_else(|| panic!("{name}: {maps}"))
}

#[test]
fn a_successor_has_as_many_numbers_of_its_own_and_what_is_given_to_whoever_starts_is_its_own_too() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "auto");
    let _numbers = Numbers::new(&s, 100_000);
    let (web, volume, read) = (s.name("web"), format!("{}:/kept:U", s.name("kept")), format!("{}:/read:ro", s.host_dir()));
    s.push("web", "ok:v1");
    s.run("web", &["--userns", "auto:size=2000", "-v", &volume, "-v", &read]);
    let within = |script: &str| s.host.docker(&["exec", &web, "sh", "-c", script]);
    within("umask 077; echo v1 >/kept/mine");
    for version in ["v2", "v3"] {
        let before = numbers_of(&s, "web");
        s.push("web", &format!("ok:{version}"));
        s.agent().config(FAST).run(&["now", &web]).exits(0);
        let after = numbers_of(&s, "web");
        assert_eq!((after.1, after.0 != before.0), (before.1, true), "{before:?} became {after:?}");
        within(&format!("cat /kept/mine; echo {version} >/kept/mine"));
    }

    // What the one that failed had been given is given back.
    let id = described(&s, "web")["Id"].clone();
    s.push("web", "sick:v4");
    s.agent().config(FAST).run(&["now", &web]).exits(1);
    assert_eq!(described(&s, "web")["Id"], id);
    assert_eq!(within("cat /kept/mine; echo back >/kept/mine"), "v3");
}

#[test]
fn where_a_volume_would_stay_with_the_numbers_of_the_old_container_it_is_held_before_anything_is_touched() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "autodata");
    let _numbers = Numbers::new(&s, 100_000);
    let (web, volume) = (s.name("web"), format!("{}:/kept", s.name("kept")));
    s.push("web", "ok:v1");
    s.run("web", &["--userns", "auto:size=2000", "-v", &volume]);
    let before = described(&s, "web");
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(0);
    let entry = &outcome.json()["containers"][0];
    assert_eq!(entry["reason"], "not_repeatable", "{outcome}");
    assert!(
        entry["message"].as_str().is_some_and(|message| message.contains("--userns") && message.contains("`U` or `idmap`")),
        "{outcome}"
    );
    let after = described(&s, "web");
    assert_eq!((&after["Id"], &after["State"]["StartedAt"]), (&before["Id"], &before["State"]["StartedAt"]));
}
