//! Which of the folders of certificates counts for a host.

use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use rotate::model::RegistrySettings;
use rotate::registry::{CertificateFault, Credentials, HttpRegistry, RegistryError, Whose, certificates_folders};

use crate::certificates::{Authority, Folder};
use crate::server::{Answer, DIGEST, Server};
use crate::support::resolve;

/// Nobody's.
const ANOTHER: u32 = 65_534;

fn settings(is_podman: bool, is_rootless: bool) -> RegistrySettings {
    RegistrySettings { is_podman, is_rootless, ..RegistrySettings::default() }
}

/// No host is insecure here.
fn registry(folders: &[&Path]) -> HttpRegistry {
    let folders = folders.iter().map(|&folder| folder.to_owned()).collect();
    HttpRegistry::new(RegistrySettings::default(), Credentials::default()).with_certificates(folders)
}

fn server(authority: &Authority) -> Server {
    Server::start_tls(authority.server("127.0.0.1"), |_| Answer::digest())
}

#[test]
fn certificates_are_looked_for_where_the_engine_looks() {
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let check = |is_podman, is_rootless, is_root, variables: Variables<'_>, expected: &[&str]| {
        let env = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        let found = certificates_folders(&settings(is_podman, is_rootless), is_root, env);
        let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(found, expected, "Podman {is_podman}, rootless {is_rootless}, by root {is_root}, {variables:?}");
    };
    let both = [("XDG_CONFIG_HOME", "/home/a/config"), ("HOME", "/home/a")];
    let empty = [("XDG_CONFIG_HOME", ""), ("HOME", "/home/a")];
    let (of_docker, of_host) = ("/etc/docker/certs.d", "/etc/containers/certs.d");

    for is_root in [true, false] {
        check(false, false, is_root, &both, &[of_docker]);
        check(false, true, is_root, &both, &["/home/a/config/docker/certs.d"]);
        check(false, true, is_root, &empty, &["/home/a/.config/docker/certs.d"]);
        check(false, true, is_root, &[], &[]);

        check(true, true, is_root, &both, &["/home/a/.config/containers/certs.d", of_host, of_docker]);
        check(true, true, is_root, &[("HOME", "")], &[of_host, of_docker]);
    }
    // Root's engine is a service: it has not the variables of whoever types `rotate`, be it by sudo, and none at all have those that systemd starts.
    for variables in [&both[..], &[]] {
        check(true, false, true, variables, &["/root/.config/containers/certs.d", of_host, of_docker]);
        check(true, false, false, variables, &[of_host, of_docker]);
    }
}

#[tokio::test]
async fn the_first_folder_that_has_the_host_counts_and_no_other() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = server(&authority);
    let with = |pem: &str| Folder::new().with(&server.address, "ca.crt", pem);
    let (good, bad, without) = (with(&authority.pem), with(&stranger.pem), Folder::new().with("other.lan", "ca.crt", "not read"));
    let (empty, dangling) = (Folder::new().with(&server.address, "README", "not read"), Folder::new());
    symlink("/nonexistent", dangling.path().join(&server.address)).unwrap();
    let absent = Path::new("/nonexistent/certs.d");

    for first in [bad.path(), empty.path()] {
        resolve(&registry(&[first, good.path()]), &server, "web").await.unwrap_err();
    }
    assert_eq!(server.asked().len(), 0, "nobody was trusted");
    for first in [good.path(), without.path(), dangling.path(), absent] {
        let found = resolve(&registry(&[first, good.path(), bad.path()]), &server, "web").await;
        assert_eq!(found.unwrap().as_str(), DIGEST, "{}", first.display());
    }
}

#[tokio::test]
async fn for_a_users_podman_they_are_looked_for_in_that_users_home_and_are_that_users_own() {
    let authority = Authority::new();
    let server = server(&authority);
    let below = format!(".config/containers/certs.d/{}", server.address);
    let home = Folder::new().with(&below, "ca.crt", &authority.pem);
    let registry = || HttpRegistry::of(settings(true, true), Credentials::default(), &Whose::of_user(ANOTHER, home.path()));
    // Laid there by us.
    let expected =
        RegistryError::Certificate { host: server.address.clone(), path: home.path().join(&below), fault: CertificateFault::AnotherUsers };
    assert_eq!(resolve(&registry(), &server, "web").await.unwrap_err(), expected);
    if !rustix::process::geteuid().is_root() {
        return; // who is not root gives no file to another
    }
    for path in [home.path().join(&below), home.path().join(&below).join("ca.crt")] {
        chown(path, Some(ANOTHER), None).unwrap();
    }
    assert_eq!(resolve(&registry(), &server, "web").await.unwrap().as_str(), DIGEST);
}
