//! Whose records lie directly in the state directory. Engines that came later have a folder of their own in `engines/`, under their name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The file that names it.
const NOTE: &str = "engine";
/// The folder of all others.
const FOLDER: &str = "engines";
/// No engine's name is longer.
const MOST_BYTES: usize = 300;

/// The engine whose records lie in the state directory itself. None: nobody has said so yet.
///
/// Errors: the note is there, and cannot be read.
pub fn owner(state_dir: &Path) -> Result<Option<String>, StoreError> {
    let path = state_dir.join(NOTE);
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() || text.len() > MOST_BYTES => {
            Err(StoreError::Damaged { path, detail: "it names no engine".to_owned() })
        }
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Io { path, source }),
    }
}

/// Notes it, for good: whole or not at all, also over a power cut. The caller holds the [`super::Lock`].
pub fn set_owner(state_dir: &Path, engine: &str) -> Result<(), StoreError> {
    let (path, new) = (state_dir.join(NOTE), state_dir.join(".engine.new"));
    let write = || {
        let mut file = File::create(&new)?;
        writeln!(file, "{engine}")?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(state_dir)?.sync_all()
    };
    write().map_err(|source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(path.clone()),
        _ => StoreError::Io { path: path.clone(), source },
    })
}

/// Where the records of an engine lie that is not the owner.
pub fn folder_of(state_dir: &Path, engine: &str) -> PathBuf {
    state_dir.join(FOLDER).join(engine)
}

/// The engines that have such a folder.
pub fn others(state_dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(state_dir.join(FOLDER)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
