//! Rotations at two engines that are asked for in the same moment, each by a question of its own at the daemon's socket.

use std::thread;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clients::{ENABLED, alone, entries, json as asked_for, unit};
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::Host;

/// A second question comes long before the first one's gate is over.
const GATE_SECONDS: f64 = 12.0;
const CONFIG: &str = "engines = [\"podman\", \"podman:op\"]\nmin_healthy = \"12s\"\ndeadline = \"60s\"\nschedule = \"0 0 1 1 *\"\n";

/// All lines of the daemon's answer, asked as `docs/socket.md` has it.
fn lines_of(host: &Host, name: &str) -> Vec<Value> {
    let body = json!({ "names": [name] }).to_string();
    let curl = ["curl", "-sSN", "--max-time", "280", "--unix-socket", "/run/rotate/rotate.sock", "http://rotate/v1/now", "-d", &body];
    let output = host.exec(&curl);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{name}: {why}: {line}"))).collect()
}

/// The engines at which something went on, each as often as that changed.
fn at_work(lines: &[Value]) -> Vec<&str> {
    let mut engines: Vec<&str> = lines.iter().filter_map(|line| line["progress"]["engine"].as_str()).collect();
    engines.dedup();
    engines
}

#[test]
fn of_two_engines_that_are_asked_in_the_same_moment_one_waits_until_the_other_is_done() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("atonce");
    let user = lingering(&s);
    let unit = unit(&s, "[\"podman\", \"podman:op\"]");
    unit.configure(CONFIG);
    s.push("web", "nohealth:v1");
    let old = [s.run("web", ENABLED), user.run("web", ENABLED)];
    s.push("web", "nohealth:v2");
    unit.start();
    let (host, web, engines) = (s.host, s.name("web"), ["podman", "podman:op"]);
    let names = engines.map(|engine| format!("{engine}/{web}"));
    let answers = thread::scope(|scope| {
        let questions = names.each_ref().map(|name| scope.spawn(move || lines_of(host, name)));
        questions.map(|question| question.join().expect("an answer"))
    });

    for (name, lines) in names.iter().zip(&answers) {
        let answer = &lines.last().expect("the answer is the last line")["answer"];
        assert_eq!((&answer["exit"], &answer["document"]["containers"][0]["verdict"]), (&json!(0), &json!("rotated")), "{name}: {lines:?}");
    }
    // Whoever waits is told of the other: by that is known that the second question did not come too late.
    let seen = answers.each_ref().map(|lines| at_work(lines));
    let waited = (0..engines.len()).find(|n| seen[*n].first() != Some(&engines[*n]));
    let second = waited.unwrap_or_else(|| panic!("neither waited for the other: {answers:?}"));
    let first = 1 - second;
    assert_eq!(seen[second], [engines[first], engines[second]], "one after the other: {answers:?}");

    let history = asked_for(&unit, &["history", &web]);
    let past = entries(&history, "rotations", &web);
    assert_eq!(
        past.iter().map(|(engine, _)| *engine).collect::<Vec<_>>(),
        [engines[second], engines[first]],
        "the newest first: {history}"
    );
    // Times of one form, so that their texts compare as they do.
    let (first_ended, second_began) = (past[1].1["ended_at"].as_str(), past[0].1["began_at"].as_str());
    assert!(first_ended.is_some() && first_ended <= second_began, "not even a pull before the first one's end: {history}");

    // As the engines have it.
    let described = [s.host.docker(&["inspect", &web]), user.ask(&["container", "inspect", &web])];
    let started = described.map(|text| {
        let all: Value = serde_json::from_str(&text).expect("JSON");
        assert!(all[0]["State"]["Running"] == true && old.iter().all(|id| all[0]["Id"] != id.as_str()), "{text}");
        all[0]["State"]["StartedAt"].as_str().and_then(|at| at.parse::<Timestamp>().ok()).expect("a time")
    });
    let between = started[second].duration_since(started[first]).as_secs_f64();
    assert!(between >= GATE_SECONDS, "started {between} s after the first one, which had to prove itself for {GATE_SECONDS} s");
}
