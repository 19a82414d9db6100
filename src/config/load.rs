//! From a path to a configuration: the only file access of this room.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::merge::Loaded;
use super::position::Position;
use super::settings::Config;

/// Where the configuration is looked for if no path is given. It need not exist.
pub const DEFAULT_PATH: &str = "/etc/rotate/rotate.toml";

/// The directory beside that file whose `*.toml` are merged over it.
const DROP_INS: &str = "rotate.d";

/// No configuration is larger; `/dev/zero` is.
pub(super) const LARGEST_BYTES: u64 = 1024 * 1024;

impl Config {
    /// Reads and checks the file at `path` and the `rotate.d/*.toml` beside it, in the order of their names' bytes; a later one wins, key by key.
    /// If no file is at `path`: an error if it `must_exist` (somebody named it), else the drop-ins and the defaults hold.
    ///
    /// What is there and cannot be read, also a link to nothing, is always an error: it never means the defaults.
    pub fn load(path: &Path, must_exist: bool) -> Result<Loaded, ConfigError> {
        let main = text(path)?;
        if main.is_none() && must_exist {
            return Err(ConfigError::Absent { path: path.to_owned() });
        }
        let mut texts: Vec<_> = main.map(|text| (path.to_owned(), text)).into_iter().collect();
        for path in drop_ins(&path.with_file_name(DROP_INS))? {
            // One that was removed since the directory was read does not count.
            if let Some(text) = text(&path)? {
                texts.push((path, text));
            }
        }
        Loaded::of(texts)
    }
}

/// The files of the directory that count, sorted; hidden ones are editors' and package managers'. None if there is no such directory.
fn drop_ins(directory: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let names = fs::read_dir(directory).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>());
    let mut names = match names {
        Ok(names) => names,
        Err(source) if source.kind() == io::ErrorKind::NotFound && !directory.is_symlink() => return Ok(Vec::new()),
        Err(source) => return Err(ConfigError::DropIns { path: directory.to_owned(), source }),
    };
    names.retain(|name| name.as_bytes().ends_with(b".toml") && !name.as_bytes().starts_with(b"."));
    names.sort();
    Ok(names.into_iter().map(|name| directory.join(name)).collect())
}

/// None if nothing is there.
fn text(path: &Path) -> Result<Option<String>, ConfigError> {
    match read(path) {
        Ok(bytes) if bytes.len() as u64 > LARGEST_BYTES => Err(ConfigError::TooLarge { path: path.to_owned() }),
        Ok(bytes) => utf8(path, bytes).map(Some),
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
        Err(_) if path.is_symlink() => Err(ConfigError::Dangling { path: path.to_owned() }),
        Err(_) => Ok(None),
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
