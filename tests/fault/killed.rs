//! Kills at every call, for a good and a sick image, under two restart policies, and on the way back that a person asks for.

use std::sync::{Mutex, Once};
use std::thread;

use serde_json::Value;

use crate::lab::{Action, Fault, FaultProxy, Host, Outcome, Scratch};

const FAST: &str = "min_healthy = \"300ms\"\n";
/// Cases at the same time: they wait more than they work.
const AT_ONCE: usize = 2;

/// Serves while it holds a lock on its volume, and leaves a mark there if another has the lock: two never run on one volume.
const ALONE: &str = "b=/bin/busybox; trap '$b rmdir /data/lock; exit 0' TERM; $b mkdir /data/lock || touch /data/two; \
                     $b httpd -f -p 80 -h /www & wait";

const SECOND: &str = "rotate-second";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    /// `rotate now` to a good image.
    Update,
    /// `rotate now` to an image that never gets healthy.
    Sick,
    /// The same, where the policy is that it stays.
    Stay,
    /// `rotate rollback` after an update.
    Rollback,
    /// `rotate now --dry-run`.
    DryRun,
}

#[test]
fn an_update_killed_at_any_call_is_finished_by_the_next_run_under_always() {
    at_every_call(Job::Update, "always");
}

#[test]
fn an_update_killed_at_any_call_is_finished_by_the_next_run_under_no() {
    at_every_call(Job::Update, "no");
}

#[test]
fn a_sick_image_killed_at_any_call_is_rolled_back_by_the_next_run_under_always() {
    at_every_call(Job::Sick, "always");
}

#[test]
fn a_sick_image_killed_at_any_call_is_rolled_back_by_the_next_run_under_no() {
    at_every_call(Job::Sick, "no");
}

#[test]
fn a_sick_image_that_stays_killed_at_any_call_stays_after_the_next_run() {
    at_every_call(Job::Stay, "always");
}

#[test]
fn a_rollback_killed_at_any_call_is_finished_by_the_next_run() {
    at_every_call(Job::Rollback, "always");
}

#[test]
fn a_dry_run_killed_at_any_call_is_cleaned_up_by_the_next_one() {
    at_every_call(Job::DryRun, "always");
}

/// Kills at call 1, 2, …, before and after it, until a run needs no kill.
fn at_every_call(job: Job, policy: &str) {
    let next = Mutex::new(1_usize);
    let survived = Mutex::new(None::<usize>);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let k = {
                        let mut next = next.lock().expect("no case panicked");
                        let k = *next;
                        *next += 1;
                        k
                    };
                    if survived.lock().expect("no case panicked").is_some_and(|last| k > last) {
                        return;
                    }
                    let before = case(job, policy, k, Fault::Before(Action::Kill), "before");
                    let after = case(job, policy, k, Fault::After(Action::Kill), "after");
                    if !(before || after) {
                        let mut survived = survived.lock().expect("no case panicked");
                        *survived = Some(survived.map_or(k, |last| last.min(k)));
                        return;
                    }
                }
            });
        }
    });
    let calls = survived.into_inner().expect("no case panicked").expect("some run needed no kill") - 1;
    println!("{job:?} under {policy}: killed before and after each of {calls} calls");
    assert!(calls >= if job == Job::DryRun { 4 } else { 8 }, "an update takes 8 calls, a dry run 4: {calls}");
}

/// One run with a kill at the k-th call, one without. True if the kill was needed.
fn case(job: Job, policy: &str, k: usize, fault: Fault, when: &str) -> bool {
    let s = Scratch::new(Host::shared(), &format!("{job:?}, {policy}, killed {when} call {k}"));
    let start = Start::new(&s, job, policy);
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at(k, fault);
    let web = s.name("web");
    let now: &[&str] = if job == Job::DryRun { &["now", "--dry-run", &web] } else { &["now", &web] };
    let command = if job == Job::Rollback { &["rollback", &web] } else { now };
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(command);
    let was_killed = proxy.done() > 0;
    assert_eq!(was_killed, outcome.was_killed(), "{outcome}");
    if was_killed {
        start.check_never_two(&s);
    }
    let again = s.agent().config(FAST).run(now);
    let context = format!("{job:?}, {policy}, killed {when} call {k} ({:?})\n{outcome}\n{again}", proxy.calls().last());
    start.check(&s, job, policy, &again, &context);
    was_killed
}

/// What was there before.
struct Start {
    id: String,
    image: String,
}

impl Start {
    fn new(s: &Scratch, job: Job, policy: &str) -> Self {
        let config = |more: &str| format!(r#"{{"Cmd": ["{ALONE}"], "Volumes": {{"/data": {{}}{more}}}}}"#);
        s.push_with("web", "ok:v1", &config(""));
        let failure = if job == Job::Stay { "rotate.on_failure=stay" } else { "rotate.on_failure=rollback" };
        let id = s.run("web", &["--restart", policy, "--label", failure]);
        // A second network: where a create takes one only, there is a call more at which to die. One for all cases: 20.10 makes two of a name.
        static MADE: Once = Once::new();
        MADE.call_once(|| drop(s.host.try_docker(&["network", "create", SECOND]))); // it may be there since an earlier run
        s.host.docker(&["network", "connect", "--alias", "www", SECOND, &s.name("web")]);
        s.host.docker(&["exec", &s.name("web"), "touch", "/data/mine"]);
        let image = s.host.inspect(&id)["Image"].as_str().unwrap_or_default().to_owned();
        s.push_with("web", if matches!(job, Job::Sick | Job::Stay) { "sick:v2" } else { "ok:v2" }, &config(r#", "/extra": {}"#));
        if job == Job::Rollback {
            s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
        }
        Self { id, image }
    }

    /// Right after the kill: at most one of the two runs.
    fn check_never_two(&self, s: &Scratch) {
        let running = names(s, true);
        assert!(running.len() <= 1, "{running:?}");
    }

    fn check(&self, s: &Scratch, job: Job, policy: &str, again: &Outcome, context: &str) {
        let web = s.host.inspect(&s.name("web"));
        let image = |name: &str| s.host.api("GET", &format!("/images/{name}/json")).1;
        assert_eq!(web["State"]["Running"], true, "{context}");
        assert_eq!(web["HostConfig"]["RestartPolicy"]["Name"], policy, "{context}");
        assert_eq!(web["Image"], image(&s.image("web"))["Id"], "the tag points to what runs: {context}");
        let networks: Vec<&String> = web["NetworkSettings"]["Networks"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
        assert_eq!(networks, ["bridge", SECOND], "{context}");
        assert_eq!(web["Id"] == self.id.as_str(), !matches!(job, Job::Update | Job::Stay), "{context}");
        let data = "test -e /data/mine || echo lost; ! test -e /data/two || echo two ran on one volume";
        assert_eq!(s.host.docker(&["exec", &s.name("web"), "sh", "-c", data]), "", "{context}");

        let others: Vec<String> = names(s, false).into_iter().filter(|name| *name != s.name("web")).collect();
        let is_pinned = image(&self.image)["RepoTags"].to_string().contains("localhost/rotate/keep:");
        match job {
            Job::Update | Job::Stay => {
                assert!(others.len() == 1 && others[0].contains(".rotate-old-"), "only the kept one: {others:?} {context}");
                let kept = s.host.inspect(&others[0]);
                assert_eq!((&kept["Id"], &kept["State"]["Running"]), (&Value::from(self.id.as_str()), &Value::from(false)), "{context}");
                assert_eq!(kept["HostConfig"]["RestartPolicy"]["Name"], "no", "{context}");
                assert!(is_pinned, "{context}");
            }
            Job::Sick | Job::Rollback | Job::DryRun => {
                assert_eq!(others, Vec::<String>::new(), "{context}");
                assert!(!is_pinned, "{context}");
                let mounts = web["Mounts"].as_array().map_or(0, Vec::len);
                assert_eq!(mounts, 1, "{context}");
            }
        }
        assert!(again.status.is_some_and(|code| code <= 1), "{context}");
    }
}

/// Names of this test's containers.
pub fn names(s: &Scratch, only_running: bool) -> Vec<String> {
    let (_, all) = s.host.api("GET", &format!("/containers/json?all={}", !only_running));
    let names = all.as_array().into_iter().flatten().filter_map(|container| container["Names"][0].as_str());
    names.map(|name| name.trim_start_matches('/').to_owned()).filter(|name| name.starts_with(&s.name("web"))).collect()
}
