//! What is not on every host of the lab with a Podman.

#[allow(unused_imports)] // `tests/bench` has this file, too, and asks for nothing
pub use crate::lab::{A_USERS_ENGINE, KNOWS_WHO, ROOTS_ENGINE, Want, lacks, policy};

use crate::lab::Host;

pub const UPDATES: Want =
    Want { what: "limits that a later `podman update` changes for good: 4.3 forgets them", is_on: |host| !is_4_3(host) };
pub const API_NOTES: Want =
    Want { what: "what its API was asked for: on 4.3 the service's own command is kept instead", is_on: |host| !is_4_3(host) };
pub const START_CHECKS: Want = Want { what: "health checks of the start, which are there from Podman 4.5 on", is_on: |host| !is_4_3(host) };
pub const PASTA: Want = Want { what: "pasta, which Podman knows from 4.4 on", is_on: |host| !is_4_3(host) };
pub const QUADLET: Want = Want { what: "Quadlet, which is there from Podman 4.4 on", is_on: |host| !is_4_3(host) };
pub const KUBE_WITHOUT_CONTAINERS: Want = Want {
    what: "units of `.kube` files without containers, which start from Podman 5.5 on",
    is_on: |host| !is_4_3(host) && !host.engine().starts_with("podman-5.4"),
};
pub const UNITS: Want = Want {
    what: "units that keep a user's container on 4.3: it leaves its unit's cgroup where the machine has cgroups of version 1, too",
    is_on: has_units,
};
pub const LIMITS: Want =
    Want { what: "the kernel's controllers of memory and processors, which its machine keeps", is_on: has_controllers };

pub const CONTROLLERS: Want =
    Want { what: "all of the kernel's controllers that limits want, some of which its machine keeps", is_on: has_all_controllers };
pub const NEWER_OPTIONS: Want = Want { what: "the options that Podman got after 4.3", is_on: |host| !is_4_3(host) };

pub const NEWER_COMPOSE: Want = Want {
    what: "a podman-compose that makes anew what has changed, and passes `depends_on` to Podman (`--requires`): beside 4.3 it does neither",
    is_on: |host| !is_4_3(host),
};

fn has_controllers(host: &Host) -> bool {
    has(host, &["cpu", "memory"])
}

fn has_all_controllers(host: &Host) -> bool {
    has(host, &["cpu", "cpuset", "memory", "pids"])
}

fn has(host: &Host, controllers: &[&str]) -> bool {
    let users = if host.is_rootless() { "/user.slice/user-1000.slice/user@1000.service" } else { "" };
    let all = std::fs::read_to_string(host.path(&format!("/sys/fs/cgroup{users}/cgroup.controllers"))).unwrap_or_default();
    controllers.iter().all(|wanted| all.split_whitespace().any(|controller| controller == *wanted))
}

/// Podman 4.3 moves to a scope of its own if a cgroup of its process is not its user's, and looks at those of version 1 as well; systemd then refuses it as
/// the unit's main process (seen with 4.3.1 under systemd 252).
fn has_units(host: &Host) -> bool {
    let cgroups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    !(is_4_3(host) && host.is_rootless() && cgroups.lines().count() > 1)
}

fn is_4_3(host: &Host) -> bool {
    host.engine().starts_with("podman-4.3")
}
