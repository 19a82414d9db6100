//! Several files -> one [`Config`] that knows where each value comes from. Pure: what is in the files has been read already.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::fragment::Fragment;
use super::origin::Origins;
use super::settings::Config;
use super::validate::validate;

/// A configuration, and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The values that hold.
    pub config: Config,
    /// Where each comes from.
    pub origins: Origins,
    /// The files that were read, the one that wins last.
    pub files: Vec<PathBuf>,
}

impl Loaded {
    /// Checks the texts and merges them: a later file wins, key by key, and each command is a key of its own.
    ///
    /// A value that a later file replaces must be right, too: else removing that file would uncover the mistake, at the worst time.
    pub(super) fn of(texts: Vec<(PathBuf, String)>) -> Result<Self, ConfigError> {
        let mut merged = Fragment::default();
        let mut files = Vec::with_capacity(texts.len());
        for (path, text) in texts {
            let fragment = Fragment::parse(&path, &text)?;
            validate(fragment.clone())?;
            merged.overlay(fragment);
            files.push(path);
        }
        Ok(Self { origins: merged.origins(), config: validate(merged)?, files })
    }
}

impl Config {
    /// Checks one text, pure; `path` serves only to say where something stands.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        Ok(Loaded::of(vec![(path.to_owned(), text.to_owned())])?.config)
    }
}
