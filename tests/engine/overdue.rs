//! Calls that outlive their real deadlines, and land after the agent has given up on them: repeated, and nothing else is done meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy, Scratch};

/// The longest deadline, of a start, and a rotation on a busy host.
const LONG: Duration = Duration::from_secs(300);

/// A call, which one of its kind, and its deadline in seconds.
struct Overdue {
    name: &'static str,
    call: &'static str,
    nth: usize,
    deadline: u64,
}

#[test]
fn a_call_that_lands_after_its_deadline_is_repeated_and_the_new_one_serves_alone() {
    let all = [
        Overdue { name: "pin", call: "/tag?", nth: 1, deadline: 60 },
        Overdue { name: "tag", call: "/tag?", nth: 2, deadline: 60 },
        Overdue { name: "create", call: "/containers/create", nth: 1, deadline: 60 },
        Overdue { name: "stop", call: "/stop", nth: 1, deadline: 30 },
        Overdue { name: "update", call: "/update", nth: 1, deadline: 60 },
        Overdue { name: "rename", call: "/rename", nth: 1, deadline: 60 },
        Overdue { name: "start", call: "/start", nth: 1, deadline: 120 },
    ];
    thread::scope(|scope| {
        for call in &all {
            scope.spawn(|| {
                let (s, old) = overdue(call, FAST, "nohealth:v2", "rotated", 0);
                let kept = look(&s, &leftovers(&s)[0]);
                assert!(kept.id == old && !kept.is_running && kept.policy == "no", "{}: {kept:?}", call.name);
            });
        }
    });
}

#[test]
fn a_removal_that_lands_after_its_deadline_is_repeated_and_nothing_is_left_over() {
    let call = Overdue { name: "remove", call: "DELETE /containers/", nth: 1, deadline: 60 };
    let (s, old) = overdue(&call, &format!("{FAST}keep_old = \"0s\"\n"), "nohealth:v2", "rotated", 0);
    assert_eq!(leftovers(&s), Vec::<String>::new());
    assert_ne!(look(&s, &s.name("web")).id, old);
}

#[test]
fn a_stop_of_a_sick_one_that_lands_after_its_deadline_is_repeated_and_the_old_one_serves_alone() {
    let call = Overdue { name: "back", call: "/stop", nth: 2, deadline: 30 };
    let (s, old) = overdue(&call, FAST, "sick:v2", "rolled_back", 1);
    assert_eq!(look(&s, &s.name("web")).id, old);
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

/// Rotates with that call overdue; it has to end like this all the same. The test's folder, and the old container's id.
fn overdue(of: &Overdue, config: &str, image: &str, verdict: &str, code: i32) -> (Scratch, String) {
    let s = scratch(&format!("overdue-{}", of.name));
    s.push("web", "nohealth:v1");
    let old = s.run("web", &["--restart", "always", "--stop-timeout", "1", "-v", &format!("{}:/data", s.name("data"))]);
    s.push("web", image);
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at_path(of.call, of.nth, Fault::Before(Action::Overdue));
    let begun = Instant::now();
    let outcome = s.agent().engine(&proxy.socket()).config(config).spawn(&["now", &s.name("web"), "--json"]).wait(LONG).exits(code);
    assert!(begun.elapsed() > Duration::from_secs(of.deadline), "{} was given up on after {:?}", of.name, begun.elapsed());
    assert_eq!(proxy.done(), 1, "{}: {outcome}", of.name);
    assert_eq!(proxy.land(), None, "it was repeated: {outcome}");
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], verdict, "{}: {outcome}", of.name);
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.policy == "always" && web.image == tagged(&s, "web"), "{}: {web:?} {outcome}", of.name);
    (s, old)
}
