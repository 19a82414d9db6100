//! Whose `podman login` opens a registry: that of the user whose engine it is, in memory or for good, and for another user's never root's.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::FAST;
use super::clients::{ENABLED, alone, entries, works};
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::{Answer, FakeRegistry, Outcome, Scratch};

const BASIC: &str = "YWxpY2U6c2VjcmV0"; // alice:secret

/// Root's, in memory; and the one that lasts.
const ROOTS: &str = "/run/containers/0/auth.json";
const ROOTS_LASTING: &str = "/root/.config/containers/auth.json";
/// The user's: in memory, which a boot empties; and the one that lasts.
const IN_MEMORY: &str = "/run/user/1000/containers/auth.json";
const LASTING: &str = "/home/op/.config/containers/auth.json";

const ALL: [&str; 4] = [ROOTS, ROOTS_LASTING, IN_MEMORY, LASTING];

/// Files of logins; dropped, none of them is left.
struct Logins<'a> {
    s: &'a Scratch,
    text: String,
}

impl<'a> Logins<'a> {
    fn none_yet(s: &'a Scratch, registry: &str) -> Self {
        let logins = Self { s, text: serde_json::json!({ "auths": { registry: { "auth": BASIC } } }).to_string() };
        logins.forget(&ALL);
        logins
    }

    /// As `podman login` leaves it: the user's own, and nobody else's to read.
    #[track_caller]
    fn write(&self, path: &str, user: &str) {
        let write = "umask 077 && mkdir -p \"${1%/*}\" && printf %s \"$2\" >\"$1\"";
        let output = self.s.host.exec(&["runuser", "-u", user, "--", "sh", "-c", write, "sh", path, &self.text]);
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        let found = fs::metadata(self.s.host.path(path)).expect("it was just written");
        let id = if user == "root" { 0 } else { 1000 };
        assert_eq!((found.uid(), found.mode() & 0o777), (id, 0o600), "{path}");
    }

    #[track_caller]
    fn forget(&self, paths: &[&str]) {
        works(self.s, &format!("rm -f {}", paths.join(" ")));
    }
}

impl Drop for Logins<'_> {
    fn drop(&mut self) {
        self.s.host.exec(&[&["rm", "-f"][..], &ALL].concat());
    }
}

/// By root, for this engine.
fn now(s: &Scratch, engine: &str) -> Outcome {
    s.agent().on_host().config(&format!("engines = [\"{engine}\"]\n{FAST}")).run(&["now", &s.name("web"), "--json"])
}

/// What runs under the name at this engine stays: none of its logins opens the registry.
#[track_caller]
fn is_held(s: &Scratch, engine: &str, id_now: impl Fn() -> String, id: &str) {
    let outcome = now(s, engine).exits(1);
    let document = outcome.json();
    let held = entries(&document, "containers", &s.name("web"))[0].1;
    assert_eq!(held["reason"], "unresolved", "{outcome}");
    assert!(held["message"].as_str().is_some_and(|text| text.contains("does not let anybody without credentials see")), "{outcome}");
    let lasts = ["podman login --authfile", "/containers/auth.json", "gone with a reboot"];
    assert!(held["help"].as_str().is_some_and(|help| lasts.iter().all(|part| help.contains(part))), "{outcome}");
    assert_eq!(id_now(), id, "{outcome}");
}

/// Returns the new container's id.
#[track_caller]
fn is_rotated(s: &Scratch, engine: &str, id_now: impl Fn() -> String, old: &str) -> String {
    let outcome = now(s, engine).exits(0);
    assert_eq!(entries(&outcome.json(), "containers", &s.name("web"))[0].1["verdict"], "rotated", "{outcome}");
    let new = id_now();
    assert!(!new.is_empty() && new != old, "{outcome}");
    new
}

/// From now on it lets in whoever has the password.
fn closed(registry: &FakeRegistry) {
    registry.script(|head| {
        let is_known = head.header("authorization") == Some(&format!("Basic {BASIC}"));
        (!is_known).then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"lab\""))
    });
}

#[test]
fn a_users_registry_is_opened_by_that_users_login_in_memory_or_for_good_and_never_by_roots() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("ulogin");
    let user = lingering(&s);
    let registry = FakeRegistry::in_front_of(s.host);
    let logins = Logins::none_yet(&s, registry.address());
    let (web, image) = (s.name("web"), format!("{}/{}:latest", registry.address(), s.name("web")));
    s.push("web", "nohealth:v1");
    let first = user.ask(&[&["run", "-d", "-q", "--pull", "always", "--name", &web], ENABLED, &[&image]].concat());
    closed(&registry);
    let (engine, id) = ("podman:op", || user.id("web"));

    s.push("web", "nohealth:v2");
    logins.write(ROOTS, "root");
    is_held(&s, engine, id, &first);
    logins.write(IN_MEMORY, "op");
    let second = is_rotated(&s, engine, id, &first);

    // As a boot would.
    logins.forget(&[IN_MEMORY]);
    s.push("web", "nohealth:v3");
    is_held(&s, engine, id, &second);
    logins.write(LASTING, "op");
    is_rotated(&s, engine, id, &second);
}

#[test]
fn a_registry_of_roots_is_opened_by_roots_login_in_memory_or_for_good_and_never_by_a_users() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("rlogin");
    let _user = lingering(&s);
    let registry = FakeRegistry::in_front_of(s.host);
    let logins = Logins::none_yet(&s, registry.address());
    let (web, image) = (s.name("web"), format!("{}/{}:latest", registry.address(), s.name("web")));
    s.push("web", "nohealth:v1");
    let first = s.host.docker(&[&["run", "-d", "-q", "--pull", "always", "--name", &web], ENABLED, &[&image]].concat());
    closed(&registry);
    let (engine, id) = ("podman", || s.host.inspect(&web)["Id"].as_str().unwrap_or_default().to_owned());

    s.push("web", "nohealth:v2");
    logins.write(IN_MEMORY, "op");
    logins.write(LASTING, "op");
    is_held(&s, engine, id, &first);
    logins.write(ROOTS, "root");
    let second = is_rotated(&s, engine, id, &first);

    // As a boot would.
    logins.forget(&[ROOTS]);
    s.push("web", "nohealth:v3");
    is_held(&s, engine, id, &second);
    logins.write(ROOTS_LASTING, "root");
    is_rotated(&s, engine, id, &second);
}
