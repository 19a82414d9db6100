//! Calls that outlive their real deadlines, and land after the agent has given up on them: repeated, and nothing else is done meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy};

/// The longest deadline, of a start, and a rotation on a busy host.
const LONG: Duration = Duration::from_secs(300);

#[test]
fn a_call_that_lands_after_its_deadline_is_repeated_and_the_new_one_serves_alone() {
    thread::scope(|all| {
        for (name, call, deadline) in
            [("stop", "/stop", 30), ("update", "/update", 60), ("rename", "/rename", 60), ("start", "/start", 120)]
        {
            all.spawn(move || outlasts(name, call, Duration::from_secs(deadline)));
        }
    });
}

fn outlasts(name: &str, call: &str, deadline: Duration) {
    let s = scratch(&format!("overdue-{name}"));
    s.push("web", "nohealth:v1");
    let old = s.run("web", &["--restart", "always", "--stop-timeout", "1", "-v", &format!("{}:/data", s.name("data"))]);
    s.push("web", "nohealth:v2");
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at_path(call, 1, Fault::Before(Action::Overdue));
    let begun = Instant::now();
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).spawn(&["now", &s.name("web"), "--json"]).wait(LONG).exits(0);
    assert!(begun.elapsed() > deadline, "{name} was given up on after {:?}", begun.elapsed());
    assert_eq!(proxy.land(), None, "it was repeated: {outcome}");
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rotated", "{name}: {outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.policy == "always" && web.image == tagged(&s, "web"), "{name}: {web:?} {outcome}");
    let kept = look(&s, &leftovers(&s)[0]);
    assert!(kept.id == old && !kept.is_running && kept.policy == "no", "{name}: {kept:?} {outcome}");
}
