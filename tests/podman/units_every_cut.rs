//! A unit's rotation, its agent killed before and after each call that changes something, systemctl's and the engine's, until a run needs no kill. Each
//! time the next run ends what was begun: one container with the right image, the user's files as they were, nothing left over, a history that tells it.

use std::path::PathBuf;

use serde_json::Value;

use super::quadlet::{LONG, Quadlet, QuadletPod};
use super::wants::{QUADLET, UNITS, lacks};
use super::{FAST, scratch};
use crate::lab::{Action, Agent, Fault, FaultProxy, Outcome, Scratch};

/// More calls no rotation of a unit has.
const MOST: usize = 15;

/// What is rotated.
struct Row {
    /// The image that comes.
    variant: &'static str,
    /// More lines of the file.
    container: String,
}

impl Row {
    fn is_good(&self) -> bool {
        self.variant.starts_with("ok:")
    }

    fn pulls(&self) -> bool {
        self.container.contains("Pull=newer")
    }

    /// Kills `before` or `after` the first call, the second, … `least`: so many are known to be there. `neighbours`: what must be the same afterwards.
    fn check(&self, s: &Scratch, when: &str, least: usize, neighbours: impl Fn() -> String) {
        let (mut cuts, mut problems) = (0, Vec::new());
        let mut is_reached = |k: usize| {
            let before = neighbours();
            let (is_killed, found) = Cell::start(s, self, &format!("c{k}x")).cut(when, k);
            problems.extend(found.into_iter().map(|problem| format!("killed {when} call {k}: {problem}")));
            let now = neighbours();
            if now != before {
                problems.push(format!("killed {when} call {k}: what is beside it was {before}, and is {now}"));
            }
            is_killed
        };
        while is_reached(cuts + 1) {
            cuts += 1;
            assert!(cuts < MOST, "each run is killed, and none is over");
        }
        assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
        assert!(cuts >= least, "only {cuts} calls of {}", self.variant);
    }
}

/// One unit, and the agent that is killed while it rotates that.
struct Cell<'a> {
    s: &'a Scratch,
    row: &'a Row,
    web: Quadlet<'a>,
    old: String,
    /// Of the image that comes.
    digest: String,
    proxy: FaultProxy,
    state_dir: PathBuf,
}

impl<'a> Cell<'a> {
    #[track_caller]
    fn start(s: &'a Scratch, row: &'a Row, name: &str) -> Self {
        s.push(name, "ok:v1");
        let web = Quadlet::start(s, name, &row.container, "Restart=always");
        let (old, digest) = (web.image(), s.push(name, row.variant));
        let state_dir = PathBuf::from(format!("{}/state-{name}", s.host_dir()));
        Self { s, row, old, digest, proxy: FaultProxy::start_on(s.host, &format!("{}/{name}", s.host_dir())), state_dir, web }
    }

    fn agent(&self) -> Agent<'a> {
        self.s.host.wake();
        self.s.agent().on_host_through(&self.proxy).config(FAST).state_dir(&self.state_dir)
    }

    fn now(&self) -> Outcome {
        self.agent().spawn(&["now", &self.web.name, "--json"]).wait(LONG)
    }

    /// Whether it was killed, and what is wrong after the next run.
    #[track_caller]
    fn cut(&self, when: &str, k: usize) -> (bool, Vec<String>) {
        self.proxy.at(k, if when == "before" { Fault::Before(Action::Kill) } else { Fault::After(Action::Kill) });
        let first = self.now();
        self.proxy.forget();
        let is_old_there = self.s.host.api("GET", &format!("/images/{}/json", self.old)).0 == 200;
        let was_killed = first.was_killed();
        let mut said = vec![first];
        if was_killed {
            said.push(self.now());
        }
        let mut problems = self.problems();
        if !is_old_there {
            problems.push("right after the cut the old image is gone".to_owned());
        }
        said.push(self.again(&mut problems));
        if !problems.is_empty() {
            problems.push(format!("calls: {:#?}", self.proxy.calls()));
            problems.extend(said.iter().map(Outcome::to_string));
        }
        (was_killed, problems)
    }

    fn problems(&self) -> Vec<String> {
        let Self { s, row, web, old, .. } = self;
        let mut problems = Vec::new();
        let mut expect = |what: &str, found: &dyn std::fmt::Debug, expected: &dyn std::fmt::Debug| {
            let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
            if found != expected {
                problems.push(format!("{what}: {found}, not {expected}"));
            }
        };
        expect("its containers", &names(s, &web.name), &[&web.name]);
        expect("the unit", &web.property("ActiveState"), &"active");
        let found = s.host.try_inspect(&web.name).unwrap_or_default();
        let image = found["Image"].as_str().unwrap_or_default();
        expect("running", &found["State"]["Running"], &Value::Bool(true));
        expect("the image is new", &(image != old.as_str()), &row.is_good());
        expect("what the tag points to", &web.tagged(), &image);
        expect("the user's own file is as it was", &web.is_untouched(), &true);
        // What was refused would come back by a pull.
        let is_kept_away = row.pulls() && !row.is_good();
        expect("there is a drop-in", &web.drop_in().is_some(), &is_kept_away);
        if row.pulls() {
            // As systemd has it: the file alone does nothing.
            expect("the unit pulls", &web.property("ExecStart").contains("--pull newer"), &row.is_good());
        }
        let (status, document) = s.host.api("GET", &format!("/images/{old}/json"));
        let pins = document["RepoTags"].to_string().matches("localhost/rotate/keep:").count();
        expect("the old image is there, and its pins", &(status, pins), &(200, usize::from(row.is_good())));
        let digests = s.host.docker(&["images", "-a", "--format", "{{.Digest}}"]);
        expect("the new image is there", &digests.lines().any(|digest| digest == self.digest), &row.is_good());
        problems.extend(self.untold());
        problems
    }

    /// What is wrong with the history.
    fn untold(&self) -> Option<String> {
        let document = self.agent().run(&["history", &self.web.name, "--json"]);
        let document: Value = serde_json::from_str(&document.stdout).unwrap_or_default();
        let all: Vec<&str> = document["rotations"].as_array().into_iter().flatten().filter_map(|past| past["verdict"].as_str()).collect();
        let expected = if self.row.is_good() { "rotated" } else { "rolled_back" };
        let is_true = all.first() == Some(&expected)
            && all.iter().filter(|told| **told == expected).count() == 1
            && all.iter().all(|told| [expected, "withdrawn"].contains(told));
        (!is_true).then(|| format!("the history tells {all:?}, not {expected:?} once"))
    }

    /// A further run does nothing, and says why.
    fn again(&self, problems: &mut Vec<String>) -> Outcome {
        let calls = || (self.s.host.try_inspect(&self.web.name).unwrap_or_default()["Id"].clone(), self.proxy.calls());
        let before = calls();
        let outcome = self.now();
        let document: Value = serde_json::from_str(&outcome.stdout).unwrap_or_default();
        let reason = &document["containers"][0]["reason"];
        let rests = if self.row.is_good() { "up_to_date" } else { "refused" };
        if outcome.status != Some(0) || reason != rests {
            problems.push(format!("a further run ends with {:?}, and the reason is {reason}, not {rests:?}", outcome.status));
        }
        if calls() != before {
            problems.push(format!("a further run changes {before:?} to {:?}", calls()));
        }
        outcome
    }
}

/// All containers whose name begins so.
fn names(s: &Scratch, name: &str) -> Vec<String> {
    let said = s.host.docker(&["ps", "-a", "--format", "{{.Names}}", "--filter", &format!("name=^{name}")]);
    said.lines().map(str::to_owned).collect()
}

fn nobody() -> String {
    String::new()
}

const GOOD: &str = "ok:v2";
const SICK: &str = "sick:v2";
/// Has drop-ins written.
const PULLS: &str = "Pull=newer";

fn units(when: &str, variant: &'static str, container: &str, least: usize) {
    if lacks(&UNITS) || container == PULLS && lacks(&QUADLET) {
        return;
    }
    let s = scratch(&format!("killed {when} each call: {variant} {container}"));
    Row { variant, container: container.to_owned() }.check(&s, when, least, nobody);
}

#[test]
fn a_unit_whose_agent_is_killed_before_any_call_is_updated_by_the_next_run() {
    units("before", GOOD, "", 3);
}

#[test]
fn a_unit_whose_agent_is_killed_after_any_call_is_updated_by_the_next_run() {
    units("after", GOOD, "", 3);
}

#[test]
fn a_unit_whose_agent_is_killed_before_any_call_is_taken_back_by_the_next_run_if_the_image_is_sick() {
    units("before", SICK, "", 5);
}

#[test]
fn a_unit_whose_agent_is_killed_after_any_call_is_taken_back_by_the_next_run_if_the_image_is_sick() {
    units("after", SICK, "", 5);
}

#[test]
fn a_unit_that_pulls_whose_agent_is_killed_before_any_call_is_updated_by_the_next_run() {
    units("before", GOOD, PULLS, 5);
}

#[test]
fn a_unit_that_pulls_whose_agent_is_killed_after_any_call_is_updated_by_the_next_run() {
    units("after", GOOD, PULLS, 5);
}

#[test]
fn a_unit_that_pulls_whose_agent_is_killed_before_any_call_is_taken_back_by_the_next_run_if_the_image_is_sick() {
    units("before", SICK, PULLS, 6);
}

#[test]
fn a_unit_that_pulls_whose_agent_is_killed_after_any_call_is_taken_back_by_the_next_run_if_the_image_is_sick() {
    units("after", SICK, PULLS, 6);
}

/// A member of a pod, with another one beside it.
fn member(variant: &'static str, least: usize) {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch(&format!("killed after each call, in a pod: {variant}"));
    s.push("side", "nohealth:v1");
    let pod = QuadletPod::write(&s, "pod", "");
    let side = Quadlet::start(&s, "side", &format!("{}\nEntrypoint=sleep\nExec=100000", pod.line()), "Restart=always");
    let started = |name: &str| {
        let found = s.host.inspect(name);
        format!("{} since {}", found["Id"], found["State"]["StartedAt"])
    };
    let neighbours = || format!("{}, {}", started(&format!("{}-infra", pod.name)), started(&side.name));
    Row { variant, container: pod.line() }.check(&s, "after", least, neighbours);
}

#[test]
fn a_member_of_a_pod_whose_agent_is_killed_after_any_call_is_updated_by_the_next_run_and_the_pod_goes_on() {
    member(GOOD, 3);
}

#[test]
fn a_member_of_a_pod_whose_agent_is_killed_after_any_call_is_taken_back_by_the_next_run_and_the_pod_goes_on() {
    member(SICK, 5);
}
