//! Labels of one container, over the file.

use std::collections::BTreeMap;
use std::time::Duration;

use rotate::config::{Commands, Config, FailurePolicy, Mode, OnLateFailure, Select};
use rotate::model::{Check, Probe, StatusRange};
use rotate::policy::{LABELS, Policy, Selection, policy};

type Labels<'a> = [(&'a str, &'a str)];

fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
}

/// Judges the labels and compares: the policy, or message and help.
fn check(config: &Config, labels: &Labels, image_labels: &Labels, expected: Result<Policy, (&str, &str)>) {
    let judged = policy(config, &map(labels), &map(image_labels)).map_err(|error| format!("{error}\n{}", error.help()));
    assert_eq!(judged, expected.map_err(|(message, help)| format!("{message}\n{help}")), "{labels:?} {image_labels:?}");
}

fn select(select: Select) -> Config {
    Config { select, ..Config::default() }
}

/// The defaults, selected like this.
fn plain(selection: Selection) -> Policy {
    let keep_old = Duration::from_secs(86_400);
    Policy {
        selection,
        mode: Mode::Rotate,
        min_age: Duration::ZERO,
        keep_old,
        min_healthy: None,
        deadline: None,
        oneshot: false,
        on_failure: FailurePolicy::Rollback,
        on_late_failure: OnLateFailure::Report,
        probe: None,
        stop_signal: None,
        ignored: Vec::new(),
        not_followed: Vec::new(),
    }
}

#[test]
fn label_and_file_select_together() {
    use Selection::{ByLabel, BySelectAll, NotSelected, OptedOut};
    let cases: [(&Labels, Selection, Selection); 4] = [
        (&[], NotSelected, BySelectAll),
        (&[("com.example.rotate.enable", "true"), ("rotate", "true")], NotSelected, BySelectAll),
        (&[("rotate.enable", "true")], ByLabel, ByLabel),
        (&[("rotate.enable", "false")], OptedOut, OptedOut),
    ];
    for (labels, labelled, all) in cases {
        check(&select(Select::Labelled), labels, &[], Ok(plain(labelled)));
        check(&select(Select::All), labels, &[], Ok(plain(all)));
    }
}

#[test]
fn being_named_takes_what_is_not_selected_but_never_what_opted_out() {
    use Selection::{ByLabel, BySelectAll, NotSelected, OptedOut};
    for (selection, unnamed, named) in
        [(ByLabel, true, true), (BySelectAll, true, true), (NotSelected, false, true), (OptedOut, false, false)]
    {
        assert_eq!((selection.takes(false), selection.takes(true)), (unnamed, named), "{selection:?}");
    }
}

#[test]
fn label_beats_the_file() {
    let seconds = Duration::from_secs;
    let config = Config { keep_old: seconds(60), min_healthy: Some(seconds(30)), deadline: Some(seconds(90)), ..Config::default() };
    let file =
        Policy { keep_old: seconds(60), min_healthy: Some(seconds(30)), deadline: Some(seconds(90)), ..plain(Selection::NotSelected) };
    check(&config, &[], &[], Ok(file.clone()));
    check(&config, &[("rotate.keep_old", "0s")], &[], Ok(Policy { keep_old: seconds(0), ..file.clone() }));
    check(&config, &[("rotate.min_healthy", "5s")], &[], Ok(Policy { min_healthy: Some(seconds(5)), ..file.clone() }));
    check(&config, &[("rotate.deadline", "1h")], &[], Ok(Policy { deadline: Some(seconds(3600)), ..file.clone() }));
    check(&config, &[("rotate.oneshot", "true")], &[], Ok(Policy { oneshot: true, ..file.clone() }));
    check(&config, &[("rotate.oneshot", "false")], &[], Ok(file.clone()));
    check(&config, &[("rotate.mode", "watch")], &[], Ok(Policy { mode: Mode::Watch, ..file.clone() }));
    check(&config, &[("rotate.min_age", "3d")], &[], Ok(Policy { min_age: seconds(259_200), ..file.clone() }));
    check(&config, &[("rotate.on_failure", "stay")], &[], Ok(Policy { on_failure: FailurePolicy::Stay, ..file.clone() }));
    check(&config, &[("rotate.on_late_failure", "rollback")], &[], Ok(Policy { on_late_failure: OnLateFailure::Rollback, ..file }));
}

#[test]
fn label_of_the_image_is_no_policy_whatever_it_says() {
    let config = select(Select::Labelled);
    let ignored =
        |labels: &[&str]| Policy { ignored: labels.iter().map(|label| (*label).to_owned()).collect(), ..plain(Selection::NotSelected) };
    let cases: [(&Labels, &[&str]); 4] = [
        (&[("rotate.enable", "true")], &["rotate.enable"]),
        (&[("rotate.enable", "false"), ("rotate.deadline", "9h")], &["rotate.deadline", "rotate.enable"]),
        (&[("rotate.enable", "perhaps"), ("rotate.colour", "red")], &["rotate.colour", "rotate.enable"]),
        (&[("org.opencontainers.image.title", "web"), ("rotate.trial", "7f3a01")], &[]),
    ];
    for (labels, names) in cases {
        check(&config, labels, labels, Ok(ignored(names)));
    }
}

#[test]
fn label_with_another_value_than_the_images_is_policy() {
    let image: &Labels = &[("rotate.enable", "true"), ("rotate.keep_old", "1h")];
    let labels: &Labels = &[("rotate.enable", "false"), ("rotate.keep_old", "1h")];
    let expected = Policy { ignored: vec!["rotate.keep_old".to_owned()], ..plain(Selection::OptedOut) };
    check(&select(Select::All), labels, image, Ok(expected));
}

#[test]
fn bad_value_names_the_label_the_value_and_what_is_allowed() {
    let cases: [(&'static str, &'static str, &str, &str); 8] = [
        ("rotate.enable", "yes", "only `true` or `false` may stand there", "write `true` or `false`"),
        ("rotate.enable", "True", "only `true` or `false` may stand there", "did you mean `true`?"),
        ("rotate.enable", "", "only `true` or `false` may stand there", "write `true` or `false`"),
        ("rotate.oneshot", "1", "only `true` or `false` may stand there", "write `true` or `false`"),
        ("rotate.keep_old", "24", "`24` has no unit", "write the unit too: `24s`, `24m` or `24h`"),
        (
            "rotate.keep_old",
            "forever",
            "there is no number before `forever`",
            "the units are ms, s, m, h, d and w, after whole numbers: `90s`, `1h 30m`, `7d`",
        ),
        ("rotate.min_healthy", "0s", "it must be more than nothing", "leave it out for the default, or write a short time such as `1s`"),
        ("rotate.deadline", "99999d", "it is more than 3650d", "the longest is ten years, `3650d`"),
    ];
    for (label, value, reason, help) in cases {
        let message = format!("label `{label}` cannot be `{value}`: {reason}");
        check(&select(Select::Labelled), &[(label, value)], &[], Err((&message, help)));
        check(&select(Select::All), &[(label, value)], &[], Err((&message, help)));
    }
}

/// A probe with the file's timing.
fn probe(check: Check) -> Option<Probe> {
    let five = Duration::from_secs(5);
    Some(Probe { check, interval: five, timeout: five, retries: 3 })
}

fn http(port: u16, path: &str, lowest: u16, highest: u16, text: Option<&str>) -> Check {
    Check::Http { port, path: path.to_owned(), status: StatusRange { lowest, highest }, text: text.map(str::to_owned) }
}

fn exec(argv: &[&str]) -> Check {
    Check::Exec { argv: argv.iter().map(|&word| word.to_owned()).collect() }
}

#[test]
fn labels_ask_for_one_probe() {
    let config = Config { commands: Commands::from([("db", &["/bin/check", "-q"][..])]), ..select(Select::All) };
    let command = Check::Command { name: "db".to_owned(), argv: vec!["/bin/check".to_owned(), "-q".to_owned()] };
    let cases: [(&Labels, Check); 8] = [
        (&[("rotate.health.http", ":8080/healthz?a=b")], http(8080, "/healthz?a=b", 200, 399, None)),
        (&[("rotate.health.http", ":80"), ("rotate.health.status", "204")], http(80, "/", 204, 204, None)),
        (
            &[("rotate.health.http", ":80/"), ("rotate.health.status", "200-204"), ("rotate.health.text", "ok then")],
            http(80, "/", 200, 204, Some("ok then")),
        ),
        (&[("rotate.health.tcp", ":5432")], Check::Tcp { port: 5432 }),
        (&[("rotate.health.exec", "pg_isready -q")], exec(&["/bin/sh", "-c", "pg_isready -q"])),
        (&[("rotate.health.exec", "[ -e /ready ]")], exec(&["/bin/sh", "-c", "[ -e /ready ]"])),
        (&[("rotate.health.exec", "[\"pg_isready\",\"-q\"]")], exec(&["pg_isready", "-q"])),
        (&[("rotate.health.command", "db")], command),
    ];
    for (labels, asked) in cases {
        check(&config, labels, &[], Ok(Policy { probe: probe(asked), ..plain(Selection::BySelectAll) }));
    }
    let timed: &Labels = &[
        ("rotate.health.interval", "1s"),
        ("rotate.health.retries", "7"),
        ("rotate.health.tcp", ":1"),
        ("rotate.health.timeout", "500ms"),
    ];
    let (interval, timeout) = (Duration::from_secs(1), Duration::from_millis(500));
    let probe = Some(Probe { check: Check::Tcp { port: 1 }, interval, timeout, retries: 7 });
    check(&config, timed, &[], Ok(Policy { probe, ..plain(Selection::BySelectAll) }));
}

#[test]
fn probe_that_cannot_be_made_is_refused() {
    let port = "write the port inside the container: `:8080`, for HTTP with a path: `:8080/healthz`";
    let no_port = "it does not begin with `:` and a port from 1 to 65535";
    let bad: [(&'static str, &'static str, &str, &str); 15] = [
        ("rotate.health.http", "8080", no_port, port),
        ("rotate.health.http", ":0/", no_port, port),
        ("rotate.health.http", ":65536", no_port, port),
        ("rotate.health.http", ":80healthz", "its path has a character that no URL may have", port),
        ("rotate.health.http", ":80/a b", "its path has a character that no URL may have", port),
        (
            "rotate.health.tcp",
            ":80/x",
            "there is something after the port",
            "write the port alone, such as `:5432`; a path belongs to `rotate.health.http`",
        ),
        ("rotate.health.exec", " ", "it is empty", "leave it out, or say what"),
        ("rotate.health.exec", "[]", "it is empty", "leave it out, or say what"),
        (
            "rotate.health.exec",
            "[\"a\"",
            "it begins with `[` and is no JSON list of texts",
            "write `[\"pg_isready\", \"-q\"]`, or a line for the container's shell: `pg_isready -q`",
        ),
        ("rotate.health.status", "99", "it is no status code of HTTP, nor a range of them", "write `200`, or `200-399`"),
        ("rotate.health.status", "400-200", "it is no status code of HTTP, nor a range of them", "write `200`, or `200-399`"),
        ("rotate.health.text", "", "it is empty", "leave it out, or say what"),
        ("rotate.health.command", "dp", "`[health.commands]` of rotate.toml has no such name", "did you mean `db`?"),
        ("rotate.health.command", "/bin/sh", "`[health.commands]` of rotate.toml has no such name", "the names are `db`"),
        ("rotate.health.retries", "0", "it must be a whole number from 1 to 100", "write a number, such as `3`"),
    ];
    let config = Config { commands: Commands::from([("db", &["/bin/check"][..])]), ..Config::default() };
    for (label, value, reason, help) in bad {
        check(&config, &[(label, value)], &[], Err((&format!("label `{label}` cannot be `{value}`: {reason}"), help)));
    }
    check(
        &config,
        &[("rotate.health.tcp", ":1"), ("rotate.health.http", ":1")],
        &[],
        Err((
            "labels `rotate.health.http` and `rotate.health.tcp` exclude each other",
            "keep one of them; `rotate.health.exec` and `rotate.health.command` can check several things at once",
        )),
    );
    for label in ["rotate.health.status", "rotate.health.interval"] {
        let value = if label.ends_with("status") { "200" } else { "1s" };
        let message = format!("label `{label}` needs `rotate.health.http` beside it");
        check(&config, &[(label, value)], &[], Err((&message, &format!("add `rotate.health.http`, or leave `{label}` out"))));
    }
}

#[test]
fn an_images_author_asks_for_no_probe() {
    let labels: &Labels = &[("rotate.health.exec", "curl evil")];
    let ignored = vec!["rotate.health.exec".to_owned()];
    check(&select(Select::All), labels, labels, Ok(Policy { ignored, ..plain(Selection::BySelectAll) }));
}

#[test]
fn unknown_label_is_refused_with_what_was_meant() {
    let all = "the labels are `rotate.enable`, `rotate.mode`, `rotate.min_age`, `rotate.keep_old`, `rotate.min_healthy`, `rotate.deadline`, \
               `rotate.oneshot`, `rotate.on_failure`, `rotate.on_late_failure`, `rotate.health.http`, `rotate.health.tcp`, `rotate.health.exec`, \
               `rotate.health.command`, `rotate.health.interval`, `rotate.health.timeout`, `rotate.health.retries`, `rotate.health.status` and \
               `rotate.health.text`";
    let cases = [
        ("rotate.enabel", "did you mean `rotate.enable`?"),
        ("rotate.enabled", "did you mean `rotate.enable`?"),
        ("rotate.keep-old", "did you mean `rotate.keep_old`?"),
        ("Rotate.Enable", "did you mean `rotate.enable`?"),
        ("rotate.select", all),
        ("rotate.x-team", all),
        ("rotate.trials", all),
        ("rotate.", all),
    ];
    for (label, help) in cases {
        check(&select(Select::All), &[(label, "true")], &[], Err((&format!("unknown label `{label}`"), help)));
    }
}

#[test]
fn who_opted_out_stays_out_whatever_else_is_wrong() {
    let labels: &Labels = &[("rotate.deadline", "soon"), ("rotate.enable", "false"), ("rotate.zzz", "1")];
    check(&select(Select::All), labels, &[], Ok(plain(Selection::OptedOut)));
    // Opted out by the image's author only: the other labels count again.
    let image: &Labels = &[("rotate.enable", "false")];
    let help = "the units are ms, s, m, h, d and w, after whole numbers: `90s`, `1h 30m`, `7d`";
    let message = "label `rotate.deadline` cannot be `soon`: there is no number before `soon`";
    check(&select(Select::All), labels, image, Err((message, help)));
}

#[test]
fn rotates_own_label_is_no_policy() {
    check(&select(Select::All), &[("rotate.trial", "7f3a01")], &[], Ok(plain(Selection::BySelectAll)));
}

#[test]
fn control_characters_of_a_label_do_not_reach_the_terminal() {
    let message = "label `rotate.enable` cannot be `\\u{1b}[2J\\n`: only `true` or `false` may stand there";
    check(&select(Select::All), &[("rotate.enable", "\u{1b}[2J\n")], &[], Err((message, "write `true` or `false`")));
}

#[test]
fn every_label_of_the_list_is_known() {
    for label in LABELS {
        let value = if label.ends_with(".text") || label.ends_with(".exec") { "" } else { "?" };
        let refused = policy(&Config::default(), &map(&[(*label, value)]), &BTreeMap::new()).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|message| message.starts_with("label ")), "{refused:?}");
    }
}

#[test]
fn labels_of_watchtower_count_where_rotate_says_nothing() {
    const W: &str = "com.centurylinklabs.watchtower";
    let config = select(Select::Labelled);
    let plain = || plain(Selection::NotSelected);
    let by_label = || Policy { selection: Selection::ByLabel, ..plain() };
    let out = || Policy { selection: Selection::OptedOut, ..plain() };
    let watch = || Policy { mode: Mode::Watch, ..plain() };
    let stop = |signal: &str| Policy { stop_signal: Some(signal.parse().expect("a signal")), ..plain() };
    let not_followed = |names: &[&str]| Policy { not_followed: names.iter().map(|name| format!("{W}.{name}")).collect(), ..plain() };
    let cases: [(&[(&str, &str)], Policy); 12] = [
        (&[("enable", "true")], by_label()),
        (&[("enable", "F")], out()),
        (&[("enable", "yes")], not_followed(&["enable"])),
        (&[("monitor-only", "1")], watch()),
        (&[("monitor-only", "false")], plain()),
        (&[("monitor-only", "")], not_followed(&["monitor-only"])),
        (&[("stop-signal", "SIGINT")], stop("SIGINT")),
        (&[("stop-signal", "int")], stop("SIGINT")),
        (&[("stop-signal", "SIGRTMIN+3")], stop("SIGRTMIN+3")),
        (&[("stop-signal", "15")], stop("15")),
        (&[("stop-signal", "")], plain()),
        (
            &[("scope", "x"), ("no-pull", "true"), ("depends-on", "db"), ("lifecycle.pre-update", "/bin/true")],
            not_followed(&["depends-on", "lifecycle.pre-update", "no-pull", "scope"]),
        ),
    ];
    for (labels, expected) in cases {
        let full: Vec<(String, &str)> = labels.iter().map(|(name, value)| (format!("{W}.{name}"), *value)).collect();
        let full: Vec<(&str, &str)> = full.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        check(&config, &full, &[], Ok(expected));
        let ignored = full.iter().map(|(name, _)| (*name).to_owned()).collect::<std::collections::BTreeSet<_>>();
        check(&config, &full, &full, Ok(Policy { ignored: ignored.into_iter().collect(), ..plain() }));
    }
    let enable = "com.centurylinklabs.watchtower.enable";
    check(&config, &[(enable, "true"), ("rotate.enable", "false")], &[], Ok(out()));
    check(&config, &[(enable, "false"), ("rotate.enable", "true")], &[], Ok(by_label()));
    let monitor = "com.centurylinklabs.watchtower.monitor-only";
    check(&config, &[(monitor, "true"), ("rotate.mode", "rotate")], &[], Ok(plain()));
    check(&config, &[("com.centurylinklabs.watchtower", "true")], &[], Ok(plain()));
    for bad in ["SIGSAUSAGE", "0", "65", "-9", "SIG", "RTMIN+99"] {
        let signal = "com.centurylinklabs.watchtower.stop-signal";
        let words = format!("label `{signal}` cannot be `{bad}`: it is no signal");
        check(&config, &[(signal, bad)], &[], Err((&words, "write its name, such as `SIGINT`, or its number")));
    }
}
