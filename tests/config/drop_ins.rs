//! `rotate.d/*.toml` over `rotate.toml`.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rotate::config::{Commands, Config, HealthDefaults, Loaded, Mode, Select};

use super::{as_nobody, three_lines};

/// A directory with these files in it; `rotate.d/` is part of a name.
fn write(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    directory
}

fn load(directory: &Path) -> Result<Loaded, String> {
    Config::load(&directory.join("rotate.toml"), false)
        .map_err(|error| three_lines(&error).replace(&directory.display().to_string(), "DIR"))
}

/// Loads the files and compares: the configuration, or the three lines with `DIR` for the directory.
#[track_caller]
fn check(files: &[(&str, &str)], expected: Result<Config, &str>) {
    let directory = write(files);
    assert_eq!(load(directory.path()).map(|loaded| loaded.config), expected.map_err(str::to_owned), "{files:?}");
}

fn keep_old(seconds: u64) -> Config {
    Config { keep_old: Duration::from_secs(seconds), ..Config::default() }
}

#[test]
fn later_file_wins_key_by_key_in_the_order_of_their_bytes() {
    let files = [
        ("rotate.toml", "select = \"all\"\nmode = \"watch\"\nkeep_old = \"1s\"\n[health]\nretries = 7"),
        ("rotate.d/9.toml", "keep_old = \"9s\""),
        ("rotate.d/10.toml", "keep_old = \"10s\"\nhealth.timeout = \"2s\""),
        ("rotate.d/é.toml", "keep_old = \"11s\""),
        ("rotate.d/Z.toml", "keep_old = \"12s\"\nselect = \"labelled\""),
    ];
    let health = HealthDefaults { retries: 7, timeout: Duration::from_secs(2), ..Config::default().health };
    let expected = Config { mode: Mode::Watch, select: Select::Labelled, health, ..keep_old(11) };
    check(&files, Ok(expected));
    let directory = write(&files);
    let read: Vec<PathBuf> = load(directory.path()).expect("a configuration").files;
    let names = ["rotate.toml", "rotate.d/10.toml", "rotate.d/9.toml", "rotate.d/Z.toml", "rotate.d/é.toml"];
    assert_eq!(read, names.map(|name| directory.path().join(name)));
}

#[test]
fn drop_ins_count_without_a_main_file_unless_it_was_named() {
    let directory = write(&[("rotate.d/a.toml", "keep_old = \"5s\"")]);
    assert_eq!(load(directory.path()).map(|loaded| loaded.config), Ok(keep_old(5)));
    let path = directory.path().join("rotate.toml");
    let error = Config::load(&path, true).map_err(|error| error.to_string());
    assert_eq!(error, Err(format!("{} does not exist", path.display())));
}

#[test]
fn commands_are_merged_by_name() {
    let files = [
        ("rotate.toml", "[health.commands]\ndb = [\"/bin/old\"]\nweb = [\"/bin/web\"]"),
        ("rotate.d/a.toml", "[health.commands]\ndb = [\"/bin/new\", \"-q\"]\n\"a.b\" = [\"/bin/ab\"]"),
    ];
    let commands = Commands::from([("db", &["/bin/new", "-q"][..]), ("web", &["/bin/web"]), ("a.b", &["/bin/ab"])]);
    check(&files, Ok(Config { commands, ..Config::default() }));
}

#[test]
fn error_names_the_drop_in_its_line_and_what_was_meant() {
    let cases = [
        ("\nshedule = \"@daily\"", "DIR/rotate.d/a.toml:2:1: unknown key `shedule`\nnothing was changed\ndid you mean `schedule`?"),
        (
            "[health]\nintervall = \"1s\"",
            "DIR/rotate.d/a.toml:2:1: unknown key `health.intervall`\nnothing was changed\ndid you mean `health.interval`?",
        ),
        (
            "# one\nkeep_old = \"24\"",
            "DIR/rotate.d/a.toml:2:12: `keep_old` cannot be `24`: `24` has no unit\nnothing was changed\nwrite the unit too: `24s`, `24m` or `24h`",
        ),
        (
            "mode = \"watch\"\nmode = \"watch\"",
            "DIR/rotate.d/a.toml:2:1: duplicate key\nnothing was changed\neach line is a key, `=` and a value in quotes: keep_old = \"24h\"",
        ),
    ];
    for (text, lines) in cases {
        check(&[("rotate.toml", "keep_old = \"1s\"\n"), ("rotate.d/a.toml", text)], Err(lines));
    }
}

#[test]
fn mistake_is_refused_also_where_a_later_file_hides_it() {
    let lines = "DIR/rotate.toml:1:10: `select` cannot be `many`: only `labelled` or `all` may stand there\nnothing was changed\nwrite `labelled` or `all`";
    check(&[("rotate.toml", "select = \"many\""), ("rotate.d/a.toml", "select = \"all\"")], Err(lines));
}

#[test]
fn hidden_files_and_other_endings_do_not_count() {
    let bad = "not toml";
    let files = [
        ("rotate.d/a.toml", "keep_old = \"5s\""),
        ("rotate.d/.toml", bad),
        ("rotate.d/.#a.toml", bad),
        ("rotate.d/a.toml~", bad),
        ("rotate.d/a.toml.dpkg-old", bad),
        ("rotate.d/README", bad),
        ("rotate.d/a.TOML", bad),
        ("rotate.d/below/b.toml", bad),
    ];
    check(&files, Ok(keep_old(5)));
}

#[test]
fn name_that_is_no_text_counts_too() {
    let directory = write(&[("rotate.d/a.toml", "")]);
    let name = std::ffi::OsStr::from_bytes(b"rotate.d/\xff.toml");
    fs::write(directory.path().join(name), "keep_old = \"5s\"").expect("a file");
    assert_eq!(load(directory.path()).map(|loaded| loaded.config), Ok(keep_old(5)));
}

#[test]
fn what_is_there_and_cannot_be_read_is_never_skipped() {
    let not_a_directory = "make it a directory of *.toml files, or remove it: there need not be any";
    check(
        &[("rotate.d", "")],
        Err(&format!("cannot read the directory DIR/rotate.d: Not a directory (os error 20)\nnothing was changed\n{not_a_directory}")),
    );
    let directory = write(&[]);
    symlink("gone", directory.path().join("rotate.d")).expect("a link");
    let lines =
        format!("cannot read the directory DIR/rotate.d: No such file or directory (os error 2)\nnothing was changed\n{not_a_directory}");
    assert_eq!(load(directory.path()), Err(lines));

    let directory = write(&[("rotate.d/a.toml", "")]);
    symlink("gone", directory.path().join("rotate.d/b.toml")).expect("a link");
    let lines = "DIR/rotate.d/b.toml is a link to a file that does not exist\nnothing was changed\nrepair the link, or remove it: without a file the defaults hold";
    assert_eq!(load(directory.path()), Err(lines.to_owned()));
    check(
        &[("rotate.d/a.toml/x", "")],
        Err("cannot read DIR/rotate.d/a.toml: Is a directory (os error 21)\nnothing was changed\nthe path must be that of a file"),
    );
}

#[test]
fn unreadable_directory_or_drop_in_is_an_error() {
    let directory = write(&[("rotate.d/a.toml", "")]);
    // For the other user, whom `tempdir` keeps out.
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    let refuses = |name: &str, what: &str| {
        let path = directory.path().join(name);
        let before = fs::metadata(&path).expect("it is there").permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("permissions");
        let loaded = as_nobody(|| load(directory.path()));
        fs::set_permissions(&path, before).expect("permissions");
        let lines = format!(
            "cannot read {what}DIR/{name}: Permission denied (os error 13)\nnothing was changed\nuse sudo, or let the user that runs rotate read it"
        );
        assert_eq!(loaded, Err(lines));
    };
    refuses("rotate.d", "the directory ");
    refuses("rotate.d/a.toml", "");
}
