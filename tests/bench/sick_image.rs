//! How long a service is down when its new image is sick: at most twice the bare sequence, plus the time that the gate needs to see it.
//!
//! Sick image and bare sequence alternate on one host; a probe asks every 5 ms. The image serves nothing and its HEALTHCHECK fails. The gate's time
//! is the engine's own: from the start of the sick container to the signal that ends it. Run by `tests/bench/run`.

mod by_hand;
#[path = "../lab/mod.rs"]
mod lab;

use std::time::Duration;

use by_hand::{by_hand, measured, median, service};
use lab::{Host, Scratch};

const ROUNDS: usize = 10;
const AT_MOST: f64 = 2.0;

fn main() {
    let s = Scratch::alone(Host::shared(), "sick");
    let address = service(&s, "always");
    let (mut sick, mut bare) = (Vec::new(), Vec::new());
    println!("round  sick image  of it the gate  the rest     bare");
    for round in 0..ROUNDS {
        let page = if round % 2 == 0 { "b" } else { "a" };
        s.push("web", &format!("nohealth:{page}"));
        let by_hand = measured(&address, page, || by_hand(&s).unwrap_or_else(|why| panic!("the bare sequence: {why}")));

        s.push_with("web", &format!("sick:{round}"), r#"{"Cmd": ["trap 'exit 0' TERM; sleep 3600 & wait"]}"#);
        let began = now(&s);
        let down = measured(&address, page, || drop(s.agent().config("keep_old = \"0s\"\n").run(&["now", &s.name("web"), "-q"]).exits(1)));
        let gate = gate_time(&s, &began);
        let rest = down.saturating_sub(gate);
        println!(
            "{round:>5} {:>8} ms {:>12} ms {:>6} ms {:>5} ms",
            down.as_millis(),
            gate.as_millis(),
            rest.as_millis(),
            by_hand.as_millis()
        );
        sick.push(rest);
        bare.push(by_hand);
    }
    let (sick, bare) = (median(sick), median(bare));
    let ratio = sick.as_secs_f64() / bare.as_secs_f64();
    println!("median, without the gate: {} ms, bare {} ms   ratio {ratio:.2} (at most {AT_MOST:.2})", sick.as_millis(), bare.as_millis());
    assert!(ratio <= AT_MOST, "down for {ratio:.2} times the bare sequence, the gate's time left out");
}

fn now(s: &Scratch) -> String {
    let output = s.host.exec(&["date", "+%s.%N"]);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// From the start of the sick container, the first that was started since, to the first signal to it.
fn gate_time(s: &Scratch, since: &str) -> Duration {
    let format = "{{.TimeNano}} {{.Action}} {{.Actor.ID}}";
    let filters = ["--filter", "event=start", "--filter", "event=kill"];
    let events = s.host.docker(&[&["events", "--since", since, "--until", &now(s), "--format", format][..], &filters].concat());
    let mut events = events.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let started = events.find(|event| event[1] == "start").expect("the sick container was started");
    let ended = events.find(|event| event[1] == "kill" && event[2] == started[2]).expect("the sick container was stopped");
    let nanos = |event: &[&str]| event[0].parse::<u64>().expect("a time in nanoseconds");
    Duration::from_nanos(nanos(&ended) - nanos(&started))
}
