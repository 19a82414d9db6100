//! What is not on every host of the lab. A test that wants it asks here first, and is over where it is not: that is said, and why.

use std::fs::OpenOptions;
use std::io::Write;

use serde_json::Value;

use super::Host;

pub struct Want {
    /// What it is, and where.
    pub what: &'static str,
    pub is_on: fn(&Host) -> bool,
}

/// The host's own daemon serves it as its unit is shipped.
pub const ROOTS_ENGINE: Want =
    Want { what: "an engine of root's: on a host with a user's, all is that user's", is_on: |host| !host.is_rootless() };
pub const A_USERS_ENGINE: Want = Want { what: "an engine of a user's: all is root's", is_on: Host::is_rootless };

/// One of Podman's is asked by its program's version, and no call of it is another one by the API's.
pub const DOCKERS_API: Want =
    Want { what: "an API of Docker's, whose version is settled on and by which containers are made", is_on: |host| !host.has_podman() };
pub const DOCKER: Want =
    Want { what: "Docker, whose own unit, settings, notes or drivers this is about", is_on: |host| !host.has_podman() };
/// On bookworm there is none, and Podman 4.3 would not keep what its API is asked for.
pub const COMPOSE: Want =
    Want { what: "`docker compose`", is_on: |host| host.engine() != "docker-20.10" && !host.engine().starts_with("podman-4.3") };

pub const KNOWS_WHO: Want = Want {
    what: "the word of who ended a container, which 4.3 does not keep: one under the policy `no` is reported, and nothing is done about it",
    is_on: |host| !host.engine().starts_with("podman-4.3"),
};

impl Want {
    pub fn is_there(&self) -> bool {
        (self.is_on)(Host::shared())
    }
}

/// Whether the host has it not, which is said then.
pub fn lacks(want: &Want) -> bool {
    if want.is_there() {
        return false;
    }
    eprintln!("not asked on {}: it has not {}", Host::shared().engine(), want.what);
    note(want);
    true
}

/// A restart policy that a rotation can follow: Podman 4.3 cannot change one, and any but `no` is held there (`cases::versions` of Podman's suite).
pub fn policy(wanted: &'static str) -> &'static str {
    if Host::shared().engine().starts_with("podman-4.3") { "no" } else { wanted }
}

/// The name of a container's restart policy, as its description has it. Of `no` Podman 4.3 writes what was said of it: nothing, if nothing was.
pub fn policy_of(document: &Value) -> &str {
    match document["HostConfig"]["RestartPolicy"]["Name"].as_str() {
        Some("") | None => "no",
        Some(name) => name,
    }
}

/// The test is `ok` to cargo, which hides what it said: `tests/run` reads it here.
fn note(want: &Want) {
    let Some(path) = std::env::var_os("ROTATE_TEST_NOT_ASKED") else { return };
    let line = format!("{}: it has not {}\n", std::thread::current().name().unwrap_or("?"), want.what);
    let written = OpenOptions::new().append(true).create(true).open(path).and_then(|mut file| file.write_all(line.as_bytes()));
    written.expect("a line of what was not asked can be written");
}
