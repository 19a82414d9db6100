//! `rotate config check` and `rotate config show`, as a process. No engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use rotate::config::{Config, KEYS};
use serde_json::{Value, json};

const DEFAULTS: &str = r#"# engine is not set            # default
# engines is not set           # default
state_dir = "/var/lib/rotate"  # default
log_level = "info"             # default
schedule = "0 4 * * *"         # default
# time_zone is not set         # default
jitter = "0s"                  # default
catch_up = true                # default
select = "labelled"            # default
mode = "rotate"                # default
min_age = "0s"                 # default
keep_old = "24h"               # default
# min_healthy is not set       # default
# deadline is not set          # default
on_failure = "stop"            # default
on_late_failure = "report"     # default
registry.via = "rotate"        # default
health.interval = "5s"         # default
health.timeout = "5s"          # default
health.retries = 3             # default
health.commands = {}           # default
"#;

const MAIN: &str = r#"# All keys but commands are set here, and `engines`, which cannot stand beside `engine`.
engine = 'unix:///run/user/1000/docker.sock'
state_dir = "/srv/\u001b\u202e"
log_level = "debug"
schedule = "@weekly"
time_zone = "Europe/Berlin"
jitter = "1h 30m"
catch_up = false
select = "all"
mode = "watch"
min_age = "72h"
keep_old = "1ms"
min_healthy = "2s"
deadline = "60m"
on_failure = "continue"
on_late_failure = "rollback"
registry.via = "engine"

[health]
interval = "1s"
timeout = "1s"
retries = 5
commands.b = ["/bin/b"]
"#;

const DROP_IN: &str = r#"health.retries = 7
[health.commands]
"a.b" = [
    "/bin/check",
    'a "word"',
]
"#;

const OVERRIDDEN: &str = r#"engine = "unix:///run/user/1000/docker.sock"  # DIR/rotate.toml:2
# engines is not set                          # default
state_dir = "/srv/\u001b\u202e"               # DIR/rotate.toml:3
log_level = "debug"                           # DIR/rotate.toml:4
schedule = "@weekly"                          # DIR/rotate.toml:5
time_zone = "Europe/Berlin"                   # DIR/rotate.toml:6
jitter = "90m"                                # DIR/rotate.toml:7
catch_up = false                              # DIR/rotate.toml:8
select = "all"                                # DIR/rotate.toml:9
mode = "watch"                                # DIR/rotate.toml:10
min_age = "3d"                                # DIR/rotate.toml:11
keep_old = "1ms"                              # DIR/rotate.toml:12
min_healthy = "2s"                            # DIR/rotate.toml:13
deadline = "1h"                               # DIR/rotate.toml:14
on_failure = "continue"                       # DIR/rotate.toml:15
on_late_failure = "rollback"                  # DIR/rotate.toml:16
registry.via = "engine"                       # DIR/rotate.toml:17
health.interval = "1s"                        # DIR/rotate.toml:20
health.timeout = "1s"                         # DIR/rotate.toml:21
health.retries = 7                            # DIR/rotate.d/x.toml:1
health.commands."a.b" = ["/bin/check", "a \"word\""]  # DIR/rotate.d/x.toml:3
health.commands.b = ["/bin/b"]                # DIR/rotate.toml:23
"#;

/// A directory with a `rotate.toml` and drop-ins.
fn write(main: &str, drop_ins: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("rotate.toml"), main).expect("a file");
    fs::create_dir(directory.path().join("rotate.d")).expect("a directory");
    for (name, text) in drop_ins {
        fs::write(directory.path().join("rotate.d").join(name), text).expect("a file");
    }
    directory
}

/// Runs it with `--config DIR/rotate.toml`, where an engine cannot be; exit code, stdout and stderr, with `DIR` for the directory.
fn rotate(directory: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rotate"));
    command.env_clear().env("DOCKER_HOST", "unix:///nonexistent/docker.sock").current_dir(directory);
    let output = command.arg("--config").arg(directory.join("rotate.toml")).args(args).output().expect("a process");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8").replace(&directory.display().to_string(), "DIR");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn done(stdout: &str) -> (Option<i32>, String, String) {
    (Some(0), stdout.to_owned(), String::new())
}

#[test]
fn show_has_every_key_with_its_default() {
    let directory = write("", &[]);
    assert_eq!(rotate(directory.path(), &["config", "show"]), done(DEFAULTS));
    let keys = DEFAULTS.lines().map(|line| line.trim_start_matches("# ").split(' ').next().unwrap_or_default());
    assert_eq!(keys.collect::<Vec<_>>(), KEYS);
}

#[test]
fn show_has_the_value_that_holds_and_its_file_and_line() {
    let directory = write(MAIN, &[("x.toml", DROP_IN)]);
    assert_eq!(rotate(directory.path(), &["config", "show"]), done(OVERRIDDEN));
}

#[test]
fn what_is_shown_is_a_file_that_means_the_same() {
    let directory = write(MAIN, &[("x.toml", DROP_IN)]);
    let loaded = Config::load(&directory.path().join("rotate.toml"), true).expect("a configuration");
    for (text, expected) in [(DEFAULTS, Config::default()), (OVERRIDDEN, loaded.config)] {
        assert_eq!(Config::parse(Path::new("shown.toml"), text).map_err(|error| error.to_string()), Ok(expected));
    }
}

#[test]
fn show_as_json_has_types_and_null_for_what_is_not_set() {
    let directory = write("catch_up = false\n[health.commands]\na = [\"/bin/a\"]\n", &[("x.toml", "health.retries = 7")]);
    let (code, stdout, stderr) = rotate(directory.path(), &["config", "show", "--json"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let shown: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(shown["version"], 1);
    let values = shown["values"].as_array().expect("a list");
    assert_eq!(values.len(), KEYS.len());
    for expected in [
        json!({ "key": "engine", "value": null, "from": "default" }),
        json!({ "key": "catch_up", "value": false, "from": "DIR/rotate.toml:1" }),
        json!({ "key": "keep_old", "value": "24h", "from": "default" }),
        json!({ "key": "health.retries", "value": 7, "from": "DIR/rotate.d/x.toml:1" }),
        json!({ "key": "health.commands.a", "value": ["/bin/a"], "from": "DIR/rotate.toml:3" }),
    ] {
        assert!(values.contains(&expected), "no {expected} in {stdout}");
    }
}

#[test]
fn check_names_the_files_that_are_fine() {
    let directory = write("", &[]);
    let path = directory.path();
    assert_eq!(rotate(path, &["config", "check"]), done("DIR/rotate.toml is fine\n"));
    for name in ["b.toml", "a.toml"] {
        fs::write(path.join("rotate.d").join(name), "").expect("a file");
    }
    let all = "DIR/rotate.toml with DIR/rotate.d/a.toml, DIR/rotate.d/b.toml is fine\n";
    assert_eq!(rotate(path, &["config", "check"]), done(all));
    assert_eq!(rotate(path, &["config", "check", "rotate.toml"]), done(&all.replace("DIR/", "")));
    let (code, stdout, _) = rotate(path, &["config", "check", "--json"]);
    let files = json!({ "version": 1, "files": ["DIR/rotate.toml", "DIR/rotate.d/a.toml", "DIR/rotate.d/b.toml"] });
    assert_eq!((code, serde_json::from_str(&stdout).ok()), (Some(0), Some(files)));
}

#[test]
fn mistake_ends_check_and_show_with_78_and_its_place() {
    let directory = write("keep_old = \"1h\"\n", &[("x.toml", "\nshedule = \"@daily\"\n")]);
    let lines = "error: DIR/rotate.d/x.toml:2:1: unknown key `shedule`\nstate: nothing was changed\nhelp:  did you mean `schedule`?\n";
    for args in [&["config", "check"], &["config", "show"]] {
        assert_eq!(rotate(directory.path(), args), (Some(78), String::new(), lines.to_owned()));
    }
    let (code, stdout, stderr) = rotate(directory.path(), &["config", "check", "gone.toml"]);
    assert_eq!((code, stdout.as_str()), (Some(78), ""));
    assert!(stderr.starts_with("error: gone.toml does not exist\n"), "{stderr}");
}
