//! Keys and values of the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rotate::config::{Commands, Config, HealthDefaults, LogLevel, Mode, OnFailure, OnLateFailure, RegistryVia, Select};

use super::check;

fn default() -> Config {
    Config::default()
}

#[test]
fn each_key_sets_its_value_and_nothing_else() {
    let seconds = Duration::from_secs;
    let engine = "unix:///run/user/1000/docker.sock".parse().ok();
    assert!(engine.is_some());
    check("", Ok(default()));
    check("# nothing\n\n", Ok(default()));
    check("engine = \"unix:///run/user/1000/docker.sock\"", Ok(Config { engine, ..default() }));
    check("state_dir = '/srv/rotate'", Ok(Config { state_dir: PathBuf::from("/srv/rotate"), ..default() }));
    check("log_level = \"debug\"", Ok(Config { log_level: LogLevel::Debug, ..default() }));
    check("schedule = \"@weekly\"", Ok(Config { schedule: "@weekly".parse().expect("a schedule"), ..default() }));
    check("time_zone = \"Europe/Berlin\"", Ok(Config { time_zone: Some("Europe/Berlin".to_owned()), ..default() }));
    check("jitter = \"15m\"", Ok(Config { jitter: seconds(900), ..default() }));
    check("catch_up = false", Ok(Config { catch_up: false, ..default() }));
    check("catch_up = true", Ok(default()));
    check("select = \"all\"", Ok(Config { select: Select::All, ..default() }));
    check("select = \"labelled\"", Ok(default()));
    check("keep_old = \"0s\"", Ok(Config { keep_old: seconds(0), ..default() }));
    check("keep_old = \"2d\"\r\n", Ok(Config { keep_old: seconds(172_800), ..default() }));
    check("min_healthy = \"30s\"", Ok(Config { min_healthy: Some(seconds(30)), ..default() }));
    check("deadline = \"10m\"", Ok(Config { deadline: Some(seconds(600)), ..default() }));
    check("mode = \"watch\"", Ok(Config { mode: Mode::Watch, ..default() }));
    check("min_age = \"3d\"", Ok(Config { min_age: seconds(259_200), ..default() }));
    check("on_failure = \"continue\"", Ok(Config { on_failure: OnFailure::Continue, ..default() }));
    check("on_late_failure = \"rollback\"", Ok(Config { on_late_failure: OnLateFailure::Rollback, ..default() }));
    check("\u{feff}select = \"all\"", Ok(Config { select: Select::All, ..default() }));
}

#[test]
fn engines_are_listed_by_the_names_that_people_use_for_them() {
    let choices = |words: &[&str]| words.iter().map(|word| word.parse().expect("a choice")).collect();
    for words in [&["docker"][..], &["podman", "docker"], &["podman:alice", "podman:*", "docker:_a.b-c"]] {
        check(&format!("engines = {words:?}"), Ok(Config { engines: choices(words), ..default() }));
    }
    let names = "an engine is called \"docker\", \"podman\" or, a user's, \"podman:alice\"";
    let quotes = "write each by its name, in quotes: [\"docker\", \"podman\", \"podman:alice\"]";
    for (value, message, help) in [
        ("\"docker\"", "takes a list of engines, not a text", quotes),
        ("[]", "takes a list of engines, not an empty list", quotes),
        ("[\"docker\", 1]", "takes a list of engines, not a list with the number 1 in it", quotes),
        ("[\"Docker\"]", "cannot be `Docker`: no engine is called so", names),
        ("[\"unix:///run/podman/podman.sock\"]", "cannot be `unix:///run/podman/podman.sock`: no engine is called so", names),
        ("[\"podman:\"]", "cannot be `podman:`: what follows the colon is no user's name", names),
        ("[\"podman:../x\"]", "cannot be `podman:../x`: what follows the colon is no user's name", names),
        ("[\"podman:-a\"]", "cannot be `podman:-a`: what follows the colon is no user's name", names),
        ("[\"podman:1000\"]", "cannot be `podman:1000`: a user is named here, not numbered", "write the user's name: \"podman:alice\""),
        ("[\"podman:root\"]", "cannot be `podman:root`: root's engine is the host's own", "write it without the user"),
        ("[\"podman\", \"podman\"]", "cannot be `podman`: it stands in the list twice", "leave one of the two out"),
    ] {
        check(&format!("engines = {value}"), Err((&format!("rotate.toml:1:11: `engines` {message}"), help)));
    }
    check(
        "engines = [\"docker\", \"podman\"]\nengine = \"unix:///run/docker.sock\"",
        Err(("rotate.toml:1:11: `engines` cannot be `docker, podman`: `engine` is set, too", "leave one of the two keys out")),
    );
}

#[test]
fn keys_in_tables_set_their_value_in_either_notation() {
    let seconds = Duration::from_secs;
    let health = default().health;
    for text in ["[registry]\nvia = \"engine\"", "registry.via = \"engine\"", "registry = { via = \"engine\" }"] {
        check(text, Ok(Config { registry_via: RegistryVia::Engine, ..default() }));
    }
    check("[health]\ninterval = \"1s\"", Ok(Config { health: HealthDefaults { interval: seconds(1), ..health }, ..default() }));
    check("[health]\ntimeout = \"1m\"", Ok(Config { health: HealthDefaults { timeout: seconds(60), ..health }, ..default() }));
    check("[health]\nretries = 10", Ok(Config { health: HealthDefaults { retries: 10, ..health }, ..default() }));
    let commands = Commands::from([("db", &["/bin/check", "db"][..]), ("a.b", &["/bin/true"][..])]);
    check("[health.commands]\ndb = [\"/bin/check\", \"db\"]\n\"a.b\" = [\"/bin/true\"]", Ok(Config { commands, ..default() }));
    check("[registry]\n[health]\n[health.commands]", Ok(default()));
}

#[test]
fn what_is_wrong_in_a_table_is_told_with_its_place() {
    let command = "write the program and its arguments, each in quotes: [\"/usr/local/bin/check\", \"web\"]";
    let table = "write it as a table: `[…]` in a line of its own, its keys below";
    let cases = [
        ("[health]\nintervall = \"1s\"", "rotate.toml:2:1: unknown key `health.intervall`", "did you mean `health.interval`?"),
        ("[registry]\nvai = 1\n[zz]", "rotate.toml:2:1: unknown key `registry.vai`", "did you mean `registry.via`?"),
        ("registry = \"engine\"", "rotate.toml:1:12: `registry` takes a table, not a text", table),
        ("health.commands = 1", "rotate.toml:1:19: `health.commands` takes a table, not the number 1", table),
        ("[health]\nretries = \"3\"", "rotate.toml:2:11: `health.retries` takes a whole number, not a text", "write it without quotes: 3"),
        (
            "[health]\nretries = 0",
            "rotate.toml:2:11: `health.retries` cannot be `0`: it must be a whole number from 1 to 100",
            "write a number, such as `3`",
        ),
        ("[health.commands]\na = \"x\"", "rotate.toml:2:5: `health.commands.a` takes a list of texts, not a text", command),
        ("[health.commands]\na = []", "rotate.toml:2:5: `health.commands.a` takes a list of texts, not an empty list", command),
        (
            "[health.commands]\na = [\"/x\", 1]",
            "rotate.toml:2:5: `health.commands.a` takes a list of texts, not a list with the number 1 in it",
            command,
        ),
        (
            "[health.commands]\na = [\"check\"]",
            "rotate.toml:2:5: `health.commands.a` cannot be `check`: the program does not begin with `/`",
            "write its whole path, such as `/usr/local/bin/check`: no shell looks for it",
        ),
    ];
    for (text, message, help) in cases {
        check(text, Err((message, help)));
    }
}

#[test]
fn defaults_are_those_of_the_manual() {
    let manual = Config {
        engine: None,
        engines: Vec::new(),
        state_dir: PathBuf::from("/var/lib/rotate"),
        log_level: LogLevel::Info,
        schedule: "0 4 * * *".parse().expect("a schedule"),
        time_zone: None,
        jitter: Duration::ZERO,
        catch_up: true,
        select: Select::Labelled,
        keep_old: Duration::from_secs(86_400),
        min_healthy: None,
        deadline: None,
        mode: Mode::Rotate,
        min_age: Duration::ZERO,
        on_failure: OnFailure::Stop,
        on_late_failure: OnLateFailure::Report,
        registry_via: RegistryVia::Rotate,
        health: HealthDefaults { interval: Duration::from_secs(5), timeout: Duration::from_secs(5), retries: 3 },
        commands: Commands::default(),
    };
    assert_eq!(default(), manual);
}

#[test]
fn unknown_key_is_refused_with_its_place_and_what_was_meant() {
    let keys = "the keys are `engine`, `engines`, `state_dir`, `log_level`, `schedule`, `time_zone`, `jitter`, `catch_up`, `select`, `mode`, `min_age`, \
                `keep_old`, `min_healthy`, `deadline`, `on_failure`, `on_late_failure`, `registry.via`, `health.interval`, `health.timeout`, `health.retries` and `health.commands`";
    let cases = [
        ("keepold = \"1h\"", "rotate.toml:1:1: unknown key `keepold`", "did you mean `keep_old`?"),
        ("# a\n\n  keep-old = \"1h\"", "rotate.toml:3:3: unknown key `keep-old`", "did you mean `keep_old`?"),
        ("State_Dir = \"/x\"", "rotate.toml:1:1: unknown key `State_Dir`", "did you mean `state_dir`?"),
        ("selcet = \"all\"", "rotate.toml:1:1: unknown key `selcet`", "did you mean `select`?"),
        ("select = \"all\"\nshedule = \"* * * * *\"", "rotate.toml:2:1: unknown key `shedule`", "did you mean `schedule`?"),
        ("[rotate]\nkeep_old = \"1h\"", "rotate.toml:1:2: unknown key `rotate`", keys),
        ("policy.keep_old = \"1h\"", "rotate.toml:1:1: unknown key `policy`", keys),
        ("zz = 1\naa = 1", "rotate.toml:1:1: unknown key `zz`", keys),
        ("select = 1\naa = 1", "rotate.toml:2:1: unknown key `aa`", keys),
        ("\u{feff}enable = true", "rotate.toml:1:1: unknown key `enable`", keys),
        ("\"a\\u001b[2Jb\" = 1", "rotate.toml:1:1: unknown key `a\\u{1b}[2Jb`", keys),
    ];
    for (text, message, help) in cases {
        check(text, Err((message, help)));
    }
}

#[test]
fn wrong_type_is_refused_with_what_to_write() {
    let duration = "write it with its unit, in quotes: \"90s\", \"5m\", \"24h\"";
    let cases = [
        (
            "keep_old = 24",
            "rotate.toml:1:12: `keep_old` takes a duration, not the number 24",
            "write the unit too, in quotes: \"24s\", \"24m\" or \"24h\"",
        ),
        ("\nmin_healthy = 0", "rotate.toml:2:15: `min_healthy` takes a duration, not the number 0", duration),
        ("keep_old = -1", "rotate.toml:1:12: `keep_old` takes a duration, not the number -1", duration),
        ("deadline = 1.5", "rotate.toml:1:12: `deadline` takes a duration, not the number 1.5", duration),
        ("deadline = 07:30:00", "rotate.toml:1:12: `deadline` takes a duration, not a date or time", duration),
        ("deadline = [\"5m\"]", "rotate.toml:1:12: `deadline` takes a duration, not a list", duration),
        ("[keep_old]\nweb = \"5m\"", "rotate.toml:1:1: `keep_old` takes a duration, not a table", duration),
        ("select = true", "rotate.toml:1:10: `select` takes a word, not the truth value true", "write `labelled` or `all`, in quotes"),
        ("state_dir = 1", "rotate.toml:1:13: `state_dir` takes a path, not the number 1", "write it in quotes: \"/var/lib/rotate\""),
        (
            "catch_up = \"yes\"",
            "rotate.toml:1:12: `catch_up` takes `true` or `false`, not a text",
            "write `true` or `false`, without quotes",
        ),
        (
            "schedule = 4",
            "rotate.toml:1:12: `schedule` takes a schedule, not the number 4",
            "write it in quotes: \"0 4 * * *\", or \"@daily\"",
        ),
        (
            "time_zone = 1",
            "rotate.toml:1:13: `time_zone` takes the name of a time zone, not the number 1",
            "write it in quotes: \"Europe/Berlin\"",
        ),
        ("engine = {}", "rotate.toml:1:10: `engine` takes an address, not a table", "write it in quotes: \"unix:///var/run/docker.sock\""),
    ];
    for (text, message, help) in cases {
        check(text, Err((message, help)));
    }
}

#[test]
fn bad_value_is_refused_with_what_is_allowed() {
    let slashes = "write it with three slashes: `unix:///var/run/docker.sock`";
    let remote = "run rotate on that host, or name a socket: `unix:///var/run/docker.sock`";
    let zero = "leave it out for the default, or write a short time such as `1s`";
    let cases = [
        (
            "select = \"everything\"",
            "`select` cannot be `everything`: only `labelled` or `all` may stand there",
            "write `labelled` or `all`",
        ),
        ("select = \"labeled\"", "`select` cannot be `labeled`: only `labelled` or `all` may stand there", "did you mean `labelled`?"),
        ("select = \"All\"", "`select` cannot be `All`: only `labelled` or `all` may stand there", "did you mean `all`?"),
        (
            "engine = \"tcp://10.0.0.1:2375\"",
            "`engine` cannot be `tcp://10.0.0.1:2375`: rotate works with an engine on its own host, over a Unix socket, not over `tcp`",
            remote,
        ),
        (
            "engine = \"ssh://web1\"",
            "`engine` cannot be `ssh://web1`: rotate works with an engine on its own host, over a Unix socket, not over `ssh`",
            remote,
        ),
        (
            "engine = \"/run/docker.sock\"",
            "`engine` cannot be `/run/docker.sock`: it does not begin with `unix://`",
            "write it with three slashes: `unix:///var/run/docker.sock`",
        ),
        ("engine = \"unix://run/docker.sock\"", "`engine` cannot be `unix://run/docker.sock`: its path does not begin with `/`", slashes),
        ("engine = \"unix:///\"", "`engine` cannot be `unix:///`: its path does not begin with `/`", slashes),
        ("engine = \"\"", "`engine` cannot be ``: it does not begin with `unix://`", slashes),
        (
            "state_dir = \"state\"",
            "`state_dir` cannot be `state`: it does not begin with `/`",
            "write the whole path, such as `/var/lib/rotate`",
        ),
        (
            "schedule = \" \"",
            "`schedule` cannot be ` `: the schedule is empty",
            "write minute, hour, day of month, month and day of week, such as `30 2 * * *`, or a word such as `@daily`",
        ),
        (
            "time_zone = \"\"",
            "`time_zone` cannot be ``: there is no time zone ``",
            "write a name such as `Europe/Berlin` (`timedatectl list-timezones` lists them), or `UTC`",
        ),
        (
            "log_level = \"warning\"",
            "`log_level` cannot be `warning`: only `error`, `warn`, `info` or `debug` may stand there",
            "write `error`, `warn`, `info` or `debug`",
        ),
        ("min_healthy = \"0s\"", "`min_healthy` cannot be `0s`: it must be more than nothing", zero),
        ("deadline = \"0h 0m\"", "`deadline` cannot be `0h 0m`: it must be more than nothing", zero),
        ("keep_old = \"24\"", "`keep_old` cannot be `24`: `24` has no unit", "write the unit too: `24s`, `24m` or `24h`"),
    ];
    for (text, message, help) in cases {
        let column = text.find('=').map_or(0, |equals| equals + 3);
        check(text, Err((&format!("rotate.toml:1:{column}: {message}"), help)));
    }
}

#[test]
fn what_is_not_toml_is_refused_in_tomls_words_with_its_place() {
    let cases = [
        ("select = \"all\"\nkeep_old = 24h", "rotate.toml:2:12: string values must be quoted, expected literal string"),
        ("select", "rotate.toml:1:7: key with no value, expected `=`"),
        ("# é\nselect = \"é", "rotate.toml:2:12: invalid basic string, expected `\"`"),
        ("select = \"all\"\nselect = \"all\"", "rotate.toml:2:1: duplicate key"),
    ];
    for (text, message) in cases {
        check(text, Err((message, "each line is a key, `=` and a value in quotes: keep_old = \"24h\"")));
    }
}

#[test]
fn long_value_is_shown_with_its_end_cut_off() {
    let text = format!("select = \"{}\"", "x".repeat(100_000));
    let message = format!("rotate.toml:1:10: `select` cannot be `{}…`: only `labelled` or `all` may stand there", "x".repeat(80));
    check(&text, Err((&message, "write `labelled` or `all`")));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    for open in ["[", "{a=", "[["] {
        let text = format!("select = {}", open.repeat(100_000));
        assert!(Config::parse(Path::new("rotate.toml"), &text).is_err(), "{open}");
    }
}
