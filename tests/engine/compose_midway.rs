//! The real compose in the middle of a rotation: whatever it does there, one container is left under the name, and nothing is lost.

use super::compose_project::{Project, agent, one, proxy, scratch_with_compose, through};
use super::{entry, leftovers, look, tagged};
use crate::lab::{Action, Fault};

/// `compose up -d` at one call of the rotation: afterwards one container of the new image runs under its name, and nothing is lost.
#[track_caller]
fn heals(call: &str, nth: usize, when: fn(Action) -> Fault, command: &[&str]) {
    let case = format!("{} at {call} {nth}", command.join(" "));
    let Some(s) = scratch_with_compose("compose-up") else { return };
    let project = Project::stale(&s, "volume:v2");
    let web = project.container("web-1");
    let proxy = proxy(&s);
    proxy.at_path(call, nth, when(project.later(command)));
    let outcome = through(&s, &proxy).run(&["now", &web]).exits(0);
    assert_eq!(proxy.done(), 1, "{case}: {outcome}");
    let id = project.is_whole(&s, &case);
    assert_eq!(look(&s, &web).image, tagged(&s, "web"), "{case}");
    assert_eq!(project.compose(&["exec", "-T", "web", "cat", "/www/index.html"]), "v2", "{case}");
    agent(&s).run(&["now", &web]).exits(0);
    assert_eq!(project.is_whole(&s, &case), id, "{case}: the next run has nothing to do");
    assert_eq!(leftovers(&s), Vec::<String>::new(), "{case}");
}

#[test]
fn compose_up_before_the_switch_is_gone_on_with() {
    heals("/containers/create", 1, Fault::Before, &["up", "-d"]);
    heals("/stop", 1, Fault::Before, &["up", "-d"]);
}

#[test]
fn compose_up_in_the_switch_is_healed() {
    heals("/update", 1, Fault::Before, &["up", "-d"]);
    heals("/rename", 2, Fault::Before, &["up", "-d"]);
    heals("/start", 1, Fault::Before, &["up", "-d"]);
}

#[test]
fn compose_up_in_the_gate_and_at_its_end_is_healed() {
    heals("/start", 1, Fault::After, &["up", "-d"]);
    heals("DELETE /containers", 1, Fault::Before, &["up", "-d"]);
    heals("/start", 1, Fault::After, &["up", "-d", "--force-recreate"]);
}

#[test]
fn compose_start_and_restart_in_the_gate_leave_one_running() {
    heals("/start", 1, Fault::After, &["start"]);
    heals("/start", 1, Fault::After, &["restart"]);
}

#[test]
fn compose_up_while_a_sick_image_is_tried_ends_with_the_old_one() {
    for (call, when) in [("/start", Fault::After as fn(Action) -> Fault), ("/rename", Fault::Before)] {
        let Some(s) = scratch_with_compose("compose-sick") else { return };
        let project = Project::stale(&s, "sick:v2");
        let web = project.container("web-1");
        let old = look(&s, &web).image;
        let proxy = proxy(&s);
        proxy.at_path(call, 1, when(project.later(&["up", "-d"])));
        let outcome = through(&s, &proxy).run(&["now", &web, "--json"]).exits(1);
        assert_eq!((proxy.done(), &entry(&outcome, &web)["verdict"]), (1, &"rolled_back".into()), "{call}: {outcome}");
        project.is_whole(&s, call);
        assert_eq!((look(&s, &web).image, tagged(&s, "web")), (old.clone(), old), "{call}");
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn compose_up_of_a_changed_file_in_the_middle_is_what_stays() {
    for (call, when) in [("/containers/create", Fault::Before as fn(Action) -> Fault), ("/stop", Fault::Before), ("/start", Fault::Before)]
    {
        let Some(s) = scratch_with_compose("compose-changed") else { return };
        let project = Project::stale(&s, "volume:v2");
        let web = project.container("web-1");
        project.write(&one(&s, ", environment: {MINE: \"1\"}"));
        let proxy = proxy(&s);
        proxy.at_path(call, 1, when(project.later(&["up", "-d"])));
        through(&s, &proxy).run(&["now", &web]).exits(0);
        assert_eq!(project.compose(&["exec", "-T", "web", "sh", "-c", "echo $MINE"]), "1", "{call}");
        agent(&s).run(&["now", &web]).exits(0);
        project.is_whole(&s, call);
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn compose_down_in_the_gate_leaves_nothing() {
    let Some(s) = scratch_with_compose("compose-down") else { return };
    let project = Project::stale(&s, "volume:v2");
    let web = project.container("web-1");
    let proxy = proxy(&s);
    proxy.at_path("/start", 1, Fault::After(project.later(&["down"])));
    let outcome = through(&s, &proxy).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &web)["reason"], "container_taken_away", "{outcome}");
    assert_eq!((project.all(), project.networks()), (vec![], String::new()));
    assert_eq!(leftovers(&s), Vec::<String>::new());
    project.compose(&["up", "-d"]);
    assert_eq!(look(&s, &web).image, tagged(&s, "web"));
}
