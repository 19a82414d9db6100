//! What a person types, and what comes back: usage, configuration, pipes, documents.

use super::{FAST, now, scratch};
use crate::lab::Scratch;

#[test]
fn a_wrong_flag_is_usage_and_help_is_not() {
    let s = scratch("usage");
    s.rotate(&["now", "--frobnicate"]).exits(2);
    s.rotate(&["rollback"]).exits(2);
    s.rotate(&["--help"]).exits(0);
    s.rotate(&["--version"]).exits(0);
}

#[test]
fn an_unknown_key_ends_with_78_and_names_file_line_and_key() {
    let s = scratch("config");
    let outcome = s.agent().config("keep_old = \"1h\"\nmin_helthy = \"1s\"\n").run(&["now"]).exits(78);
    assert!(outcome.stderr.contains("rotate.toml:2:1: unknown key `min_helthy`"), "{outcome}");
    assert!(outcome.stderr.contains("did you mean `min_healthy`?"), "{outcome}");
}

#[test]
fn in_a_pipe_there_is_a_line_a_container_and_no_colour() {
    let s = scratch("pipe");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    s.push("web", "nohealth:v2");
    let outcome = now(&s, &["web"], &[]).exits(0);
    let expected = format!("{}  {}  rotated in ", s.name("web"), s.image("web"));
    assert!(outcome.stdout.starts_with(&expected) && outcome.stdout.lines().count() == 1, "{outcome}");
    assert!(!outcome.stdout.contains('\u{1b}') && !outcome.stderr.contains('\u{1b}'), "{outcome}");
    assert!(outcome.stderr.contains("rotate.service is not enabled here"), "{outcome}");

    let outcome = s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!(outcome.stdout, format!("{}  {}  up to date\n", s.name("web"), s.image("web")));
}

#[test]
fn every_document_has_a_version() {
    let s = scratch("json");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    for args in [vec!["status", "--json"], vec!["plan", "--json"], vec!["now", "--json", &s.name("web")]] {
        assert_eq!(s.rotate(&args).exits(0).json()["version"], 1, "{args:?}");
    }
}

#[test]
fn man_pages_and_completions_come_from_the_program() {
    let s = scratch("generate");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().to_str().expect("UTF-8");
    s.rotate(&["generate", "man", path]).exits(0);
    for (page, says) in [("rotate.1", "rotate\\-now(1)"), ("rotate-now.1", "\\-\\-dry\\-run"), ("rotate-rollback.1", "predecessor")] {
        let text = std::fs::read_to_string(dir.path().join(page)).expect(page);
        assert!(text.starts_with(".ie") && text.contains(says), "{page}: {text}");
    }
    let keys = std::fs::read_to_string(dir.path().join("rotate.toml.5")).expect("the page of the configuration");
    assert!(rotate::config::KEYS.iter().all(|key| keys.contains(key.rsplit('.').next().unwrap_or(key))), "{keys}");
    for shell in ["bash", "zsh", "fish"] {
        let script = s.rotate(&["generate", "completions", shell]).exits(0).stdout;
        assert!(script.contains("dry-run") && script.contains("rollback"), "{script}");
    }
    let outcome = s.rotate(&["generate", "man", "/nonexistent/dir"]).exits(1);
    assert!(outcome.stderr.starts_with("error: cannot write /nonexistent/dir"), "{outcome}");
}

/// What `rotate now NAME` says on a terminal of 120 columns, escapes and all. util-linux's `script` is the terminal.
fn on_a_terminal(s: &Scratch, name: &str) -> String {
    let terminal = ["sh", "-c", "exec script -qec \"stty cols 120; exec $*\" /dev/null", "_"].map(str::to_owned).to_vec();
    let agent = s.agent().config("min_healthy = \"3s\"\n").env("TERM", "xterm").under(terminal);
    agent.run(&["now", &s.name(name)]).exits(0).stdout
}

#[test]
fn a_terminal_shows_bytes_steps_and_the_gate_counting_and_a_pipe_does_not() {
    let s = scratch("live");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    s.push("web", "heavy:v2");
    let said = on_a_terminal(&s, "web");
    let name = s.name("web");
    // Podman tells nothing of how much it has pulled.
    let pulled: &[&str] = if s.host.has_podman() { &["pull the new image"] } else { &["pulling, ", " MiB of 24.00 MiB"] };
    for part in pulled.iter().chain(&["stop the old container", "not well yet, ", "well for 0 s of 3 s"]) {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(["well for 1 s of 3 s", "well for 2 s of 3 s"].iter().any(|part| said.contains(part)), "it does not count: {said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains("rotated in") && !last.contains("well for"), "{said}");

    s.push("web", "heavy:v3");
    let outcome = now(&s, &["web"], &[]).exits(0);
    assert!(outcome.stderr.contains(&format!("{name}: stop the old container")), "{outcome}");
    assert!(["\u{1b}", "\r", "well for", "pulling, "].iter().all(|part| !outcome.stderr.contains(part)), "{outcome}");
}
