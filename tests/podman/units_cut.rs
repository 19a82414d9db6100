//! An agent that dies in the middle of a unit's rotation: the next run goes on, and one of the two images serves.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::quadlet::{LONG, Quadlet};
use super::wants::{UNITS, lacks};
use super::{FAST, scratch};
use crate::lab::{Host, Scratch, wait_for};

/// Stops the agent at the restart that it asks for: before systemd hears of it, or after.
pub fn killed_at_the_restart(s: &Scratch, web: &Quadlet<'_>, when: &str) {
    let (reached, go) = (s.dir().join("reached"), s.dir().join("go"));
    let folder = s.host.client_for_the_machine(s.dir());
    let hook = folder.join(format!("systemctl.{when}"));
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = restart ] || exit 0\n: >'{}'\nwhile [ ! -e '{}' ]; do sleep 0.1; done\nexit 1\n",
        reached.display(),
        go.display()
    );
    fs::write(&hook, text).and_then(|()| fs::set_permissions(&hook, Permissions::from_mode(0o755))).expect("a file can be written");
    let agent = s.agent().config(FAST).spawn(&["now", &web.name]);
    wait_for("the agent restarts the unit", LONG, || reached.exists().then_some(()));
    assert!(agent.kill().was_killed());
    fs::remove_file(&hook).and_then(|()| fs::write(&go, "")).expect("files can be written");
}

fn heals(test: &str, when: &str, variant: &str) {
    let s = scratch(test);
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    let old = web.image();
    s.push("web", variant);
    killed_at_the_restart(&s, &web, when);
    let outcome = s.agent().config(FAST).run(&["now", &web.name, "--json"]);
    let verdict = outcome.json()["containers"][0]["verdict"].clone();
    match variant {
        "ok:v2" => {
            assert_eq!(verdict, "rotated", "{outcome}");
            assert_ne!(web.image(), old);
        }
        _ => {
            assert_eq!(verdict, "rolled_back", "{outcome}");
            assert_eq!(web.image(), old);
        }
    }
    assert_eq!(web.tagged(), web.image());
    web.is_up_with(&web.image());
}

#[test]
fn killed_before_the_restart_it_is_made_by_the_next_run() {
    if lacks(&UNITS) {
        return;
    }
    heals("before", "before", "ok:v2");
}

#[test]
fn killed_after_the_restart_the_gate_goes_on_in_the_next_run() {
    if lacks(&UNITS) {
        return;
    }
    heals("after", "after", "ok:v2");
}

#[test]
fn killed_after_the_restart_with_a_sick_image_the_next_run_goes_back() {
    if lacks(&UNITS) {
        return;
    }
    heals("aftersick", "after", "sick:v2");
}

/// Somebody prunes the host's images while a sick one proves itself; returns what the agent, which went back, had to say.
#[track_caller]
fn goes_back_after_a_prune(s: &Scratch, prune: &str) -> String {
    s.push("web", "ok:v1");
    let web = Quadlet::start(s, "web", "", "Restart=always");
    let old = web.image();
    // Its gate is still open when they are pruned, on a host with much to do as well.
    s.push("web", "slow:40:v2");
    let agent = s.agent().config("deadline = \"30s\"\n").spawn(&["now", &web.name, "--json"]);
    wait_for("the new image runs", LONG, || s.host.try_inspect(&web.name).filter(|found| found["Image"] != old.as_str()));
    // It may meet something of the agent's, and fails then.
    wait_for("images are pruned", LONG, || s.host.try_docker(&["image", "prune", prune]).ok());
    let outcome = agent.wait(LONG).exits(1);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rolled_back", "{outcome}");
    web.is_up_with(&old);
    assert_eq!(web.tagged(), old, "{outcome}");
    outcome.stderr
}

#[test]
fn an_unused_old_image_is_not_pruned_while_the_new_one_proves_itself() {
    if lacks(&UNITS) {
        return;
    }
    let said = goes_back_after_a_prune(&scratch("prune"), "-f");
    assert!(!said.contains("pull the old image again"), "{said}");
}

#[test]
fn an_old_image_that_was_pruned_with_its_pin_is_pulled_again_by_its_digest_for_the_way_back() {
    if lacks(&UNITS) {
        return;
    }
    // It takes whatever no container of the host runs.
    let s = Scratch::alone(Host::shared(), "pruneall");
    let said = goes_back_after_a_prune(&s, "-af");
    assert!(said.contains("pull the old image again"), "{said}");
}
