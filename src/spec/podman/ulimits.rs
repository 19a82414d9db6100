//! Limits of processes (`--ulimit`): which of them Podman gives by itself, and shows only once a container has been started.

use super::command::{Typed, parse};
use crate::spec::document::{Container, texts};

/// Every container has them from its start on: where nobody asked, what the engine's own process may have, and at most 1048576.
const GIVEN: [&str; 2] = ["RLIMIT_NOFILE", "RLIMIT_NPROC"];

/// True if Podman gives the container this limit, by its name in inspect, at the start: by the command that made it nobody asked for one.
///
/// What was asked for is shown from the creation on. Where there is no command that is all of them: nobody can tell what was asked for through the API
/// from what was given, and a successor is asked for whatever its predecessor has.
///
/// Source: `addRlimits` and `generateSpec` of Podman 4.3.1, 5.4.2 and 5.8.2. 4.3 gives them at the creation, and only beside one that was asked for.
pub fn is_given_at_start(container: Container<'_>, limit: &str) -> bool {
    let typed: Vec<&str> = texts(&container.config()["CreateCommand"]).collect();
    GIVEN.contains(&limit) && parse(&typed).is_ok_and(|(options, _)| !asks_for(&options, limit))
}

/// podman-run(1), `--ulimit`: `NAME=SOFT:HARD`, or several with commas between them. Beside the word `host` no limit counts.
fn asks_for(options: &[Typed<'_>], limit: &str) -> bool {
    let asked = || options.iter().filter(|option| option.name == "ulimit").filter_map(|option| option.value).flat_map(|all| all.split(','));
    let name = |asked: &str| asked.split('=').next().unwrap_or_default().to_ascii_uppercase();
    let is_it = |asked: &str| name(asked).trim_start_matches("RLIMIT_") == limit.trim_start_matches("RLIMIT_");
    asked().all(|asked| asked != "host") && asked().any(is_it)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_limit_is_given_at_the_start_if_a_command_made_the_container_and_does_not_name_it() {
        let is_given =
            |command: Value, limit: &str| is_given_at_start(Container(&json!({ "Config": { "CreateCommand": command } })), limit);
        let made_with = |options: &[&str]| json!([&["podman", "run", "-d"], options, &["web", "--ulimit=nproc=1"]].concat());
        for (options, files, processes) in [
            (&[][..], true, true),
            (&["--ulimit", "core=0"], true, true),
            (&["--ulimit", "nofile=100:200"], false, true),
            (&["--ulimit=nproc=100", "--ulimit=core=0"], true, false),
            (&["--ulimit=nproc=100:200,nofile=1:2"], false, false),
            // As it is written from 5.0 on.
            (&["--ulimit=RLIMIT_NOFILE=100"], false, true),
            (&["--ulimit=nofile=100", "--ulimit=host"], true, true),
        ] {
            let found = ["RLIMIT_NOFILE", "RLIMIT_NPROC"].map(|limit| is_given(made_with(options), limit));
            assert_eq!(found, [files, processes], "{options:?}");
        }
        assert!(!is_given(made_with(&[]), "RLIMIT_CORE"));
        let unreadable = json!(["podman", "run", "--future", "web"]);
        for command in [Value::Null, json!([]), unreadable] {
            assert!(!is_given(command.clone(), "RLIMIT_NOFILE"), "{command}");
        }
    }
}
