//! Docker's `config.json`: the part of it that holds credentials.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::fault::FileFault;
use super::file;
use crate::model::Credential;

const MOST_BYTES: u64 = 1 << 20;

/// With or without the padding: people cut it off.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The file (docker/cli, `config/configfile`). Other keys are none of our business.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ConfigFile {
    /// By registry, or registry and namespace, in the file's order.
    auths: Option<Map<String, Value>>,
    /// The helper that keeps everything.
    creds_store: Option<String>,
    /// The helpers that keep one registry's each.
    cred_helpers: Option<HashMap<String, String>>,
}

/// The programs that keep credentials outside the file: one for everything, and some for one registry each.
#[derive(Clone, Default)]
pub struct Helpers {
    store: Option<String>,
    by_registry: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl Helpers {
    /// These, and the others for what they are not for.
    pub fn or(mut self, others: Self) -> Self {
        for (registry, name) in others.by_registry {
            self.by_registry.entry(registry).or_insert(name);
        }
        Self { store: self.store.or(others.store), ..self }
    }
}

impl ConfigFile {
    /// Reads it. An absent or empty file is one without credentials, as for Docker. `owner`: whose it must be.
    pub fn read(path: &Path, owner: Option<u32>) -> Result<Self, FileFault> {
        let mut bytes = Vec::new();
        let mut is_theirs = true;
        let read = |file: File| {
            is_theirs = owner.is_none_or(|owner| file.metadata().is_ok_and(|file| file.uid() == owner));
            if is_theirs { file.take(MOST_BYTES + 1).read_to_end(&mut bytes) } else { Ok(0) }
        };
        match file::open(path).and_then(|file| file.map(read).transpose()) {
            Ok(None) => return Err(FileFault::NoFile),
            Ok(Some(_)) if !is_theirs => return Err(FileFault::AnotherUsers),
            Ok(_) if bytes.len() as u64 > MOST_BYTES => return Err(FileFault::TooLong),
            Ok(_) => {}
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Self::default()),
            Err(e) => return Err(FileFault::Unreadable(e.kind())),
        }
        Self::parse(&bytes)
    }

    /// What stands in such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileFault> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        // The parser's own message may quote a secret: only its place is kept.
        serde_json::from_slice(bytes).map_err(|e| FileFault::Json { line: e.line(), column: e.column() })
    }

    /// Each entry that holds a credential, with its key as it stands there. An entry that a helper left empty holds none.
    pub fn credentials(&self) -> Result<Vec<(&str, Credential)>, FileFault> {
        let mut all = Vec::new();
        for (position, (key, value)) in self.auths.iter().flatten().enumerate() {
            let fault = || FileFault::Auth { entry: position + 1 };
            let entry = Entry::deserialize(value).map_err(|_| fault())?;
            all.extend(entry.credential().ok_or_else(fault)?.map(|credential| (key.as_str(), credential)));
        }
        Ok(all)
    }

    /// Who keeps the rest.
    pub fn helpers(self) -> Helpers {
        Helpers { store: self.creds_store, by_registry: self.cred_helpers.unwrap_or_default() }
    }
}

impl Helpers {
    /// The helper that keeps this registry's credentials, if any does.
    pub fn of(&self, registry: &str) -> Option<&str> {
        let own = self.by_registry.get(registry);
        own.or(self.store.as_ref()).map(String::as_str).filter(|name| !name.is_empty())
    }
}

impl Entry {
    /// The credential, or none if the entry is empty. None outside: it says something that cannot be read.
    fn credential(self) -> Option<Option<Credential>> {
        let set = |text: Option<String>| text.filter(|t| !t.is_empty());
        if let Some(token) = set(self.identitytoken) {
            return Some(Some(Credential::IdentityToken(token)));
        }
        let Some(auth) = set(self.auth) else {
            return Some(set(self.username).zip(set(self.password)).map(|(username, password)| Credential::Basic { username, password }));
        };
        let plain = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
        let (username, password) = plain.split_once(':')?;
        // Old clients padded with zero bytes.
        let password = password.trim_end_matches('\0');
        Some(Some(Credential::Basic { username: username.to_owned(), password: password.to_owned() }))
    }
}
