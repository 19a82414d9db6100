//! From a path to a configuration.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rotate::config::{Config, Select};

use super::{as_nobody, three_lines};

/// Loads `path` and compares; `PATH` in the expected lines stands for the path.
fn check(path: &Path, must_exist: bool, expected: Result<Config, &str>) {
    let loaded = Config::load(path, must_exist).map(|loaded| loaded.config).map_err(|error| three_lines(&error));
    assert_eq!(loaded, expected.map_err(|lines| lines.replace("PATH", &path.display().to_string())));
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[test]
fn file_is_read_whether_it_was_named_or_not() {
    let directory = directory();
    let path = directory.path().join("rotate.toml");
    fs::write(&path, "select = \"all\"\n").expect("a file");
    let expected = Config { select: Select::All, ..Config::default() };
    check(&path, false, Ok(expected.clone()));
    check(&path, true, Ok(expected));
}

#[test]
fn absent_file_means_the_defaults_unless_somebody_named_it() {
    let directory = directory();
    for path in [directory.path().join("rotate.toml"), directory.path().join("etc/rotate.toml")] {
        check(&path, false, Ok(Config::default()));
        check(
            &path,
            true,
            Err("PATH does not exist\nnothing was changed\ncorrect the path, or leave it out: without a file the defaults hold"),
        );
    }
}

#[test]
fn link_to_nothing_never_means_the_defaults() {
    let directory = directory();
    let path = directory.path().join("rotate.toml");
    symlink("gone.toml", &path).expect("a link");
    for must_exist in [false, true] {
        let lines = "PATH is a link to a file that does not exist\nnothing was changed\nrepair the link, or remove it: without a file the defaults hold";
        check(&path, must_exist, Err(lines));
    }
}

#[test]
fn unreadable_file_never_means_the_defaults() {
    let directory = directory();
    let path = directory.path().join("rotate.toml");
    fs::write(&path, "").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("permissions");
    let lines =
        "cannot read PATH: Permission denied (os error 13)\nnothing was changed\nuse sudo, or let the user that runs rotate read it";
    let load = |must_exist| Config::load(&path, must_exist).map(|loaded| loaded.config).map_err(|error| three_lines(&error));
    let loaded = as_nobody(|| [false, true].map(load));
    let expected = lines.replace("PATH", &path.display().to_string());
    assert_eq!(loaded, [Err(expected.clone()), Err(expected)]);
}

#[test]
fn directory_is_refused() {
    let directory = directory();
    let lines = "cannot read PATH: Is a directory (os error 21)\nnothing was changed\nthe path must be that of a file";
    check(directory.path(), false, Err(lines));
}

#[test]
fn endless_file_is_refused() {
    let lines = "PATH is larger than 1048576 bytes\nnothing was changed\nthe path must be that of a rotate.toml";
    check(Path::new("/dev/zero"), true, Err(lines));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let directory = directory();
    let path = directory.path().join("rotate.toml");
    fs::write(&path, b"# \xc3\xa9\nselect = \"\xe9\"\n").expect("a file");
    check(&path, true, Err("PATH:2:11: what stands here is not UTF-8\nnothing was changed\nsave the file as UTF-8"));
}
