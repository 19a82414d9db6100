//! Names and labels at the edge of what an engine takes, and text that would do something to a terminal.

use super::{FAST, Scratch, entry, leftovers, look, now, scratch};

/// Sets a terminal's title, clears its screen, turns the text around, and begins a line that looks like ours.
const HARM: &str = "\u{1b}]0;taken\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r\nerror: all is lost";

#[track_caller]
fn is_harmless(text: &str) {
    let is_harm = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
    assert_eq!(text.chars().filter(is_harm).collect::<String>(), "", "{text:?}");
    assert!(!text.contains("\nerror: all is lost"), "{text}");
}

#[test]
fn names_with_every_character_that_an_engine_allows_are_rotated() {
    let s = scratch("names");
    let every: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("_.-".chars()).collect();
    let names = [every.as_str(), "0.", "-_.", "a--b..c__d", "web.rotate-old", "x-old"];
    s.push("image", "nohealth:v1");
    s.host.docker(&["pull", "-q", &s.image("image")]);
    for name in names {
        s.host.docker(&["run", "-d", "--name", &s.name(name), &s.image("image")]);
    }
    let before = names.map(|name| look(&s, &s.name(name)).id);
    s.push("image", "nohealth:v2");
    now(&s, &names, &[]).exits(0);
    for (name, old) in names.iter().zip(before) {
        let web = look(&s, &s.name(name));
        assert!(web.is_running && web.id != old, "{name}");
    }
    assert_eq!(leftovers(&s).iter().filter(|name| name.contains(".rotate-old-")).count(), names.len());
    s.rotate(&["rollback", &s.name(&every)]).exits(0);
}

#[test]
fn a_name_as_long_as_a_page_is_rotated_and_one_that_dns_takes_is_still_found() {
    let s = scratch("long");
    let network = s.name("net");
    s.host.docker(&["network", "create", &network]);
    // Docker sets no limit (seen: 4,000 characters on 26.1); its DNS answers for labels of at most 63, which our temporary names exceed.
    let room = 63 - s.name("").len();
    let names = ["n".repeat(room), "n".repeat(200), "n".repeat(1000)];
    s.push("image", "nohealth:v1");
    s.host.docker(&["pull", "-q", &s.image("image")]);
    for name in &names {
        s.host.docker(&["run", "-d", "--network", &network, "--name", &s.name(name), &s.image("image")]);
    }
    s.push("image", "nohealth:v2");
    now(&s, &names.each_ref().map(String::as_str), &[]).exits(0);
    assert_eq!(leftovers(&s).len(), names.len());
    let url = format!("http://{}/", s.name(&names[0]));
    assert_eq!(
        s.host.docker(&["run", "--rm", "--network", &network, "--name", &s.name("ask"), &s.image("image"), &format!("wget -qO- {url}")]),
        "v2"
    );
}

#[test]
fn five_thousand_labels_are_carried_over() {
    let s = scratch("labels");
    s.push("web", "nohealth:v1");
    let mine: Vec<String> = (0..5000).map(|n| format!("--label=mine.{n}=value {n}")).collect();
    let mut options: Vec<&str> = mine.iter().map(String::as_str).collect();
    let odd = ["--label=odd.empty=", "--label=odd.unicode=über 値 🚀", "--label=odd.lines=one\ntwo", "--label=odd=\u{1b}[31mred"];
    options.extend(odd);
    s.run("web", &options);
    let before = s.host.inspect(&s.name("web"));
    s.push("web", "nohealth:v2");
    now(&s, &["web"], &[]).exits(0);
    let after = s.host.inspect(&s.name("web"));
    assert_ne!(after["Id"], before["Id"]);
    let (before, after) = (&before["Config"]["Labels"], &after["Config"]["Labels"]);
    let is_own = |key: &str| key.starts_with("mine.") || key.starts_with("odd");
    let own: Vec<_> = before.as_object().into_iter().flatten().filter(|(key, _)| is_own(key)).collect();
    assert_eq!(own.len(), 5004);
    assert!(own.iter().all(|(key, value)| after[key.as_str()] == **value));
    assert_eq!(after["org.opencontainers.image.version"], "v2", "the new image's labels come through");
}

/// A container whose labels, log and restart are all harmful; it is held, rolled back and shown.
fn harmful(s: &Scratch) {
    s.push("bad", "nohealth:v1");
    s.run("bad", &["--label", &format!("rotate.keep_old={HARM}")]);
    s.push("log", "nohealth:v1");
    s.run("log", &["--label", &format!("note={HARM}"), "-e", &format!("NOTE={HARM}")]);
    let shout = r"printf '\033]0;taken\007\033[2J\302\23331m\342\200\256\r\nerror: all is lost\n'; exit 1";
    s.push_with("log", "nohealth:v2", &serde_json::json!({ "Cmd": [shout] }).to_string());
}

#[test]
fn foreign_text_is_never_printed_raw() {
    let s = scratch("terminal");
    harmful(&s);
    let (bad, log) = (s.name("bad"), s.name("log"));
    let outcome = s.agent().config(FAST).run(&["now", &bad, &log, "-v"]).exits(1);
    assert!(outcome.stdout.contains("rotate.keep_old") && outcome.stderr.contains("all is lost"), "both are told: {outcome}");
    let json = s.agent().config(FAST).run(&["now", "--retry", &bad, &log, "--json"]).exits(1);
    let told = entry(&json, &log)["log"].to_string();
    assert!(told.contains("all is lost"), "a program gets it as it was: {told}");
    for outcome in [outcome, json, s.rotate(&["status"]), s.rotate(&["plan", &bad, &log]), s.rotate(&["now", HARM])] {
        is_harmless(&outcome.stdout);
        is_harmless(&outcome.stderr);
    }
}
