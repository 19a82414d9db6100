//! Who may ask the daemon: real users of the host, in its group and outside.

use super::{CONFIG, is_new, scratch, stale};
use crate::lab::{DOCKER, ROOTS_ENGINE, Scratch, Unit, lacks};

/// A user of the host; removed when dropped.
struct User<'a> {
    s: &'a Scratch,
    name: String,
}

impl<'a> User<'a> {
    fn add(s: &'a Scratch, name: &str, options: &[&str]) -> User<'a> {
        let user = User { s, name: s.name(name) };
        let added = s.host.exec(&[&["useradd", "--no-create-home"], options, &[&user.name]].concat());
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        user
    }

    /// Runs a command as this user, with the groups that it has; exit code and all that it said.
    fn run(&self, command: &[&str]) -> (Option<i32>, String) {
        let output = self.s.host.exec(&[&["runuser", "-u", &self.name, "--"], command].concat());
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        self.s.host.exec(&["userdel", &self.name]);
    }
}

#[test]
fn a_member_of_the_group_is_served_and_another_user_can_neither_ask_nor_take_the_sockets_place() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = scratch("members");
    let unit = Unit::install(&s, CONFIG);
    let old = stale(&s, &[]);
    unit.start();
    let web = s.name("web");
    let (member, other) = (User::add(&s, "in", &["-G", "rotate"]), User::add(&s, "out", &[]));
    let rotate = |user: &User<'_>, args: &[&str]| user.run(&[&[unit.program.as_str()], args].concat());

    for args in [&["status"][..], &["now", &web], &["history"], &["hold", &web], &["plan"]] {
        let (code, said) = rotate(&other, args);
        assert!(code == Some(77) && said.contains("Permission denied") && said.contains("usermod -aG rotate"), "{args:?}: {code:?} {said}");
    }
    for place in ["/run/rotate/rotate.sock", "/run/rotate/.new", "/var/lib/rotate/rotate.db"] {
        for user in [&other, &member] {
            let (code, said) = user.run(&["sh", "-c", &format!("rm -f {place} && touch {place} || cat {place}")]);
            assert_ne!(code, Some(0), "{place} is open to {}: {said}", user.name);
        }
    }
    assert!(!is_new(&s, &old), "nobody who may has asked for it");

    let (code, said) = rotate(&member, &["status"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = rotate(&member, &["now", &web]);
    assert!(code == Some(0) && is_new(&s, &old), "{said}{}", unit.journal());
}

#[test]
fn the_engines_socket_is_the_only_privilege_that_the_unit_needs() {
    // For Podman it needs those of its drop-in.
    if lacks(&ROOTS_ENGINE) || lacks(&DOCKER) {
        return;
    }
    let s = scratch("alone");
    let unit = Unit::install(&s, CONFIG);
    let old = stale(&s, &[]);
    unit.start();
    let pid = unit.systemctl(&["show", "-P", "MainPID", "rotate"]);
    let status = String::from_utf8_lossy(&s.host.exec(&["cat", &format!("/proc/{pid}/status")]).stdout).into_owned();
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim().to_owned();
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(value(set), "0000000000000000", "{set}");
    }
    assert_eq!(value("NoNewPrivs:"), "1");
    assert!(value("Uid:").split_whitespace().all(|id| id != "0"), "{status}");
    assert_eq!(unit.systemctl(&["show", "-P", "LimitCORE", "rotate"]), "0");
    let rotated = unit.ask(&["now", &s.name("web"), "--json"]);
    assert!(is_new(&s, &old), "{rotated}{}", unit.journal());

    // Without the engine's group it can do nothing, and says what it lacks.
    unit.drop_in("[Service]\nSupplementaryGroups=\n");
    unit.start();
    let plan = s.host.exec(&[&unit.program, "plan"]);
    let said = String::from_utf8_lossy(&plan.stderr).into_owned();
    let says_it = said.contains("docker.sock: permission denied") && said.contains("a member of the group that owns the socket");
    assert!(plan.status.code() == Some(77) && says_it, "{:?} {said}", plan.status);
}
