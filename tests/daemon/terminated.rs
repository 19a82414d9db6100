//! SIGTERM before and after each call to the engine of a rotation: the daemon comes to rest with one container running, and the next one goes on.

use std::io::Read;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{CONFIG, SOON, ask, begun, daemon, id, names, send, socket, state, text};
use crate::lab::{Action, Fault, FaultProxy, Host, Scratch, policy, policy_of, wait_for};

/// Half of what the unit allows (`TimeoutStopSec`).
const REST: Duration = Duration::from_secs(90);

#[test]
fn an_update_asked_to_stop_before_any_call_is_finished_by_the_next_start() {
    at_every_call("ok:v2", Fault::Before);
}

#[test]
fn an_update_asked_to_stop_after_any_call_is_finished_by_the_next_start() {
    at_every_call("ok:v2", Fault::After);
}

#[test]
fn a_sick_image_asked_to_stop_before_any_call_is_rolled_back_by_the_next_start() {
    at_every_call("sick:v2", Fault::Before);
}

#[test]
fn a_sick_image_asked_to_stop_after_any_call_is_rolled_back_by_the_next_start() {
    at_every_call("sick:v2", Fault::After);
}

/// Asks to stop at call 1, 2, …, until a rotation makes fewer calls.
fn at_every_call(image: &str, when: fn(Action) -> Fault) {
    let calls = (1..).take_while(|k| case(image, *k, when)).count();
    println!("{image}: asked to stop at each of {calls} calls");
    assert!(calls >= 8, "an update takes 8 calls: {calls}");
}

/// True if there was a k-th call.
fn case(image: &str, k: usize, when: fn(Action) -> Fault) -> bool {
    let s = Scratch::new(Host::shared(), &format!("{image}, asked to stop at call {k}"));
    let web = s.name("web");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", policy("always")]);
    s.push("web", image);
    let old = id(&s);
    let proxy = FaultProxy::start(&s.host.socket());
    let running = begun(&s, s.agent().engine(&proxy.socket()).config(CONFIG).spawn(&["daemon", "--socket", &text(&socket(&s))]));
    let pid = state(&s)["pid"].as_i64().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a process id");
    proxy.at(k, when(Action::Run(Box::new(move || kill_process(pid, Signal::TERM).expect("the daemon runs")))));
    let mut client = send(&s, "POST", "/v1/now", &json!({ "names": [web] }).to_string());
    let told = thread::spawn(move || {
        let mut told = String::new();
        client.read_to_string(&mut told).map(|_| told)
    });
    wait_for("the daemon has answered", REST, || told.is_finished().then_some(()));
    let was_asked = proxy.done() > 0;
    if !was_asked {
        running.signal(Signal::TERM);
    }
    let outcome = running.wait(REST).exits(0);
    let call = proxy.calls().into_iter().nth(k - 1);
    let told = told.join().expect("a reader").expect("an answer");
    let context = format!("{image}, asked to stop at call {k} ({call:?})\n{outcome}\n{told}");
    assert!(told.contains("\"answer\"") && !socket(&s).exists(), "{context}");
    assert_eq!(names(&s, true), [web.as_str()], "one runs, and under its name: {context}");
    assert_eq!(policy_of(&s.host.inspect(&web)), policy("always"), "a boot would start it: {context}");

    // Before the switch it is taken back, and begun anew when its time comes; from then on the next start goes on with it.
    let is_taken_back = verdict(&s.agent().config(CONFIG).run(&["history", &web, "--json"]).json()) == "withdrawn";
    if is_taken_back {
        assert_eq!((id(&s), names(&s, false).len()), (old.clone(), 1), "as if nothing had been: {context}");
    }
    let _next = daemon(&s, CONFIG);
    if is_taken_back {
        ask(&s, &["now", &web]);
    }
    let is_sick = image.starts_with("sick");
    let wanted = if is_sick { "rolled_back" } else { "rotated" };
    wait_for(&format!("it is {wanted}: {context}"), SOON, || {
        let history = ask(&s, &["history", &web, "--json"]).json();
        (verdict(&history) == wanted && state(&s)["is_busy"] == false).then_some(())
    });
    check(&s, &old, is_sick, &context);
    was_asked
}

fn verdict(history: &Value) -> String {
    history["rotations"][0]["verdict"].as_str().unwrap_or_default().to_owned()
}

fn check(s: &Scratch, old: &str, is_sick: bool, context: &str) {
    let web = s.host.inspect(&s.name("web"));
    assert_eq!(web["State"]["Running"], true, "{context}");
    assert_eq!(policy_of(&web), policy("always"), "{context}");
    assert_eq!(web["Id"] == old, is_sick, "{context}");
    let (_, tagged) = s.host.api("GET", &format!("/images/{}/json", s.image("web")));
    assert_eq!(web["Image"], tagged["Id"], "the tag points to what runs: {context}");
    assert_eq!(names(s, true), [s.name("web")], "{context}");
    let others: Vec<String> = names(s, false).into_iter().filter(|name| *name != s.name("web")).collect();
    if is_sick {
        assert_eq!(others, Vec::<String>::new(), "nothing is left over: {context}");
    } else {
        assert!(others.len() == 1 && others[0].contains(".rotate-old-"), "only the kept one: {others:?} {context}");
        assert_eq!(s.host.inspect(&others[0])["Id"], old, "{context}");
    }
    let rotations = ask(s, &["history", &s.name("web"), "--json"]).json();
    let ended = rotations["rotations"].as_array().into_iter().flatten().filter(|past| past["verdict"] != "withdrawn").count();
    assert_eq!(ended, 1, "once: {rotations} {context}");
}
