//! An engine's folder of certificates: whom it trusts besides the machine's own authorities, and as whom it shows itself, host by host.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use reqwest::{Certificate, Identity};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::fault::CertificateFault as Fault;
use super::{RegistryError, file};
use crate::model::RegistrySettings;

const MOST_BYTES: u64 = 1 << 20;
/// For one host. All of them are read before it is asked, and whoever's engine it is lays them out.
const MOST_FILES: usize = 256;
/// What a folder may hold of ours.
const ENDINGS: [&str; 3] = ["crt", "cert", "key"];
/// What the administrator laid out for all users lies below it.
const FOR_ALL: &str = "/etc";

/// What the folder has for one host.
#[derive(Default)]
pub struct Certificates {
    /// Authorities to trust for this host only.
    pub authorities: Vec<Certificate>,
    /// As whom to show ourselves, if the host wants to know.
    pub identity: Option<Identity>,
}

/// Where the engine looks; the first of these in which a host has a folder is the only one that counts for it. Docker: `/etc/docker/certs.d`; rootless,
/// `docker/certs.d` in `$XDG_CONFIG_HOME` or `~/.config` (moby `registry/config.go`). Podman: `.config/containers/certs.d` in the home of the user whose
/// engine it is, then for the whole host `/etc/containers/certs.d` and Docker's (containers-certs.d(5); the same in 4.3.1, 5.4.0 and 5.8.0, none of which
/// heeds `$XDG_CONFIG_HOME` here).
///
/// `is_root`: we are root. Whoever else we are, our own home means nothing to root's Podman, and root's is not ours to look into.
pub fn folders(settings: &RegistrySettings, is_root: bool, env: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let in_home = || set("HOME").map(|home| home.join(".config"));
    let docker = PathBuf::from("/etc/docker/certs.d");
    match (settings.is_podman, settings.is_rootless) {
        (false, false) => vec![docker],
        (false, true) => set("XDG_CONFIG_HOME").or_else(in_home).map(|folder| folder.join("docker/certs.d")).into_iter().collect(),
        (true, is_rootless) => {
            let own = if is_rootless { in_home() } else { is_root.then(|| PathBuf::from("/root/.config")) };
            let own = own.map(|folder| folder.join("containers/certs.d"));
            own.into_iter().chain([PathBuf::from("/etc/containers/certs.d"), docker]).collect()
        }
    }
}

/// The first of these that we may not look into. Whether it has something for a host cannot be said, and so it is passed over, as Podman does it: else
/// no registry at all could be asked.
pub fn closed(folders: &[PathBuf]) -> Option<&Path> {
    folders.iter().map(PathBuf::as_path).find(|folder| is_closed(folder))
}

fn is_closed(folder: &Path) -> bool {
    // To find anything in a folder, be it the folder itself, takes the right to search it.
    folder.join(".").metadata().is_err_and(|e| e.kind() == ErrorKind::PermissionDenied)
}

impl Certificates {
    /// Reads `FOLDER/HOST` of the first of these folders that has it and is not [`closed`]: every `*.crt` is an authority's, a `*.cert` with the `*.key` of
    /// the same name is ours. None: there is no such folder, or nothing of the kind in it. `owner`: the user whose engine it is, if that is another one than
    /// we are; of what that user may not read nothing is read.
    ///
    /// Errors: [`RegistryError::Certificate`], which names the file. Docker passes over a `*.crt` without a certificate; here it is an error.
    pub fn read(folders: &[PathBuf], host: &str, owner: Option<u32>) -> Result<Option<Self>, RegistryError> {
        let mut of_host = folders.iter().filter(|folder| !is_closed(folder)).map(|folder| folder.join(host));
        let Some(folder) = of_host.find(|folder| !matches!(folder.try_exists(), Ok(false))) else { return Ok(None) };
        let failed = |path: &Path, fault| RegistryError::Certificate { host: host.to_owned(), path: path.to_owned(), fault };
        let reader = Reader { owner };
        let mut paths = match reader.list(&folder) {
            Ok(paths) => paths,
            // Gone since. What is no folder is said: the engine stumbles over it, too.
            Err(Fault::Unreadable(ErrorKind::NotFound)) => return Ok(None),
            Err(fault) => return Err(failed(&folder, fault)),
        };
        paths.sort();
        let mut found = Self::default();
        for path in &paths {
            match path.extension().and_then(|end| end.to_str()) {
                Some("crt") => found.authorities.extend(reader.authorities(path).map_err(|fault| failed(path, fault))?),
                Some("cert") if found.identity.is_some() => return Err(failed(path, Fault::Second)),
                Some("cert") => {
                    let identity = reader.identity(path, &path.with_extension("key")).map_err(|(path, f)| failed(&path, f))?;
                    found.identity = Some(identity);
                }
                Some("key") if !paths.contains(&path.with_extension("cert")) => return Err(failed(path, Fault::Alone { missing: "cert" })),
                _ => {}
            }
        }
        let is_empty = found.authorities.is_empty() && found.identity.is_none();
        Ok((!is_empty).then_some(found))
    }
}

/// Reads what one user may read.
#[derive(Clone, Copy)]
struct Reader {
    owner: Option<u32>,
}

impl Reader {
    /// By what is open, and not by the path: a link in the home of another leads to any file that we may read, and may lead elsewhere a moment later.
    fn check(self, path: &Path, found: &Metadata) -> Result<(), Fault> {
        let is_for_all = path.starts_with(FOR_ALL) && found.mode() & 0o004 != 0;
        let may_read = self.owner.is_none_or(|owner| found.uid() == owner || is_for_all);
        if may_read { Ok(()) } else { Err(Fault::AnotherUsers) }
    }

    /// What is in a folder that may be of use.
    fn list(self, folder: &Path) -> Result<Vec<PathBuf>, Fault> {
        let unreadable = |e: io::Error| Fault::Unreadable(e.kind());
        let opened = file::open(folder).map_err(unreadable)?.ok_or(Fault::Unreadable(ErrorKind::NotADirectory))?;
        self.check(folder, &opened.metadata().map_err(unreadable)?)?;
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(format!("/proc/self/fd/{}", opened.as_raw_fd())).map_err(unreadable)? {
            let path = folder.join(entry.map_err(unreadable)?.file_name());
            if path.extension().is_some_and(|end| ENDINGS.iter().any(|known| end == *known)) {
                paths.push(path);
            }
            if paths.len() > MOST_FILES {
                return Err(Fault::TooMany);
            }
        }
        Ok(paths)
    }

    fn read(self, path: &Path) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let file: File = file::open(path).map_err(|e| Fault::Unreadable(e.kind()))?.ok_or(Fault::NoFile)?;
        self.check(path, &file.metadata().map_err(|e| Fault::Unreadable(e.kind()))?)?;
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Fault::Unreadable(e.kind()))?;
        if bytes.len() as u64 > MOST_BYTES { Err(Fault::TooLong) } else { Ok(bytes) }
    }

    fn chain(self, path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
        let bytes = self.read(path)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|_| Fault::NoCertificate)?;
        if chain.is_empty() { Err(Fault::NoCertificate) } else { Ok(chain) }
    }

    fn authorities(self, path: &Path) -> Result<Vec<Certificate>, Fault> {
        let chain = self.chain(path)?;
        for certificate in &chain {
            RootCertStore::empty().add(certificate.clone()).map_err(|_| Fault::NoCertificate)?;
        }
        chain.iter().map(|certificate| Certificate::from_der(certificate).map_err(|_| Fault::NoCertificate)).collect()
    }

    /// Err: the file that is to blame, and why.
    fn identity(self, path: &Path, key_path: &Path) -> Result<Identity, (PathBuf, Fault)> {
        let (here, key_here) = (|fault| (path.to_owned(), fault), |fault| (key_path.to_owned(), fault));
        let certificates = self.chain(path).map_err(here)?;
        let key = match self.read(key_path) {
            Ok(key) => key,
            Err(Fault::Unreadable(ErrorKind::NotFound)) => return Err(here(Fault::Alone { missing: "key" })),
            Err(fault) => return Err(key_here(fault)),
        };
        let parsed = PrivateKeyDer::from_pem_slice(&key).map_err(|_| key_here(Fault::NoKey))?;
        CertifiedKey::from_der(certificates, parsed, &rustls::crypto::ring::default_provider()).map_err(|e| match e {
            rustls::Error::InconsistentKeys(_) => here(Fault::OtherKey),
            rustls::Error::InvalidCertificate(_) => here(Fault::NoCertificate),
            _ => key_here(Fault::NoKey),
        })?;
        let mut both = self.read(path).map_err(here)?;
        both.push(b'\n');
        both.extend(key);
        Identity::from_pem(&both).map_err(|_| key_here(Fault::NoKey))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{chown, symlink};

    use super::*;

    /// Nobody's.
    const ANOTHER: u32 = 65_534;

    #[test]
    fn of_another_users_certificates_only_that_users_own_are_read() {
        let home = tempfile::tempdir().expect("a folder");
        let (folder, ours) = (home.path().join("certs.d/r.lan"), home.path().join("ours"));
        fs::create_dir_all(&ours).expect("a folder");
        fs::create_dir_all(home.path().join("certs.d")).expect("a folder");
        fs::write(ours.join("ca.crt"), "nothing").expect("a file");
        let fault = |owner| match Certificates::read(&[home.path().join("certs.d")], "r.lan", owner) {
            Err(RegistryError::Certificate { path, fault, .. }) => (path, fault),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it is read"),
        };
        // A folder of ours behind a link of that user's.
        symlink(&ours, &folder).expect("a link");
        assert_eq!(fault(Some(ANOTHER)), (folder.clone(), Fault::AnotherUsers));
        assert_eq!(fault(None), (folder.join("ca.crt"), Fault::NoCertificate));
        if !rustix::process::geteuid().is_root() {
            return; // who is not root gives no file to another
        }
        fs::remove_file(&folder).and_then(|()| fs::create_dir(&folder)).expect("a folder");
        chown(&folder, Some(ANOTHER), None).expect("a folder of that user's");
        symlink(ours.join("ca.crt"), folder.join("ca.crt")).expect("a link");
        assert_eq!(fault(Some(ANOTHER)), (folder.join("ca.crt"), Fault::AnotherUsers));
        fs::remove_file(folder.join("ca.crt")).and_then(|()| fs::write(folder.join("ca.crt"), "nothing")).expect("a file");
        chown(folder.join("ca.crt"), Some(ANOTHER), None).expect("a file of that user's");
        assert_eq!(fault(Some(ANOTHER)), (folder.join("ca.crt"), Fault::NoCertificate), "it is looked into");
    }
}
