//! The main job on a real engine with a real registry: what a person would see of their containers. Assertions are made on the engine.

#[path = "../lab/mod.rs"]
mod lab;

mod alone;
mod api;
mod bad_image;
mod bad_mount;
mod bad_network;
mod bad_registry;
mod bad_text;
mod certificates;
mod command;
mod compose;
mod compose_midway;
mod compose_project;
mod credentials;
mod disturbed;
mod durable;
mod ended_early;
mod explain;
mod failing_disk;
mod fidelity;
mod freshness;
mod gate;
mod history;
mod hold;
mod late;
mod lost_store;
mod lost_task;
mod mirror;
mod moved_tag;
mod numbers;
mod overdue;
mod platform;
mod probe;
mod restarted;
mod rotation;
mod selection;
mod socket;
mod stay;
mod store;
mod unanswered;
mod watchtower;

use lab::{Host, Outcome, Scratch};
use serde_json::Value;

/// Gates that take half a second, so that tests take seconds.
pub const FAST: &str = "min_healthy = \"500ms\"\n";

pub fn scratch(test: &str) -> Scratch {
    Scratch::new(Host::shared(), test)
}

/// `rotate now NAME…` of this test's containers, with fast gates.
#[track_caller]
pub fn now(scratch: &Scratch, names: &[&str], flags: &[&str]) -> Outcome {
    let names: Vec<String> = names.iter().map(|name| scratch.name(name)).collect();
    let mut args = vec!["now"];
    args.extend(names.iter().map(String::as_str));
    args.extend(flags);
    scratch.agent().config(FAST).run(&args)
}

/// What `rotate now --json` says of one container.
#[track_caller]
pub fn entry(outcome: &Outcome, name: &str) -> Value {
    let document = outcome.json();
    let all = document["containers"].as_array().expect("a list of containers");
    all.iter().find(|entry| entry["name"] == name).unwrap_or_else(|| panic!("no entry for {name}: {outcome}")).clone()
}

/// Id, image, policy and whether it runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Look {
    pub id: String,
    pub image: String,
    pub policy: String,
    pub is_running: bool,
}

#[track_caller]
pub fn look(scratch: &Scratch, name: &str) -> Look {
    let document = scratch.host.inspect(name);
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Look {
        id: text("/Id"),
        image: text("/Image"),
        // Podman before 5.0 shows none as an empty text.
        policy: Some(text("/HostConfig/RestartPolicy/Name")).filter(|policy| !policy.is_empty()).unwrap_or_else(|| "no".to_owned()),
        is_running: document["State"]["Running"] == true,
    }
}

/// Names of all containers of this test that are not its own: `.rotate-…`.
pub fn leftovers(scratch: &Scratch) -> Vec<String> {
    let filter = format!("name=^/?{}.*rotate-", scratch.name(""));
    let names = scratch.host.docker(&["ps", "-a", "--format", "{{.Names}}", "--filter", &filter]);
    names.lines().map(str::to_owned).collect()
}

/// The image that a tag points to.
#[track_caller]
pub fn tagged(scratch: &Scratch, name: &str) -> String {
    let (_, image) = scratch.host.api("GET", &format!("/images/{}/json", scratch.image(name)));
    image["Id"].as_str().unwrap_or_else(|| panic!("there is no image {name}: {image}")).to_owned()
}
