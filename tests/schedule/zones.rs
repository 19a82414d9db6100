//! Names of time zones, with a database, without one, and with a broken one.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use rotate::schedule::{ZoneError, zone, zone_in};

/// Message and help.
fn lines(error: ZoneError) -> String {
    format!("{error}\n{}", error.help())
}

#[test]
fn names_are_found_whatever_their_case() {
    for name in ["Europe/Berlin", "europe/berlin"] {
        assert_eq!(zone(Some(name)).expect("a zone").iana_name(), Some("Europe/Berlin"));
    }
    assert_eq!(zone(None), Ok(TimeZone::system()));
}

#[test]
fn unknown_names_are_refused_with_the_one_that_was_meant() {
    let cases = [
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
        ("berlin", "did you mean `Europe/Berlin`?"),
        ("New York", "did you mean `America/New_York`?"),
        ("America/Port_au_Prince", "did you mean `America/Port-au-Prince`?"),
        ("Mars/Olympus_Mons", "write a name such as `Europe/Berlin` (`timedatectl list-timezones` lists them), or `UTC`"),
        ("../../etc/passwd", "write a name such as `Europe/Berlin` (`timedatectl list-timezones` lists them), or `UTC`"),
        ("", "write a name such as `Europe/Berlin` (`timedatectl list-timezones` lists them), or `UTC`"),
    ];
    for (name, help) in cases {
        let error = zone(Some(name)).expect_err("no zone");
        assert_eq!(lines(error), format!("there is no time zone `{name}`\n{help}"));
    }
}

#[test]
fn without_a_database_only_utc_is_known() {
    let empty = tempfile::tempdir().expect("a directory");
    let databases = [TimeZoneDatabase::none(), TimeZoneDatabase::from_dir(empty.path()).unwrap_or_else(|_| TimeZoneDatabase::none())];
    for database in databases {
        for utc in ["UTC", "utc", "Etc/UTC"] {
            assert_eq!(zone_in(&database, utc), Ok(TimeZone::UTC));
        }
        let error = zone_in(&database, "Europe/Berlin").expect_err("no database");
        assert_eq!(
            lines(error),
            "time zone `Europe/Berlin` cannot be looked up: this host has no time zone database\n\
             install it (`apt install tzdata`), or write `UTC`"
        );
    }
}

#[test]
fn a_broken_file_is_not_an_unknown_name() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("Broken"), b"TZif2").expect("a file");
    let database = TimeZoneDatabase::from_dir(directory.path()).expect("a database");
    let error = zone_in(&database, "Broken").expect_err("a broken file");
    assert!(matches!(&error, ZoneError::Unreadable { name, .. } if name == "Broken"), "{error:?}");
    assert_eq!(error.help(), "install it anew (`apt install --reinstall tzdata`), or write `UTC`");
}
