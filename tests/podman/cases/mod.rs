//! What the tests of `podman auto-update` promise, kept by `rotate`, and nine situations that they leave out.
//!
//! PLACEHOLDER
mod hands;
mod keeps;
mod labels;
mod ready;
mod versions;

use serde_json::Value;

use super::FAST;
use super::quadlet::LONG;
use crate::lab::{Outcome, Scratch, wait_for};

/// Longer than the second after which these images give up.
const PATIENT: &str = "min_healthy = \"4s\"\ndeadline = \"30s\"\n";

/// `rotate now` of these, or of all that is selected, on the engine's host by the engine's user.
#[track_caller]
fn now(s: &Scratch, names: &[&str]) -> Outcome {
    let names: Vec<String> = names.iter().map(|name| s.name(name)).collect();
    let mut args = vec!["now", "--json"];
    args.extend(names.iter().map(String::as_str));
    asked(s, FAST, &args)
}

#[track_caller]
fn asked(s: &Scratch, config: &str, args: &[&str]) -> Outcome {
    answered(|| s.agent().on_host_as_owner().config(config).run(args))
}

/// Asks again where the engine's service did not start in the time that it is waited for: nothing was touched then, and other work loads the machine.
#[track_caller]
fn answered(run: impl Fn() -> Outcome) -> Outcome {
    wait_for("the engine says who it is", LONG, || Some(run()).filter(|outcome| outcome.status != Some(69)))
}

/// What such a document says of one container, in the list of those that were rotated or of those that were not.
#[track_caller]
fn entry(s: &Scratch, document: &Value, name: &str) -> Value {
    let lists = ["containers", "rotations", "skipped"].iter().filter_map(|list| document[list].as_array());
    let found = lists.flatten().find(|entry| entry["name"] == s.name(name).as_str());
    found.unwrap_or_else(|| panic!("nothing is said of {name}: {document}")).clone()
}

/// The one word for what became of it, or for why nothing did.
#[track_caller]
fn told(s: &Scratch, document: &Value, name: &str) -> String {
    let entry = entry(s, document, name);
    let word = entry["reason"].as_str().or(entry["verdict"].as_str());
    word.unwrap_or_else(|| panic!("neither verdict nor reason: {entry}")).to_owned()
}
