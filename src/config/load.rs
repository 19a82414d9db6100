//! From a path to a [`Config`]: the only file access of this room.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::ConfigError;
use super::fragment::Fragment;
use super::position::Position;
use super::settings::Config;
use super::validate::validate;

/// Where the configuration is looked for if no path is given. It need not exist.
pub const DEFAULT_PATH: &str = "/etc/rotate/rotate.toml";

/// No configuration is larger; `/dev/zero` is.
pub(super) const LARGEST_BYTES: u64 = 1024 * 1024;

impl Config {
    /// Reads and checks the file at `path`. If nothing is there: an error if it `must_exist` (somebody named it), else the defaults.
    ///
    /// A file that is there and cannot be read, also a link to nothing, is always an error: it never means the defaults.
    pub fn load(path: &Path, must_exist: bool) -> Result<Self, ConfigError> {
        match read(path) {
            Ok(bytes) if bytes.len() as u64 > LARGEST_BYTES => Err(ConfigError::TooLarge { path: path.to_owned() }),
            Ok(bytes) => Self::parse(path, &utf8(path, bytes)?),
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
            Err(_) if path.is_symlink() => Err(ConfigError::Dangling { path: path.to_owned() }),
            Err(_) if must_exist => Err(ConfigError::Absent { path: path.to_owned() }),
            Err(_) => Ok(Self::default()),
        }
    }

    /// Checks a text, pure; `path` serves only to say where something stands.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        validate(Fragment::parse(path, text)?)
    }
}

/// At most one byte more than is allowed.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        ConfigError::NotText { at: Position::of(path, &text, valid) }
    })
}
