//! Which credential belongs to which reference. No registry is ever sent another's.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::RegistryError;
use super::config_file::ConfigFile;
use crate::model::{Credential, Reference};

/// Credentials by registry (`ghcr.io`) or by registry and namespace (`ghcr.io/me`).
#[derive(Debug, Clone, Default)]
pub struct Credentials(BTreeMap<String, Credential>);

impl Credentials {
    /// Reads Docker's file where Docker looks: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json` (`/root` for a service without `HOME`).
    ///
    /// An absent file means none. Errors: [`RegistryError::Credentials`], which names the file and nothing that stands in it.
    pub fn load() -> Result<Self, RegistryError> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = || set("HOME").unwrap_or_else(|| PathBuf::from("/root")).join(".docker");
        Self::read(&set("DOCKER_CONFIG").unwrap_or_else(home).join("config.json"))
    }

    /// Reads one file.
    pub fn read(path: &Path) -> Result<Self, RegistryError> {
        let failed = |detail: String| RegistryError::Credentials { path: path.to_owned(), detail };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Self::default()),
            Err(e) => return Err(failed(e.kind().to_string())),
        };
        let file: ConfigFile = serde_json::from_str(&text)
            .map_err(|e| failed(format!("not JSON of the expected form at line {}, column {}", e.line(), e.column())))?;
        let mut all = BTreeMap::new();
        for (key, entry) in file.auths {
            if let Some(credential) = entry.credential().map_err(|what| failed(what.to_owned()))? {
                all.insert(normalised(&key), credential);
            }
        }
        Ok(Self(all))
    }

    /// The most exact one: `ghcr.io/me/app`, then `ghcr.io/me`, then `ghcr.io` (containers-auth.json(5)).
    pub fn for_reference(&self, reference: &Reference) -> Option<&Credential> {
        let whole = format!("{}/{}", reference.registry(), reference.repository());
        let ends = whole.match_indices('/').map(|(at, _)| at);
        let mut keys: Vec<&str> = ends.filter_map(|at| whole.get(..at)).collect();
        keys.push(&whole);
        keys.into_iter().rev().find_map(|key| self.0.get(key))
    }
}

/// `https://index.docker.io/v1/` is how the Hub stands in the file; others may stand with a scheme and a path of an old API.
fn normalised(key: &str) -> String {
    let bare = key.trim_start_matches("https://").trim_start_matches("http://");
    let bare = ["/v1/", "/v2/", "/v1", "/v2", "/"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
    match bare {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        other => other.to_owned(),
    }
}
