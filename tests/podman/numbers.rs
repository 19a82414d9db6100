//! User namespaces of root's containers, for which Podman chooses the numbers (`--userns auto`); and those that a unit of systemd asks for.

use serde_json::Value;

use super::groups::UIDS;
use super::quadlet::Quadlet;
use super::wants::{QUADLET, ROOTS_ENGINE, lacks};
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

#[test]
fn a_unit_s_container_has_the_user_namespace_that_its_file_asks_for_after_an_update_and_after_one_that_went_back() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "unituserns");
    // Each start of a container of root's gets others, rotation or not.
    let (_numbers, userns, who) = match s.host.is_rootless() {
        true => (None, "keep-id:uid=200,gid=210", "200\n"),
        false => (Some(Numbers::new(&s, 100_000)), "auto:size=2000", "0\n2000"),
    };
    s.push("web", "ok:v1");
    // Who is not root in there cannot serve port 80. The last lines are of a kernel that the host need not have.
    let lines =
        ["UserNS=", userns, "\nRunInit=true\nEntrypoint=sleep\nExec=100000\nSecurityLabelType=spc_t\nSecurityLabelLevel=s0:c100,c200"];
    let web = Quadlet::start(&s, "web", &lines.concat(), "Restart=always");
    let looks = || {
        let inside = s.host.docker(&["exec", &web.name, "/bin/busybox", "sh", "-c", &format!("id -u; {UIDS}")]);
        (inside, described(&s, "web")["Config"]["CreateCommand"].clone())
    };
    let (old, before) = (web.image(), looks());
    assert!(before.0.starts_with(who), "{}", before.0);
    for word in [userns, "label=type:spc_t", "label=level:s0:c100,c200"] {
        assert!(before.1.to_string().contains(word), "{word}: {}", before.1);
    }
    for (variant, code) in [("sick:v2", 1), ("ok:v3", 0)] {
        s.push("web", variant);
        let outcome = s.agent().config(FAST).run(&["now", &web.name]).exits(code);
        web.is_up_with(&web.image());
        assert_eq!((web.image() == old, looks()), (code == 1, before.clone()), "{outcome}");
    }
}
