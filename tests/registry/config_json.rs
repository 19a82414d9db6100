//! Docker's `config.json`: where it is, which entry is whose, and what is said of a broken one.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use rotate::model::Credential;
use rotate::registry::{Credentials, FileFault, RegistryError};

use crate::support::{credentials, reference};

/// Which user each reference is asked with under these keys; each key's user is the key itself.
fn check(keys: &[&str], expected: &[(&str, Option<&str>)]) {
    let auths: serde_json::Map<_, _> =
        keys.iter().map(|&key| (key.to_owned(), serde_json::json!({ "username": key, "password": "pw" }))).collect();
    let credentials = credentials(&serde_json::json!({ "auths": auths }).to_string()).unwrap();
    for (text, user) in expected {
        let found = credentials.in_file(reference(text).registry(), reference(text).repository()).map(|credential| match credential {
            Credential::Basic { username, .. } => username.as_str(),
            Credential::IdentityToken(_) => "a token",
        });
        assert_eq!(found, *user, "{text} with {keys:?}");
    }
}

#[test]
fn a_registrys_entry_is_for_that_registry_and_port() {
    check(
        &["ghcr.io", "r.lan:5000", "[::1]:5000"],
        &[
            ("ghcr.io/me/app", Some("ghcr.io")),
            ("r.lan:5000/a/b/c", Some("r.lan:5000")),
            ("[::1]:5000/x", Some("[::1]:5000")),
            ("r.lan/a", None),
            ("r.lan:5001/a", None),
            ("ghcr.io.evil.com/a", None),
            ("evil-ghcr.io/a", None),
            ("nginx", None),
        ],
    );
}

#[test]
fn the_hubs_entry_has_many_spellings() {
    for key in
        ["https://index.docker.io/v1/", "https://index.docker.io/v1", "index.docker.io", "docker.io", "https://registry-1.docker.io/v2/"]
    {
        check(&[key], &[("nginx", Some(key)), ("docker.io/me/app", Some(key)), ("index.docker.io/a/b", Some(key)), ("ghcr.io/a", None)]);
    }
    let hub = "https://index.docker.io/v1/";
    check(&[hub, "docker.io", "index.docker.io"], &[("nginx", Some(hub))]);
    check(&["docker.io", "index.docker.io", hub], &[("nginx", Some(hub))]);
}

#[test]
fn a_namespaces_entry_is_nearer_than_the_registrys() {
    check(
        &["ghcr.io", "ghcr.io/me", "ghcr.io/me/app", "quay.io/team", "docker.io/me"],
        &[
            ("ghcr.io/me/app", Some("ghcr.io/me/app")),
            ("ghcr.io/me/app/part", Some("ghcr.io/me/app")),
            ("ghcr.io/me/other", Some("ghcr.io/me")),
            ("ghcr.io/mean/app", Some("ghcr.io")),
            ("quay.io/team/app", Some("quay.io/team")),
            ("quay.io/teams/app", None),
            ("quay.io/other", None),
            ("me/app", Some("docker.io/me")),
            ("nginx", None),
        ],
    );
}

#[test]
fn an_old_entry_with_scheme_and_path_is_the_registrys() {
    check(&["https://r.lan/v1/"], &[("r.lan/a", Some("https://r.lan/v1/"))]);
    check(&["http://r.lan:5000"], &[("r.lan:5000/a", Some("http://r.lan:5000"))]);
    check(&["https://r.lan/some/path"], &[("r.lan/a", Some("https://r.lan/some/path"))]);
    check(&["r.lan/v2/"], &[("r.lan/a", Some("r.lan/v2/"))]);
    check(&["https://r.lan", "r.lan"], &[("r.lan/a", Some("r.lan"))]);
    check(&["r.lan", "https://r.lan"], &[("r.lan/a", Some("r.lan"))]);
}

#[test]
fn an_entry_is_base64_or_two_fields_or_a_token_or_empty() {
    let basic = |username: &str, password: &str| Some(Credential::Basic { username: username.into(), password: password.into() });
    for (entry, expected) in [
        (r#"{"auth": "YWxpY2U6cHc="}"#, basic("alice", "pw")),
        (r#"{"auth": "YWxpY2U6cHc"}"#, basic("alice", "pw")),
        (r#"{"auth": "YWxpY2U6cHcAAA=="}"#, basic("alice", "pw")),
        (r#"{"auth": "YWxpY2U6YT9iP2M+ZD5+fn4/OsO2ICJc", "email": ""}"#, basic("alice", "a?b?c>d>~~~?:ö \"\\")),
        (r#"{"auth": "YWxpY2U6"}"#, basic("alice", "")),
        (r#"{"username": "bob", "password": "x:y"}"#, basic("bob", "x:y")),
        (r#"{"auth": "", "username": "bob", "password": "pw"}"#, basic("bob", "pw")),
        (r#"{"auth": "YWxpY2U6cHc=", "identitytoken": "eyJ0"}"#, Some(Credential::IdentityToken("eyJ0".into()))),
        ("{}", None),
        (r#"{"auth": ""}"#, None),
    ] {
        let credentials =
            credentials(&format!(r#"{{"auths": {{"r.lan": {entry}}}, "HttpHeaders": {{"X": "y"}}, "psFormat": "z"}}"#)).unwrap();
        assert_eq!(credentials.in_file("r.lan", "a").cloned(), expected, "{entry}");
    }
}

#[test]
fn a_file_without_credentials_is_none() {
    for text in ["{}", "", " \n", r#"{"auths": {}}"#, r#"{"auths": null}"#, r#"{"credsStore": "pass"}"#] {
        assert_eq!(credentials(text).unwrap().in_file("docker.io", "library/nginx"), None, "{text:?}");
    }
    for absent in ["/nonexistent/config.json", "/dev/null/config.json"] {
        Credentials::read(Path::new(absent)).unwrap();
    }
}

#[test]
fn a_broken_file_is_named_and_never_quoted() {
    let json = |line, column| FileFault::Json { line, column };
    let long = format!("{{\"x\": \"{}\"}}", "T0PSECRET".repeat(200_000));
    for (text, expected) in [
        ("T0PSECRET", json(1, 1)),
        ("{\n \"auths\": \"T0PSECRET\"}", json(2, 21)),
        ("{\"auths\": {\"r.lan\": {\"auth\": \"T0PSECRET", json(1, 39)),
        (r#"{"auths": {"r.lan": {}, "T0PSECRET": {"auth": "T0PSECRET"}}}"#, FileFault::Auth { entry: 2 }),
        (r#"{"auths": {"r.lan": {"auth": "VDBQU0VDUkVU"}}}"#, FileFault::Auth { entry: 1 }),
        (r#"{"auths": {"r.lan": {"auth": "YWxpY2U6/w=="}}}"#, FileFault::Auth { entry: 1 }),
        (r#"{"auths": {"r.lan": "T0PSECRET"}}"#, FileFault::Auth { entry: 1 }),
        (r#"{"auths": {"r.lan": {"auth": 17}}}"#, FileFault::Auth { entry: 1 }),
        (&long, FileFault::TooLong),
    ] {
        let error = credentials(text).unwrap_err();
        let RegistryError::Credentials { path, fault } = &error else { panic!("{error:?}") };
        assert_eq!(*fault, expected);
        let shown = format!("{error} {error:?} {} {}", error.help(), error.state());
        assert!(shown.contains(&*path.to_string_lossy()), "{shown}");
        assert!(!["T0PSECRET", "VDBQ", "YWxp", "alice"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Credentials::read(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read the registry credentials in {}: is a directory", folder.path().display()));
    // Not by its permissions: root may read everything.
    let path = folder.path().join("config.json");
    std::os::unix::fs::symlink(&path, &path).unwrap();
    let error = Credentials::read(&path).unwrap_err();
    assert!(matches!(&error, RegistryError::Credentials { path: named, fault: FileFault::Unreadable(_) } if *named == path), "{error:?}");
}

#[test]
fn the_file_is_where_docker_looks() {
    let check = |variables: &[(&str, &str)], is_root, expected: Option<&str>| {
        let env: HashMap<&str, &str> = variables.iter().copied().collect();
        let found = Credentials::path(|name| env.get(name).map(OsString::from), is_root);
        assert_eq!(found.as_deref(), expected.map(Path::new), "{variables:?}");
    };
    check(&[("DOCKER_CONFIG", "/etc/rotate/docker"), ("HOME", "/home/a")], true, Some("/etc/rotate/docker/config.json"));
    check(&[("DOCKER_CONFIG", ""), ("HOME", "/home/a")], true, Some("/home/a/.docker/config.json"));
    check(&[("HOME", "/home/a")], false, Some("/home/a/.docker/config.json"));
    check(&[], true, Some("/root/.docker/config.json"));
    // A service's own user has no home, and root's is not its business.
    check(&[], false, None);
}

#[test]
fn credentials_show_nothing_of_themselves() {
    let shown = format!("{:?}", credentials(r#"{"auths": {"r.lan": {"auth": "YWxpY2U6cHc="}}}"#).unwrap());
    assert!(shown.contains("r.lan") && !shown.contains("alice") && !shown.contains("pw"), "{shown}");
}

#[test]
fn a_pipe_in_its_place_is_said_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = Credentials::read(&path).unwrap_err();
    assert!(matches!(&error, RegistryError::Credentials { fault: FileFault::NoFile, .. }), "{error:?}");
    assert!(error.to_string().ends_with("config.json: not a file"), "{error}");
}
