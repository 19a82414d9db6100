//! A `.kube` unit's rotation, its agent killed after and before each call: the next run ends what was begun, and all that is played runs.

use std::path::PathBuf;

use serde_json::Value;

use super::kube::{Kube, push};
use super::quadlet::LONG;
use super::wants::{QUADLET, lacks};
use super::{FAST, scratch};
use crate::lab::{Action, Fault, FaultProxy, Outcome};

/// More calls no such rotation has.
const MOST: usize = 12;

/// Kills it at each of its calls, until a run needs no kill.
fn killed(variant: &str, fault: fn(Action) -> Fault, least: usize) {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch(&format!("played, killed: {variant}"));
    push(&s, "b", "nohealth:side");
    let mut cuts = 0;
    loop {
        let name = format!("a{cuts}");
        push(&s, &name, "nohealth:v1");
        let kube = Kube::start(&s, &format!("k{cuts}"), &[(&name, ""), ("b", "command: [\"sleep\", \"100000\"]")], "");
        let image = |name: &str| kube.running(name)["Image"].clone();
        let were = [image(&name), image("b")];
        push(&s, &name, variant);
        let proxy = FaultProxy::start_on(s.host, &format!("{}/{name}", s.host_dir()));
        let state_dir = PathBuf::from(format!("{}/state-{name}", s.host_dir()));
        let now = || {
            s.host.wake();
            let agent = s.agent().on_host_through(&proxy).config(FAST).state_dir(&state_dir);
            agent.spawn(&["now", &kube.container(&name), "--json"]).wait(LONG)
        };
        let told = |outcome: &Outcome| -> Value { outcome.json()["containers"][0].clone() };
        proxy.at(cuts + 1, fault(Action::Kill));
        let first = now();
        proxy.forget();
        let was_killed = first.was_killed();
        let last = if was_killed { now() } else { first };
        let again = now();
        let is_good = variant.starts_with("nohealth:");
        let call = cuts + 1;
        let rests = if is_good { "up_to_date" } else { "refused" };
        assert_eq!(told(&again)["reason"], rests, "killed at call {call}: {last}\n{again}");
        assert_eq!(image(&name) == were[0], !is_good, "killed at call {call}: {last}");
        assert_eq!(image("b"), were[1], "killed at call {call}: {last}");
        assert!(kube.is_untouched() && kube.does() == "active", "killed at call {call}: {last}");
        if !was_killed {
            break;
        }
        cuts += 1;
        assert!(cuts < MOST, "each run is killed, and none is over");
    }
    assert!(cuts >= least, "only {cuts} calls");
}

#[test]
fn a_kube_unit_whose_agent_is_killed_before_any_call_is_updated_by_the_next_run() {
    killed("nohealth:v2", Fault::Before, 3);
}

#[test]
fn a_kube_unit_whose_agent_is_killed_after_any_call_is_updated_by_the_next_run() {
    killed("nohealth:v2", Fault::After, 3);
}

#[test]
fn a_kube_unit_whose_agent_is_killed_after_any_call_is_taken_back_by_the_next_run_if_the_image_fails() {
    killed("crash", Fault::After, 5);
}
