//! Docker's `config.json`: the part of it that holds credentials.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::model::Credential;

/// The file (docker/cli, `config/configfile`). Other keys are none of our business.
#[derive(Deserialize, Default)]
pub struct ConfigFile {
    /// By registry, or registry and namespace.
    #[serde(default)]
    pub auths: BTreeMap<String, Entry>,
}

/// One registry's entry.
#[derive(Deserialize, Default)]
pub struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl Entry {
    /// The credential; none if the entry is empty, as a credential store leaves it. Err: it says something that cannot be read.
    pub fn credential(&self) -> Result<Option<Credential>, &'static str> {
        let set = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        if let Some(token) = set(&self.identitytoken) {
            return Ok(Some(Credential::IdentityToken(token)));
        }
        if let Some(auth) = set(&self.auth) {
            let plain = STANDARD.decode(auth.trim()).map_err(|_| "an `auth` is not base64")?;
            let plain = String::from_utf8(plain).map_err(|_| "an `auth` is not text")?;
            let (username, password) = plain.split_once(':').ok_or("an `auth` has no colon")?;
            // Old clients padded with zero bytes.
            let password = password.trim_end_matches('\0').to_owned();
            return Ok(Some(Credential::Basic { username: username.to_owned(), password }));
        }
        Ok(set(&self.username).zip(set(&self.password)).map(|(username, password)| Credential::Basic { username, password }))
    }
}
