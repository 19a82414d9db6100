//! Which credential belongs to which reference. No registry is ever sent another's.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::auth_file;
use super::config_file::{ConfigFile, Helpers};
use super::fault::{FileFault, HelperFault};
use super::helper::{self, HelperLimits};
use super::{HUB, RegistryError, Whose};
use crate::model::Credential;

/// How the Hub stands in Docker's file, and how its helpers know it.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Credentials by registry (`ghcr.io`) or by registry and namespace (`ghcr.io/me`), and the helpers that keep others. Clones share what helpers
/// answered: each is asked once for a registry, however often its credential is wanted.
#[derive(Clone, Default)]
pub struct Credentials {
    by_key: BTreeMap<String, Credential>,
    helpers: Helpers,
    limits: HelperLimits,
    /// Found in the files of a user who is not us: whatever program is named there is not run by us.
    is_anothers: bool,
    answers: Arc<Mutex<HashMap<String, Arc<OnceCell<HelperAnswer>>>>>,
}

type HelperAnswer = Result<Option<Credential>, RegistryError>;

impl Credentials {
    /// Reads Docker's file where Docker looks ([`Credentials::path`]); for Podman its own first, and for what is not in there Docker's, as it does.
    /// Of another user's files only those that are that user's own.
    ///
    /// An absent file means none. Errors: [`RegistryError::Credentials`], which names the file and nothing that stands in it.
    pub fn load(is_for_podman: bool, whose: &Whose) -> Result<Self, RegistryError> {
        let is_root = whose.is_root();
        let env = |name: &str| whose.env(name);
        let own = if is_for_podman { auth_file::paths(env, is_root) } else { Vec::new() };
        let files = own.into_iter().chain(Self::path(env, is_root)).map(|path| Self::read_of(&path, whose.owner()));
        let found = files.reduce(|own, other| Ok(own?.or(other?))).unwrap_or_else(|| Ok(Self::default()))?;
        Ok(Self { is_anothers: whose.owner().is_some(), ..found })
    }

    /// Its own, and the other's for what it has none for.
    fn or(mut self, other: Self) -> Self {
        for (key, credential) in other.by_key {
            self.by_key.entry(key).or_insert(credential);
        }
        Self { helpers: self.helpers.or(other.helpers), ..self }
    }

    /// `$DOCKER_CONFIG/config.json`, else what systemd hands over with `LoadCredential=config.json:…`, else `~/.docker/config.json`. A service may have no `HOME`: root's is known, another's is not.
    pub fn path(env: impl Fn(&str) -> Option<OsString>, is_root: bool) -> Option<PathBuf> {
        let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || set("HOME").or_else(|| is_root.then(|| PathBuf::from("/root"))).map(|home| home.join(".docker"));
        let loaded = || set("CREDENTIALS_DIRECTORY");
        set("DOCKER_CONFIG").or_else(loaded).or_else(home).map(|folder| folder.join("config.json"))
    }

    /// Reads one file. Errors: as [`Credentials::load`].
    pub fn read(path: &Path) -> Result<Self, RegistryError> {
        Self::read_of(path, None)
    }

    /// The same of one that must belong to this user.
    fn read_of(path: &Path, owner: Option<u32>) -> Result<Self, RegistryError> {
        let failed = |fault| RegistryError::Credentials { path: path.to_owned(), fault };
        Self::of_file(ConfigFile::read(path, owner).map_err(failed)?).map_err(failed)
    }

    /// Those of a file that somebody else has read. `is_anothers`: it is of a user who is not us.
    pub fn of_text(text: &str, is_anothers: bool) -> Result<Self, FileFault> {
        Ok(Self { is_anothers, ..Self::of_file(ConfigFile::parse(text.as_bytes())?)? })
    }

    fn of_file(file: ConfigFile) -> Result<Self, FileFault> {
        let mut found = file.credentials()?;
        // Of two keys for one registry the later here wins: the one that says it as Docker itself does.
        found.sort_by_key(|(key, _)| (*key == HUB_KEY, *key == normalised(key)));
        let by_key = found.into_iter().map(|(key, credential)| (normalised(key), credential)).collect();
        Ok(Self { by_key, helpers: file.helpers(), ..Self::default() })
    }

    /// The same with helpers found elsewhere, or with another deadline.
    pub fn with_helper_limits(self, limits: HelperLimits) -> Self {
        Self { limits, ..self }
    }

    /// The credential for a repository of a registry; none if there is none.
    ///
    /// A helper that is configured for the registry is asked first, as Docker does, and only what it does not have is looked up in the file.
    /// Errors: [`RegistryError::Helper`]; then nobody is to be asked without credentials instead.
    pub async fn find(&self, registry: &str, repository: &str) -> Result<Option<Credential>, RegistryError> {
        let registry = hub(registry);
        match self.helped(if registry == HUB { HUB_KEY } else { registry }).await? {
            Some(credential) => Ok(Some(credential)),
            None => Ok(self.in_file(registry, repository).cloned()),
        }
    }

    /// The most exact one of the file: `ghcr.io/me/app`, then `ghcr.io/me`, then `ghcr.io` (containers-auth.json(5)).
    pub fn in_file(&self, registry: &str, repository: &str) -> Option<&Credential> {
        let whole = format!("{}/{repository}", hub(registry));
        let shorter = whole.rmatch_indices('/').filter_map(|(at, _)| whole.get(..at));
        std::iter::once(whole.as_str()).chain(shorter).find_map(|key| self.by_key.get(key))
    }

    async fn helped(&self, server: &str) -> HelperAnswer {
        let Some(name) = self.helpers.of(server) else { return Ok(None) };
        if self.is_anothers {
            let (server, helper, fault) = (server.to_owned(), name.to_owned(), HelperFault::AnotherUsers);
            return Err(RegistryError::Helper { server, helper, fault });
        }
        let cell = Arc::clone(self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(server.to_owned()).or_default());
        let ask = || async {
            tracing::debug!(helper = name, server, "asking a credential helper");
            let failed = |fault| RegistryError::Helper { server: server.to_owned(), helper: name.to_owned(), fault };
            helper::ask(name, server, &self.limits).await.map_err(failed)
        };
        cell.get_or_init(ask).await.clone()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&self.by_key.keys()).finish()
    }
}

/// A key as references name registries. Only a key with a scheme has a path that is none of the namespace; without one, only an old API's version is.
fn normalised(key: &str) -> String {
    let bare = match key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")) {
        Some(rest) => rest.split('/').next().unwrap_or(rest),
        None => {
            let bare = key.trim_end_matches('/');
            ["/v1", "/v2"].iter().find_map(|end| bare.strip_suffix(end).filter(|host| !host.contains('/'))).unwrap_or(bare)
        }
    };
    let (host, path) = bare.find('/').map_or((bare, ""), |at| bare.split_at(at));
    format!("{}{path}", hub(host))
}

/// Docker's own registry has three names.
fn hub(host: &str) -> &str {
    if matches!(host, "index.docker.io" | "registry-1.docker.io") { HUB } else { host }
}
