//! Containers that a unit of systemd owns and that another user serves: root for a user, and the daemon of the unit as it is shipped for root and for
//! users.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use serde_json::Value;

use super::FAST;
use super::clients::{ENABLED, alone, entries, json, unit, works};
use super::quadlet::Quadlet;
use super::users_quadlet::{UsersQuadlet, lingering};
use super::wants::{QUADLET, ROOTS_ENGINE, lacks};
use crate::lab::Scratch;

/// The user of the lab's hosts.
const OP: u32 = 1000;

/// What became of one container of one engine.
#[track_caller]
fn verdict(document: &Value, engine: &str, name: &str) -> String {
    let all = entries(document, "containers", name);
    let found = all.iter().find(|(of, _)| *of == engine).unwrap_or_else(|| panic!("{engine}/{name}: {document}"));
    found.1["verdict"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_daemon_rotates_a_users_unit_and_takes_it_back_with_a_drop_in_that_is_the_users() {
    if lacks(&QUADLET) || lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("uunits");
    let user = lingering(&s);
    let unit = unit(&s, "[\"podman:op\"]");
    s.push("web", "ok:v1");
    let web = UsersQuadlet::start(&s, &user, "web", "Pull=newer");
    let first = web.image();
    unit.start();

    s.push("web", "ok:v2");
    let now = json(&unit, &["now", &web.name]);
    assert_eq!(verdict(&now, "podman:op", &web.name), "rotated", "{now}{}", unit.journal());
    let second = web.image();
    assert_ne!(second, first);
    web.is_up_with(&second);
    assert!(!web.drop_in().exists() && web.is_untouched());

    s.push("web", "sick:v3");
    let now = json(&unit, &["now", &web.name]);
    assert_eq!(verdict(&now, "podman:op", &web.name), "rolled_back", "{now}");
    web.is_up_with(&second);
    let text = fs::read_to_string(web.drop_in()).expect("a drop-in that keeps the unit from pulling");
    assert!(text.contains("Pull=never") && web.is_untouched(), "{text}");
    for path in [web.drop_in(), s.host.path(&web.folder())] {
        let found = fs::metadata(&path).expect("it is there");
        assert_eq!((found.uid(), found.gid()), (OP, OP), "{}", path.display());
    }
    assert_eq!(fs::metadata(web.drop_in()).expect("it is there").mode() & 0o777, 0o644);
    let status = json(&unit, &["status"]);
    assert!(
        entries(&status, "containers", &web.name)[0].1["note"].as_str().is_some_and(|note| note.contains("50-rotate.conf")),
        "{status}"
    );
    // By whomever it is restarted.
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&second);

    s.push("web", "ok:v4");
    let now = json(&unit, &["now", &web.name]);
    assert_eq!(verdict(&now, "podman:op", &web.name), "rotated", "{now}");
    assert!(!web.drop_in().exists() && !s.host.path(&web.folder()).exists(), "{now}");
    assert!(unit.journal().contains(&format!("MESSAGE=podman:op: {}: ", web.name)), "each message says whose it is");
    let units = web.systemctl(&["list-units", "--all", "--no-legend", "rotate-errand-*"]);
    assert!(units.is_empty(), "nothing of ours stays: {units}");
}

#[test]
fn the_daemon_rotates_a_unit_of_the_hosts_own_systemd() {
    if lacks(&QUADLET) || lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("runits");
    let unit = unit(&s, "[\"podman\"]");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer\nLabel=rotate.enable=true", "Restart=always");
    let first = web.image();
    unit.start();
    s.push("web", "ok:v2");
    let now = json(&unit, &["now", &web.name]);
    assert_eq!(verdict(&now, "podman", &web.name), "rotated", "{now}{}", unit.journal());
    let second = web.image();
    assert_ne!(second, first);
    s.push("web", "sick:v3");
    let now = json(&unit, &["now", &web.name]);
    assert_eq!(verdict(&now, "podman", &web.name), "rolled_back", "{now}{}", unit.journal());
    web.is_up_with(&second);
    assert!(web.drop_in().is_some_and(|text| text.contains("Pull=never")) && web.is_untouched(), "{now}");
}

/// A file on the host, of a unit of the system's. Dropped, it is stopped and gone.
struct SystemUnit<'a> {
    s: &'a Scratch,
    name: String,
}

impl<'a> SystemUnit<'a> {
    /// It runs.
    #[track_caller]
    fn start(s: &'a Scratch, text: &str) -> Self {
        let unit = Self { s, name: format!("{}.service", s.name("web")) };
        fs::write(unit.file(), text).expect("the host's disk takes a file");
        works(s, &format!("systemctl daemon-reload && systemctl start {}", unit.name));
        unit
    }

    fn file(&self) -> PathBuf {
        self.s.host.path(&format!("/etc/systemd/system/{}", self.name))
    }
}

impl Drop for SystemUnit<'_> {
    fn drop(&mut self) {
        self.s.host.exec(&["systemctl", "stop", &self.name]);
        let _ = fs::remove_file(self.file());
        self.s.host.exec(&["systemctl", "daemon-reload"]);
    }
}

#[test]
fn what_a_unit_of_the_system_starts_as_the_user_is_held_and_untouched() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("usystem");
    let user = lingering(&s);
    s.push("web", "nohealth:v1");
    let (name, id) = (s.name("web"), user.run("web", ENABLED));
    let service = "Type=oneshot\nRemainAfterExit=yes\nUser=op\nWorkingDirectory=/home/op\nEnvironment=XDG_RUNTIME_DIR=/run/user/1000";
    let unit = SystemUnit::start(&s, &format!("[Service]\n{service}\nExecStart=-/usr/bin/podman start {name}\n"));
    s.push("web", "nohealth:v2");
    let now = || s.agent().on_host().config(&format!("engines = [\"podman:op\"]\n{FAST}")).run(&["now", &name, "--json"]).exits(0);
    let outcome = now();
    let document = outcome.json();
    let held = entries(&document, "containers", &name)[0].1;
    assert_eq!(held["reason"], "owned_by_unit", "{outcome}");
    let message = held["message"].as_str().unwrap_or_default();
    assert!(message.contains(&unit.name) && message.contains("`User=`"), "{outcome}");
    assert_eq!(user.id("web"), id, "{outcome}");
    drop(unit);
    let outcome = now();
    assert_eq!(verdict(&outcome.json(), "podman:op", &name), "rotated", "{outcome}");
}

#[test]
fn a_link_that_a_user_puts_in_the_drop_ins_place_leads_root_nowhere() {
    if lacks(&QUADLET) || lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("ulink");
    let user = lingering(&s);
    s.push("web", "ok:v1");
    let web = UsersQuadlet::start(&s, &user, "web", "Pull=newer");
    let first = web.image();
    let roots = format!("{}/roots", s.host_dir());
    fs::create_dir(s.host.path(&roots)).expect("a folder of root's");
    let mine = format!("{roots}/50-rotate.conf");
    fs::write(s.host.path(&mine), "root's own\n").expect("a file of root's");
    web.as_user(&["ln", "-s", &roots, &web.folder()]);
    s.push("web", "ok:v2");
    // Root itself, whom nothing of a unit's keeps from writing.
    let agent = || s.agent().on_host().config(&format!("engines = [\"podman:op\"]\n{FAST}"));
    let outcome = agent().run(&["now", &web.name, "--json"]);
    assert_ne!(verdict(&outcome.json(), "podman:op", &web.name), "rotated", "{outcome}");
    web.is_up_with(&first);
    assert_eq!(fs::read_to_string(s.host.path(&mine)).ok().as_deref(), Some("root's own\n"), "{outcome}");
    let all = fs::read_dir(s.host.path(&roots)).expect("a folder").count();
    assert_eq!(all, 1, "{outcome}");

    web.as_user(&["rm", &web.folder()]);
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(0);
    assert_eq!(verdict(&outcome.json(), "podman:op", &web.name), "rotated", "{outcome}");
    web.is_up_with(&web.image());
    assert_ne!(web.image(), first);
}
