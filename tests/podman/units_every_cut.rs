//! A unit's rotation, its agent killed before and after each call that changes something, systemctl's and the engine's, until a run needs no kill. Each
//! time the next run ends what was begun: one container with the right image, the user's files as they were, nothing left over, a history that tells it.

use std::os::unix::fs::chown;
use std::path::PathBuf;

use serde_json::Value;

use super::quadlet::{LONG, Quadlet, QuadletPod};
use super::wants::{QUADLET, lacks};
use super::{FAST, scratch};
use crate::lab::{Action, Agent, Fault, FaultProxy, Outcome, Scratch, SystemctlProxy};

/// More calls of one kind no rotation has.
const MOST: usize = 15;
/// The user `op` of the lab's hosts.
const OP: u32 = 1000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Systemctl,
    Engine,
}

/// What is rotated, and where it is cut.
struct Row {
    /// The image that comes.
    variant: &'static str,
    /// More lines of the file.
    container: String,
    at: At,
}

impl Row {
    fn is_good(&self) -> bool {
        self.variant.starts_with("ok:")
    }

    fn pulls(&self) -> bool {
        self.container.contains("Pull=newer")
    }

    /// Cuts it everywhere. `least`: so many calls are known to be there. `neighbours`: what must be the same afterwards.
    fn check(&self, s: &Scratch, least: usize, neighbours: impl Fn() -> String) {
        let (mut cuts, mut problems) = (0, Vec::new());
        let mut is_reached = |when: &str, k: usize| {
            let before = neighbours();
            let (is_killed, found) = Cell::start(s, self, &format!("c{k}{}", &when[..1])).cut(when, k);
            problems.extend(found.into_iter().map(|problem| format!("killed {when} call {k}: {problem}")));
            let now = neighbours();
            if now != before {
                problems.push(format!("killed {when} call {k}: what is beside it was {before}, and is {now}"));
            }
            is_killed
        };
        while is_reached("before", cuts + 1) {
            assert!(is_reached("after", cuts + 1), "there was a call to be killed before, and none to be killed after");
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
    systemctl: SystemctlProxy,
    engine: FaultProxy,
    /// Where that one listens, as the host names it.
    socket: String,
    state_dir: PathBuf,
}

impl<'a> Cell<'a> {
    #[track_caller]
    fn start(s: &'a Scratch, row: &'a Row, name: &str) -> Self {
        s.push(name, "ok:v1");
        let web = Quadlet::start(s, name, &row.container, "Restart=always");
        let (old, digest) = (web.image(), s.push(name, row.variant));
        let socket = format!("{}/{name}.sock", s.host_dir());
        let engine = FaultProxy::start_at(&s.host.path(&socket), &s.host.socket());
        if s.host.is_rootless() {
            chown(engine.socket(), Some(OP), Some(OP)).expect("root gives files away"); // whose it is, is whose engine it is
        }
        let state_dir = PathBuf::from(format!("{}/state-{name}", s.host_dir()));
        Self { s, row, old, digest, systemctl: SystemctlProxy::install(s, name), engine, socket, state_dir, web }
    }

    fn agent(&self) -> Agent<'a> {
        self.s.host.wake();
        let agent = self.s.agent().on_host_as_owner().config(FAST).engine_flag(&format!("unix://{}", self.socket));
        agent.state_dir(&self.state_dir).finds_first(self.systemctl.folder())
    }

    fn now(&self) -> Outcome {
        self.agent().spawn(&["now", &self.web.name, "--json"]).wait(LONG)
    }

    /// Whether it was killed, and what is wrong after the next run.
    #[track_caller]
    fn cut(&self, when: &str, k: usize) -> (bool, Vec<String>) {
        match (self.row.at, when) {
            (At::Systemctl, _) => self.systemctl.kill(when, k),
            (At::Engine, "before") => self.engine.at(k, Fault::Before(Action::Kill)),
            (At::Engine, _) => self.engine.at(k, Fault::After(Action::Kill)),
        }
        let first = self.now();
        self.systemctl.forget();
        self.engine.forget();
        let is_old_there = self.s.host.api("GET", &format!("/images/{}/json", self.old)).0 == 200;
        let was_killed = is_killed(&first);
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
            problems.push(format!("systemctl: {:?}\nengine: {:?}", self.systemctl.calls(), self.engine.calls()));
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
        let calls =
            || (self.s.host.try_inspect(&self.web.name).unwrap_or_default()["Id"].clone(), self.systemctl.calls(), self.engine.calls());
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

/// Of SIGKILL: on the host that comes as what a shell makes of it.
fn is_killed(outcome: &Outcome) -> bool {
    outcome.was_killed() || outcome.status == Some(137)
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

fn units(test: &str, variant: &'static str, container: &str, at: At, least: usize) {
    if container == PULLS && lacks(&QUADLET) {
        return;
    }
    let s = scratch(test);
    Row { variant, container: container.to_owned(), at }.check(&s, least, nobody);
}

#[test]
fn a_unit_whose_agent_is_killed_at_any_systemctl_is_updated_by_the_next_run() {
    units("cut, good", GOOD, "", At::Systemctl, 1);
}

#[test]
fn a_unit_whose_agent_is_killed_at_any_systemctl_with_a_sick_image_goes_back_by_the_next_run() {
    units("cut, sick", SICK, "", At::Systemctl, 2);
}

#[test]
fn a_unit_that_pulls_and_whose_agent_is_killed_at_any_systemctl_is_updated_by_the_next_run() {
    units("cut, good, pulls", GOOD, PULLS, At::Systemctl, 3);
}

#[test]
fn a_unit_that_pulls_and_whose_agent_is_killed_at_any_systemctl_with_a_sick_image_goes_back_by_the_next_run() {
    units("cut, sick, pulls", SICK, PULLS, At::Systemctl, 3);
}

/// Has all calls that a unit without `Pull=` has.
#[test]
fn a_unit_whose_agent_is_killed_at_any_call_to_the_engine_is_updated_by_the_next_run() {
    units("call, good, pulls", GOOD, PULLS, At::Engine, 3);
}

#[test]
fn a_unit_whose_agent_is_killed_at_any_call_to_the_engine_with_a_sick_image_goes_back_by_the_next_run() {
    units("call, sick, pulls", SICK, PULLS, At::Engine, 4);
}

/// A member of a pod, with another one beside it.
fn member(test: &str, variant: &'static str, least: usize) {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch(test);
    s.push("side", "nohealth:v1");
    let pod = QuadletPod::write(&s, "pod", "");
    let side = Quadlet::start(&s, "side", &format!("{}\nEntrypoint=sleep\nExec=100000", pod.line()), "Restart=always");
    let started = |name: &str| {
        let found = s.host.inspect(name);
        format!("{} since {}", found["Id"], found["State"]["StartedAt"])
    };
    let neighbours = || format!("{}, {}", started(&format!("{}-infra", pod.name)), started(&side.name));
    Row { variant, container: pod.line(), at: At::Systemctl }.check(&s, least, neighbours);
}

#[test]
fn a_member_of_a_pod_whose_agent_is_killed_at_any_systemctl_is_updated_by_the_next_run_and_its_pod_goes_on() {
    member("cut, pod, good", GOOD, 1);
}

#[test]
fn a_member_of_a_pod_whose_agent_is_killed_at_any_systemctl_with_a_sick_image_goes_back_by_the_next_run_and_its_pod_goes_on() {
    member("cut, pod, sick", SICK, 2);
}
