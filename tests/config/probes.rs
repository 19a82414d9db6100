//! Labels that ask for a probe.

use std::time::Duration;

use rotate::config::{Commands, Config, Select};
use rotate::model::{Check, Probe, StatusRange};
use rotate::policy::{Policy, Selection};

use super::policies::{Labels, check, plain, select};

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
