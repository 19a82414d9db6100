//! The store removed, or an earlier copy of it put back, in the middle of a rotation: the next run finds by the containers' names what was
//! going on, says so, and brings it to its end.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy, Host, Outcome, Scratch};

/// A mark on a volume, and a restart policy that a name has to carry.
const OPTIONS: &[&str] = &["--restart", "on-failure:3", "-v", "/data"];

/// What a run says that makes a record of what it finds.
const TAKEN_OVER: &str = "taken over by the names of its containers";

struct Before {
    old: String,
    old_image: String,
}

fn stale(s: &Scratch, image: &str) -> Before {
    s.push("web", "ok:v1");
    let old = s.run("web", OPTIONS);
    s.host.docker(&["exec", &s.name("web"), "touch", "/data/mine"]);
    let old_image = look(s, &s.name("web")).image;
    s.push("web", image);
    Before { old, old_image }
}

fn remove(state_dir: &Path) {
    fs::remove_dir_all(state_dir).expect("it was there");
}

/// Kills the agent before the kth call of the run that changes anything; false if there is none.
fn killed_before(s: &Scratch, k: usize) -> (bool, Option<String>) {
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at(k, Fault::Before(Action::Kill));
    s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]);
    (proxy.done() > 0, proxy.calls().last().cloned())
}

/// One container runs under the name as it should; the other is kept, or gone.
#[track_caller]
fn check(s: &Scratch, before: &Before, is_new: bool, context: &str) {
    assert_eq!(s.host.inspect(&s.name("web"))["Image"], tagged(s, "web").as_str(), "the tag points to what runs: {context}");
    check_containers(s, before, is_new, context);
}

#[track_caller]
fn check_containers(s: &Scratch, before: &Before, is_new: bool, context: &str) {
    let web = s.host.inspect(&s.name("web"));
    assert_eq!(web["State"]["Running"], true, "{context}");
    assert_eq!(web["Id"] != before.old.as_str(), is_new, "{context}");
    assert_eq!(web["Image"] != before.old_image.as_str(), is_new, "{context}");
    let policy = &web["HostConfig"]["RestartPolicy"];
    assert_eq!((&policy["Name"], &policy["MaximumRetryCount"]), (&Value::from("on-failure"), &Value::from(3)), "{context}");
    s.host.docker(&["exec", &s.name("web"), "test", "-e", "/data/mine"]);
    let left = leftovers(s);
    assert_eq!(left.len(), usize::from(is_new), "only the kept one: {left:?} {context}");
    assert!(left.iter().all(|name| name.contains(".rotate-old-") && look(s, name).id == before.old), "{left:?} {context}");
}

/// The old one is disarmed, and no name has its policy yet, nor has the new one: Podman gives it that at the end of the switch.
fn has_policy_nowhere(s: &Scratch, before: &Before) -> bool {
    let web = s.host.try_inspect(&s.name("web")).filter(|web| web["Id"] == before.old.as_str());
    s.host.has_podman() && web.is_some() && look(s, &s.name("web")).policy == "no"
}

/// Of a policy that stands nowhere any more it is said that it is not known; a person gives it back.
#[track_caller]
fn is_told_and_given_back(s: &Scratch, again: &Outcome, context: &str) {
    assert!(again.stderr.contains("which restart policy it had is not known any more"), "{context}");
    s.host.docker(&["update", "--restart", "on-failure:3", &s.name("web")]);
}

fn next_run(s: &Scratch) -> Outcome {
    s.agent().config(FAST).run(&["now", &s.name("web"), "--json"])
}

/// Kills before call 1, 2, …, does this to the state directory, and runs again, until a run needs no kill.
fn at_each_stage(image: &str, disturb: impl Fn(&Scratch)) -> usize {
    for k in 1.. {
        let s = scratch(&format!("lost-{k}"));
        let before = stale(&s, image);
        let (was_killed, call) = killed_before(&s, k);
        if !was_killed {
            return k - 1;
        }
        disturb(&s);
        let (has_left, is_disarmed) = (!leftovers(&s).is_empty(), has_policy_nowhere(&s, &before));
        let again = next_run(&s);
        let context = format!("{image}, lost before call {k} ({call:?})\n{again}");
        if is_disarmed {
            is_told_and_given_back(&s, &again, &context);
        }
        check(&s, &before, image.starts_with("ok"), &context);
        assert_eq!(again.stderr.contains(TAKEN_OVER), has_left, "what is taken over is said, and nothing else: {context}");
        assert!(again.status.is_some_and(|code| code <= 1), "{context}");
        // What was taken over is known from then on, and a further run finds nothing to do.
        let third = next_run(&s);
        let expected = if image.starts_with("ok") { "up_to_date" } else { "refused" };
        assert_eq!(entry(&third, &s.name("web"))["reason"], expected, "{context}{third}");
    }
    unreachable!()
}

#[test]
fn a_store_that_is_removed_at_any_stage_of_an_update_is_made_up_for_by_names() {
    let calls = at_each_stage("ok:v2", |s| remove(&s.state_dir()));
    println!("removed before each of {calls} calls");
    assert!(calls >= 8, "{calls}");
}

#[test]
fn a_store_that_is_removed_at_any_stage_of_a_sick_image_is_made_up_for_by_names() {
    let mut reported = 0;
    for k in 1.. {
        let s = scratch(&format!("lost-sick-{k}"));
        let before = stale(&s, "sick:v2");
        let (was_killed, call) = killed_before(&s, k);
        if !was_killed {
            println!("removed before each of {} calls", k - 1);
            assert!(k > 12 && reported == 1, "{k} {reported}");
            return;
        }
        remove(&s.state_dir());
        let web = s.host.try_inspect(&s.name("web"));
        let is_stopped_new = web.as_ref().is_some_and(|web| {
            let is_armed = web["HostConfig"]["RestartPolicy"]["Name"] == "on-failure";
            web["Id"] != before.old.as_str() && web["State"]["Status"] == "exited" && is_armed
        });
        let is_disarmed_old = has_policy_nowhere(&s, &before)
            || web.as_ref().is_some_and(|web| {
                let is_disarmed = web["HostConfig"]["RestartPolicy"]["Name"] == "no";
                web["Id"] == before.old.as_str() && is_disarmed && leftovers(&s)[0].contains("-failed-")
            });
        let has_left = !leftovers(&s).is_empty();
        let again = next_run(&s);
        let context = format!("sick, lost before call {k} ({call:?})\n{again}");
        if is_stopped_new {
            // A person may have stopped it: that is told, and not undone.
            reported += 1;
            assert_eq!(again.status, Some(3), "{context}");
            let old = entry(&again, &leftovers(&s)[0]);
            assert_eq!((&old["verdict"], &old["reason"]), (&Value::from("orphaned"), &Value::from("orphan")), "{context}");
            assert_eq!(s.host.inspect(&s.name("web"))["State"]["Running"], false, "{context}");
            continue;
        }
        assert_eq!(again.stderr.contains(TAKEN_OVER), has_left, "what is taken over is said, and nothing else: {context}");
        if is_disarmed_old {
            is_told_and_given_back(&s, &again, &context);
        }
        // Podman's client first looks whether the image is there.
        if call.is_some_and(|call| call.contains("/containers/create") || call.contains("policy=never")) {
            // Moved, and no container yet: nothing tells whether rotate moved the tag or a person did.
            check_containers(&s, &before, false, &context);
        } else {
            check(&s, &before, false, &context);
        }
        assert_eq!(again.status, Some(1), "{context}");
        assert_eq!(entry(&next_run(&s), &s.name("web"))["reason"], "refused", "{context}");
    }
}

#[test]
fn a_store_that_is_lost_while_the_old_one_is_kept_is_made_up_for_and_the_old_one_can_be_taken_back() {
    let s = scratch("lost-kept");
    let before = stale(&s, "ok:v2");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    let kept = leftovers(&s);
    remove(&s.state_dir());
    // Nobody named it, and it is not selected: it is nobody's business.
    s.push("other", "ok:v1");
    s.run("other", &[]);
    s.agent().config(FAST).run(&["now", &s.name("other")]).exits(0);
    assert!(!s.rotate(&["history", &s.name("web")]).stdout.contains("rotated"));
    let again = s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert!(again.stderr.contains(TAKEN_OVER), "{again}");
    assert_eq!(leftovers(&s), kept);
    s.agent().config(FAST).run(&["rollback", &s.name("web")]).exits(0);
    check(&s, &before, false, "taken back");
}

#[test]
fn what_a_person_made_under_the_name_is_not_taken_for_a_part_of_a_lost_rotation() {
    let s = scratch("lost-other");
    stale(&s, "ok:v2");
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    remove(&s.state_dir());
    s.host.docker(&["rm", "-f", &s.name("web")]);
    s.run("web", &["--restart", "always", "--env", "MINE=1"]);
    let (mine, kept) = (look(&s, &s.name("web")), leftovers(&s));
    let again = next_run(&s);
    assert_eq!(entry(&again, &kept[0])["reason"], "orphan", "{again}");
    assert_eq!((look(&s, &s.name("web")), leftovers(&s)), (mine, kept), "{again}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in fs::read_dir(from).expect("a folder").map(|file| file.expect("a file")) {
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

/// A copy of the store that was made at this call of a run is put back at each call of that run that comes later.
fn earlier_copy(at: &str) {
    for k in 1.. {
        let s = scratch(&format!("copy-{k}"));
        let before = stale(&s, "ok:v2");
        let (state, saved) = (s.state_dir(), s.dir().join("saved"));
        let proxy = FaultProxy::start(&s.host.socket());
        let made = {
            let (state, saved) = (state.clone(), saved.clone());
            move || copy(&state, &saved)
        };
        proxy.at_path(at, 1, Fault::Before(Action::Run(Box::new(made))));
        proxy.at(k, Fault::Before(Action::Kill));
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]);
        let (was_killed, call) = (proxy.done() > 1, proxy.calls().last().cloned());
        if !saved.exists() {
            continue;
        }
        remove(&state);
        copy(&saved, &state);
        let web = s.host.try_inspect(&s.name("web"));
        let is_stopped = web.is_some_and(|web| web["Id"] == before.old.as_str() && web["State"]["Running"] == false);
        // What the switch does, of which the copy knows nothing; a new container beside one that serves it expects.
        let is_behind = is_stopped || leftovers(&s).iter().any(|name| name.contains(".rotate-old-"));
        let again = next_run(&s);
        let context = format!("a copy of {at} put back before call {k} ({call:?})\n{again}");
        check(&s, &before, true, &context);
        assert!(again.status.is_some_and(|code| code <= 1), "{context}");
        assert!(!is_behind || again.stderr.contains(TAKEN_OVER), "{context}");
        // Also that of a run that has come to its end.
        if !was_killed {
            println!("a copy of {at} put back at each of {} calls", k - 1);
            assert!(k > 8, "{k}");
            return;
        }
    }
}

#[test]
fn a_copy_of_the_store_from_before_the_tag_moved_that_is_put_back_is_made_up_for_by_names() {
    let pull = if Host::shared().has_podman() { "/images/pull" } else { "/images/create" };
    earlier_copy(pull);
}

#[test]
fn a_copy_of_the_store_from_before_the_switch_that_is_put_back_is_made_up_for_by_names() {
    earlier_copy("/containers/create");
}
