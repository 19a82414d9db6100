//! Containers that are not rotated, because something hangs on their id or they go when they stop.

use crate::case::{Case, Proof, held};
use crate::scratch;
use crate::walk::own;

pub const CASES: [Case; 5] = [
    held("--rm", &["--rm"], "removed_on_exit"),
    held("--link", &["--link", "{other}:friend"], "linked_to"),
    held("--network", &["--network", "container:{other}"], "shares_namespace"),
    held("--ipc", &["--ipc", "container:{other}"], "shares_namespace"),
    held("--pid", &["--pid", "container:{other}"], "shares_namespace"),
];

#[test]
fn what_hangs_on_another_containers_id_is_held_with_the_reason() {
    let s = scratch("tied");
    s.push("web", "nohealth:v1");
    let run = |name: &str, args: &[&str]| {
        s.host.docker(&[&["run", "-d", "--name", &s.name(name)], args, &[&s.image("web"), "while :; do sleep 0.1; done"]].concat())
    };
    run("other", &["--ipc", "shareable"]);
    let name = |n: usize| format!("web{n}");
    for (n, case) in CASES.iter().enumerate() {
        let Proof::Held { args, .. } = case.proof else { continue };
        let args: Vec<String> = args.iter().map(|word| own(&s, word)).collect();
        run(&name(n), &args.iter().map(String::as_str).collect::<Vec<_>>());
    }
    s.push("web", "nohealth:v2");
    let names: Vec<String> = (0..CASES.len()).map(|n| s.name(&name(n))).collect();
    let mut args = vec!["now", "--json"];
    args.extend(names.iter().map(String::as_str));
    let document = s.rotate(&args).json();
    for (case, name) in CASES.iter().zip(&names) {
        let Proof::Held { code, .. } = case.proof else { continue };
        let entry = document["containers"].as_array().and_then(|all| all.iter().find(|entry| entry["name"] == *name)).expect("an entry");
        assert!(entry.to_string().contains(&format!("\"{code}\"")), "{}: {entry}", case.option);
    }
}
