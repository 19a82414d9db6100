//! The fault proxy does the harm it was asked for, where it was asked for, and no other.

use std::{
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Output},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::lab::{Action, Fault, FaultProxy, Host, Scratch, wait_for};

/// A process that makes one call through the proxy and prints the answer's body and status.
fn call(socket: &Path, method: &str, path: &str, body: &str) -> Output {
    let url = format!("http://docker{path}");
    let args = ["-sS", "-m", "5", "-w", "\n%{http_code}", "-H", "Content-Type: application/json", "-X", method, "-d", body, &url];
    Command::new("curl").arg("--unix-socket").arg(socket).args(args).output().expect("curl can be started")
}

fn answer(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A test's corner with a proxy, and a call that creates a container; whether the engine has the container.
struct Stage {
    proxy: FaultProxy,
    scratch: Scratch,
}

impl Stage {
    fn new(test: &str) -> Stage {
        let scratch = Scratch::new(Host::shared(), test);
        scratch.push("web", "ok:one");
        scratch.host.docker(&["pull", "-q", &scratch.image("web")]);
        Stage { proxy: FaultProxy::start(&scratch.host.socket()), scratch }
    }

    /// `/v1.45`: as the engine's own client calls.
    fn version(&self) -> String {
        let says = self.scratch.host.api("GET", "/version").1;
        format!("/v{}", says["ApiVersion"].as_str().expect("an engine says which API it has"))
    }

    /// The answer to a call that creates what is there already.
    fn conflict(&self) -> &'static str {
        if self.scratch.host.has_podman() { "500" } else { "409" }
    }

    fn create(&self) -> Output {
        let path = format!("{}/containers/create?name={}", self.version(), self.scratch.name("web"));
        call(&self.proxy.socket(), "POST", &path, &serde_json::json!({ "Image": self.scratch.image("web") }).to_string())
    }

    fn is_created(&self) -> bool {
        self.scratch.host.try_inspect(&self.scratch.name("web")).is_some()
    }
}

#[test]
fn proxy_passes_calls_on_and_counts_the_mutating_ones() {
    let stage = Stage::new("proxy_passes_calls_on_and_counts_the_mutating_ones");
    let socket = stage.proxy.socket();
    assert!(answer(&call(&socket, "GET", &format!("{}/version", stage.version()), "")).contains("\"ApiVersion\":"));
    assert!(answer(&stage.create()).ends_with("201"));
    let image = stage.scratch.image("web");
    let pull = call(&socket, "POST", &format!("/images/create?fromImage={image}"), "");
    assert!(answer(&pull).ends_with("\n200"), "{pull:?}");
    let create = format!("POST /containers/create?name={}", stage.scratch.name("web"));
    assert_eq!(stage.proxy.calls(), [create.clone(), format!("POST /images/create?fromImage={image}")]);
    assert_eq!(stage.proxy.requests()[..2], ["GET /version".to_owned(), create]);
    assert_eq!((stage.proxy.count(), stage.proxy.done()), (2, 0));
}

#[test]
fn call_cut_before_does_not_reach_the_engine() {
    let stage = Stage::new("call_cut_before_does_not_reach_the_engine");
    stage.proxy.at(1, Fault::Before(Action::Cut));
    assert_eq!(stage.create().status.code(), Some(52)); // curl: the server returned nothing
    assert!(!stage.is_created());
    assert!(answer(&stage.create()).ends_with("201"), "the second call is not meant");
    assert_eq!((stage.proxy.count(), stage.proxy.done()), (2, 1));
}

#[test]
fn call_cut_after_reaches_the_engine() {
    let stage = Stage::new("call_cut_after_reaches_the_engine");
    stage.proxy.at(1, Fault::After(Action::Cut));
    assert_eq!(stage.create().status.code(), Some(52));
    assert!(stage.is_created());
}

#[test]
fn answer_cut_in_the_middle_is_no_answer_and_the_call_is_done() {
    let stage = Stage::new("answer_cut_in_the_middle_is_no_answer_and_the_call_is_done");
    stage.proxy.at(1, Fault::After(Action::Half));
    let told = answer(&stage.create());
    assert!(!told.contains("Warnings"), "the answer's last word: {told}");
    assert!(stage.is_created());
}

#[test]
fn call_that_lands_late_does_so_beside_its_repetition_or_when_it_is_told_to() {
    for killed in [false, true] {
        let stage = Stage::new("call_that_lands_late_does_so_beside_its_repetition_or_when_it_is_told_to");
        for is_repeated in [false, true] {
            stage.proxy.at(1, Fault::Before(if killed { Action::KillLate } else { Action::Late }));
            let output = stage.create();
            assert_eq!((output.status.code(), output.status.signal()), if killed { (None, Some(9)) } else { (Some(52), None) });
            assert!(!stage.is_created());
            if is_repeated {
                let answer = answer(&stage.create());
                assert!(answer.ends_with("201") || answer.ends_with(stage.conflict()), "one of the two: {answer}");
                assert_eq!(stage.proxy.land(), None, "it has landed");
            } else {
                assert_eq!(stage.proxy.land().as_deref(), Some("HTTP/1.1 201 Created"));
            }
            wait_for("it is created", Duration::from_secs(60), || stage.is_created().then_some(()));
            stage.scratch.host.docker(&["rm", &stage.scratch.name("web")]);
        }
    }
}

#[test]
fn held_call_goes_on_if_its_caller_still_waits_and_no_other_goes_on_meanwhile() {
    for (seconds, status, is_made) in [(1, Some(0), true), (6, Some(28), false)] {
        let stage = Stage::new("held_call_goes_on_if_its_caller_still_waits_and_no_other_goes_on_meanwhile");
        stage.proxy.at(1, Fault::Before(Action::Hold(Box::new(move || thread::sleep(Duration::from_secs(seconds))))));
        let begun = Instant::now();
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                wait_for("the call is held", Duration::from_secs(60), || (stage.proxy.done() == 1).then_some(()));
                while !answer(&call(&stage.proxy.socket(), "GET", "/_ping", "")).ends_with("200") {}
                begun.elapsed()
            });
            assert_eq!(stage.create().status.code(), status);
            let other = other.join().expect("the engine answers");
            assert!(other >= Duration::from_secs(seconds), "{other:?}");
        });
        assert_eq!(stage.is_created(), is_made);
    }
}

#[test]
fn caller_is_killed_before_and_after_its_call() {
    for (fault, reaches) in [(Fault::Before(Action::Kill), false), (Fault::After(Action::Kill), true)] {
        let stage = Stage::new("caller_is_killed_before_and_after_its_call");
        stage.proxy.at_path("/containers/create", 1, fault);
        assert_eq!(stage.create().status.signal(), Some(9));
        assert_eq!(stage.is_created(), reaches);
    }
}

#[test]
fn second_request_that_matches_gets_the_given_answer() {
    let stage = Stage::new("second_request_that_matches_gets_the_given_answer");
    stage.proxy.at_path("GET /info", 2, Fault::Before(Action::Status(500, "out of order".to_owned())));
    let ask = || answer(&call(&stage.proxy.socket(), "GET", "/info", ""));
    assert!(ask().ends_with("200"));
    assert_eq!(ask(), "{\"message\":\"out of order\"}\n500");
    assert!(ask().ends_with("200"));
}

#[test]
fn hanging_call_is_never_answered() {
    let stage = Stage::new("hanging_call_is_never_answered");
    stage.proxy.at(1, Fault::After(Action::Hang));
    assert_eq!(stage.create().status.code(), Some(28)); // curl: timeout
    assert!(stage.is_created());
}

#[test]
fn calls_of_one_kind_stay_unanswered_and_others_do_not() {
    let stage = Stage::new("calls_of_one_kind_stay_unanswered_and_others_do_not");
    stage.proxy.hang("POST /containers/create");
    for _ in 0..2 {
        assert_eq!(stage.create().status.code(), Some(28), "curl's own deadline");
    }
    assert!(!stage.is_created());
    assert!(answer(&call(&stage.proxy.socket(), "GET", "/_ping", "")).ends_with("200"));
}

#[test]
fn calls_of_one_kind_stay_refused_and_others_do_not() {
    let stage = Stage::new("calls_of_one_kind_stay_refused_and_others_do_not");
    stage.proxy.refuse("GET /info", 500, "out of order");
    let ask = |path| answer(&call(&stage.proxy.socket(), "GET", path, ""));
    for _ in 0..2 {
        assert_eq!(ask("/info"), "{\"message\":\"out of order\"}\n500");
    }
    assert!(ask("/_ping").ends_with("200"));
}

#[test]
fn another_hand_acts_between_two_calls() {
    let stage = Stage::new("another_hand_acts_between_two_calls");
    let (sender, receiver) = mpsc::channel();
    let (host, name, image) = (stage.scratch.host, stage.scratch.name("web"), stage.scratch.image("web"));
    let other_hand = move || sender.send(host.docker(&["create", "--name", &name, &image])).unwrap();
    stage.proxy.at(1, Fault::Before(Action::Run(Box::new(other_hand))));
    assert!(answer(&stage.create()).ends_with(stage.conflict()), "the name is taken");
    assert_eq!(host.inspect(&stage.scratch.name("web"))["Id"], receiver.recv().unwrap());
}
