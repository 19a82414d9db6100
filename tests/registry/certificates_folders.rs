//! Which of the folders of certificates counts for a host, and what becomes of one that cannot be read.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use rotate::model::RegistrySettings;
use rotate::registry::{CertificateFault, Credentials, HttpRegistry, RegistryError, Whose, certificates_folders};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

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

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_named_and_holds_its_own_registry_only() {
    let authority = Authority::new();
    let (held, good) = (server(&authority), server(&authority));
    type Case = (fn(&Path), &'static str);
    let table: [Case; 4] = [
        (|path| fs::write(path, "a file").unwrap(), "not a directory"),
        (|path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()), "not a directory"),
        (|path| symlink(path, path).unwrap(), "loop"),
        (crowded, "more than 256 certificates and keys"),
    ];
    for (make, why) in table {
        let (folder, next) = (Folder::new().with(&good.address, "ca.crt", &authority.pem), Folder::new());
        let next = next.with(&held.address, "ca.crt", &authority.pem);
        let path = folder.path().join(&held.address);
        make(&path);
        let registry = registry(&[folder.path(), next.path()]);
        let error = resolve(&registry, &held, "web").await.unwrap_err();
        assert!(matches!(&error, RegistryError::Certificate { path: found, .. } if *found == path), "{error:?}");
        assert!(error.to_string().contains(why), "{why}: {error}");
        resolve(&registry, &good, "web").await.unwrap();
    }
    assert_eq!(held.asked().len(), 0);
}

/// What is no certificate's does not count.
fn crowded(folder: &Path) {
    fs::create_dir(folder).unwrap();
    for number in 0..300 {
        fs::write(folder.join(format!("{number}.txt")), "").unwrap();
    }
    for number in 0..257 {
        fs::write(folder.join(format!("{number}.crt")), "").unwrap();
    }
}

#[test]
fn a_folder_that_is_closed_to_us_is_passed_over_and_named_where_a_certificate_is_not_trusted() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (trusted, other) = (server(&authority), server(&authority));
    let closed = Folder::new().with(&other.address, "ca.crt", &authority.pem);
    let open = Folder::new().with(&trusted.address, "ca.crt", &authority.pem).with(&other.address, "ca.crt", &stranger.pem);
    let (path, modes) = (closed.path().to_owned(), fs::Permissions::from_mode);
    fs::set_permissions(&path, modes(0)).unwrap();
    let (found, error) = where_modes_count(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let registry = registry(&[&path, open.path()]);
            (resolve(&registry, &trusted, "web").await, resolve(&registry, &other, "web").await.unwrap_err())
        })
    });
    fs::set_permissions(&path, modes(0o700)).unwrap();
    assert_eq!(found.unwrap().as_str(), DIGEST);
    assert!(matches!(&error, RegistryError::Unreachable { .. }), "{error:?}");
    let expected = format!(" ({} is closed to rotate: permission denied)", path.display());
    assert!(error.to_string().contains("certificate") && error.to_string().ends_with(&expected), "{error}");
}

/// On a thread without root's rights, which pass the modes of every file.
fn where_modes_count<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let bound = || {
        let mut sets = capabilities(None).unwrap();
        sets.effective = CapabilitySet::empty();
        set_capabilities(None, sets).unwrap();
        run()
    };
    std::thread::scope(|scope| scope.spawn(bound).join().unwrap())
}
