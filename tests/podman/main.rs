//! What is particular about Podman, on a host of the lab that has one (`tests/run --engine podman-5.4`). What holds for every engine is in `tests/engine`.

#[path = "../lab/mod.rs"]
mod lab;

mod api;
mod arguments;
mod at_once;
mod auto_update;
mod bad_store;
mod cases;
mod certificates;
mod clients;
mod compose;
mod engines;
mod fidelity;
mod groups;
mod health;
mod images;
mod kube;
mod names;
mod numbers;
mod options;
mod ownership;
mod podman_compose;
mod pods;
mod quadlet;
mod requires;
mod shell;
mod units;
mod units_cut;
mod units_dependents;
mod units_drop_ins;
mod units_edited;
mod units_every_cut;
mod units_every_cut_played;
mod units_held;
mod units_kinds;
mod units_kube;
mod units_named;
mod units_played;
mod units_pods;
mod units_port;
mod units_power;
mod units_shared;
mod users_api;
mod users_gone;
mod users_gone_units;
mod users_login;
mod users_numbers;
mod users_options;
mod users_own;
mod users_played;
mod users_quadlet;
mod users_units;
mod wants;

use lab::{Host, Scratch};
use serde_json::Value;

/// A gate of a second.
const FAST: &str = "min_healthy = \"1s\"\ndeadline = \"30s\"\n";

#[track_caller]
fn scratch(test: &str) -> Scratch {
    let host = Host::shared();
    assert!(host.has_podman(), "this suite wants a host with Podman: tests/run --engine podman-5.4");
    Scratch::new(host, test)
}

/// Podman's own description of a container.
#[track_caller]
fn described(s: &Scratch, name: &str) -> Value {
    let all: Value = serde_json::from_str(&s.host.docker(&["inspect", &s.name(name)])).expect("JSON");
    all[0].clone()
}

/// Docker's client on the host, against Podman's socket.
#[track_caller]
fn docker(s: &Scratch, args: &[&str]) -> String {
    let output = s.host.exec(&[&["docker"], args].concat()); // `lab exec` names the engine's socket
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert!(output.status.success(), "docker {}: {}", args.join(" "), text(&output.stderr));
    text(&output.stdout)
}
