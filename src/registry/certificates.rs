//! An engine's folder of certificates: whom it trusts besides the machine's own authorities, and as whom it shows itself, host by host.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use reqwest::{Certificate, Identity};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::fault::CertificateFault as Fault;
use super::{RegistryError, file};

const MOST_BYTES: u64 = 1 << 20;

/// What the folder has for one host.
#[derive(Default)]
pub struct Certificates {
    /// Authorities to trust for this host only.
    pub authorities: Vec<Certificate>,
    /// As whom to show ourselves, if the host wants to know.
    pub identity: Option<Identity>,
}

/// Where the engine looks, the first that has something for a host. Docker: `/etc/docker/certs.d`; rootless, `docker/certs.d` in `$XDG_CONFIG_HOME` or
/// `~/.config` (moby `registry/config.go`). Podman: `~/.config/containers/certs.d`, then for the whole host `/etc/containers/certs.d` and Docker's
/// (containers-certs.d(5)).
pub fn folders(is_podman: bool, is_rootless: bool, env: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let in_home = || set("HOME").map(|home| home.join(".config"));
    let docker = PathBuf::from("/etc/docker/certs.d");
    if is_podman {
        let own = in_home().map(|folder| folder.join("containers/certs.d"));
        return own.into_iter().chain([PathBuf::from("/etc/containers/certs.d"), docker]).collect();
    }
    if !is_rootless {
        return vec![docker];
    }
    set("XDG_CONFIG_HOME").or_else(in_home).map(|folder| folder.join("docker/certs.d")).into_iter().collect()
}

impl Certificates {
    /// Reads `FOLDER/HOST` of the first of these folders that has it: every `*.crt` is an authority's, a `*.cert` with the `*.key` of the same name is ours.
    /// None: there is no such folder, or nothing of the kind in it.
    ///
    /// Errors: [`RegistryError::Certificate`], which names the file. Docker passes over a `*.crt` without a certificate; here it is an error.
    pub fn read(folders: &[PathBuf], host: &str) -> Result<Option<Self>, RegistryError> {
        let mut folders = folders.iter().map(|folder| folder.join(host));
        let Some(folder) = folders.find(|folder| !matches!(folder.try_exists(), Ok(false))) else { return Ok(None) };
        let failed = |path: &Path, fault| RegistryError::Certificate { host: host.to_owned(), path: path.to_owned(), fault };
        let mut paths = match list(&folder) {
            Ok(paths) => paths,
            Err(ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(kind) => return Err(failed(&folder, Fault::Unreadable(kind))),
        };
        paths.sort();
        let mut found = Self::default();
        for path in &paths {
            match path.extension().and_then(|end| end.to_str()) {
                Some("crt") => found.authorities.extend(authorities(path).map_err(|fault| failed(path, fault))?),
                Some("cert") if found.identity.is_some() => return Err(failed(path, Fault::Second)),
                Some("cert") => found.identity = Some(identity(path, &path.with_extension("key")).map_err(|(path, f)| failed(&path, f))?),
                Some("key") if !paths.contains(&path.with_extension("cert")) => return Err(failed(path, Fault::Alone { missing: "cert" })),
                _ => {}
            }
        }
        let is_empty = found.authorities.is_empty() && found.identity.is_none();
        Ok((!is_empty).then_some(found))
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, ErrorKind> {
    let entries = std::fs::read_dir(folder).map_err(|e| e.kind())?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(|e| e.kind())).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let file = file::open(path).map_err(|e| Fault::Unreadable(e.kind()))?.ok_or(Fault::NoFile)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Fault::Unreadable(e.kind()))?;
    if bytes.len() as u64 > MOST_BYTES { Err(Fault::TooLong) } else { Ok(bytes) }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let bytes = read(path)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|_| Fault::NoCertificate)?;
    if chain.is_empty() { Err(Fault::NoCertificate) } else { Ok(chain) }
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Fault> {
    let chain = chain(path)?;
    for certificate in &chain {
        RootCertStore::empty().add(certificate.clone()).map_err(|_| Fault::NoCertificate)?;
    }
    chain.iter().map(|certificate| Certificate::from_der(certificate).map_err(|_| Fault::NoCertificate)).collect()
}

/// Err: the file that is to blame, and why.
fn identity(path: &Path, key_path: &Path) -> Result<Identity, (PathBuf, Fault)> {
    let (here, key_here) = (|fault| (path.to_owned(), fault), |fault| (key_path.to_owned(), fault));
    let certificates = chain(path).map_err(here)?;
    let key = match read(key_path) {
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
    let mut both = read(path).map_err(here)?;
    both.push(b'\n');
    both.extend(key);
    Identity::from_pem(&both).map_err(|_| key_here(Fault::NoKey))
}
