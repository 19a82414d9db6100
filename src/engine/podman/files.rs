//! Our files beside a user's units, and a user's that a label names. Where that user is another, no call of ours touches a path of theirs: that user's
//! own programs do.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::errand::{errand, word};
use super::owner::{Owner, as_user, not_started, not_that_user};
use super::played::dated;
use super::said::run;
use crate::engine::calls::refused;
use crate::engine::{AuthFile, EngineError};
use crate::text::masked;
use crate::user::User;

/// A home may be on another host.
const PATIENCE: Duration = Duration::from_secs(20);
/// Prints those of its arguments that are there, each ended by a zero byte.
const EXISTING: &str = "for path; do if test -e \"$path\"; then printf '%s\\0' \"$path\"; fi; done";

/// Those of these paths at which there is something.
pub async fn existing(owner: &Owner, paths: &[PathBuf]) -> Result<Vec<PathBuf>, EngineError> {
    let call = "look for drop-ins";
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let Some(user) = owner.another(call).await? else {
        return Ok(paths.iter().filter(|path| path.exists()).cloned().collect());
    };
    let mut command = as_user(&user, "sh");
    command.args(["-c", EXISTING, "sh"]).args(paths);
    let said = run(call, command, PATIENCE, |error| not_started(call, 501, "sh", error)).await?;
    if let Some(error) = not_that_user(call, &said.complaint) {
        return Err(error);
    }
    let is_printed = |path: &&PathBuf| said.answer.split('\0').any(|printed| Path::new(printed) == **path);
    Ok(paths.iter().filter(is_printed).cloned().collect())
}

/// Of a file when it, or a link that leads to it, was changed or put there; an empty line; then itself.
const DATED: &str = "stat -L -c '%Y %Z' -- \"$1\" && stat -c '%Y %Z' -- \"$1\" && echo && cat -- \"$1\"";
/// No file of credentials or of Kubernetes that a person wrote is longer.
const MOST_BYTES: u64 = 1 << 20;
const TOO_LONG: &str = "it is longer than 1 MiB";

/// Reads a file of credentials.
pub async fn read(owner: &Owner, path: &str) -> Result<AuthFile, EngineError> {
    let read = by_its_owner(owner, path, "cat -- \"$1\"").await?;
    Ok(match read {
        Some(text) => AuthFile { text, is_anothers: true },
        None => AuthFile { text: own(path)?.0, is_anothers: false },
    })
}

/// Reads a file, and when it was written last.
pub async fn read_dated(owner: &Owner, path: &str) -> Result<(String, Timestamp), EngineError> {
    match by_its_owner(owner, path, DATED).await? {
        Some(printed) => dated(&printed).ok_or_else(|| refused(&reading(path), 400, "it has no date")),
        None => own(path),
    }
}

/// What a script prints of a file, as the user whose engine it is; none if that is us.
async fn by_its_owner(owner: &Owner, path: &str, script: &str) -> Result<Option<String>, EngineError> {
    let call = reading(path);
    if !path.starts_with('/') {
        return Err(refused(&call, 400, "it is no absolute path"));
    }
    let Some(user) = owner.another(&call).await? else { return Ok(None) };
    let mut command = as_user(&user, "sh");
    command.args(["-c", script, "sh", path]).env("LC_ALL", "C");
    let said = run(&call, command, PATIENCE, |error| not_started(&call, 501, "sh", error)).await?;
    if let Some(error) = not_that_user(&call, &said.complaint) {
        return Err(error);
    }
    match said.code {
        Some(0) if said.answer.len() as u64 > MOST_BYTES => Err(refused(&call, 400, TOO_LONG)),
        Some(0) => Ok(Some(said.answer)),
        _ => Err(refused(&call, 400, &format!("as user {}: {}", user.name, said.complaint.trim()))),
    }
}

fn reading(path: &str) -> String {
    format!("read {path}")
}

fn own(path: &str) -> Result<(String, Timestamp), EngineError> {
    read_own(Path::new(path)).map_err(|error| refused(&reading(path), 400, &error.to_string()))
}

/// Not for ever: a pipe in which nothing comes would hold the whole program.
fn read_own(path: &Path) -> io::Result<(String, Timestamp)> {
    let file = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let link = fs::symlink_metadata(path)?;
    let dates = [&found, &link].map(|of| [(of.mtime(), of.mtime_nsec()), (of.ctime(), of.ctime_nsec())].into_iter().max());
    let (seconds, nanoseconds) = dates.into_iter().flatten().max().unwrap_or_default();
    let edited_at = Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or_default()).map_err(io::Error::other)?;
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES { Err(io::Error::other(TOO_LONG)) } else { Ok((text, edited_at)) }
}

/// Writes a file, and the folder that it lies in if there is none.
pub async fn write(owner: &Owner, path: &Path, text: &str) -> Result<(), EngineError> {
    let call = format!("write {}", path.display());
    match owner.another(&call).await? {
        None => write_own(path, text).map_err(|error| refused(&call, 400, &error.to_string())),
        Some(user) => {
            let (folder, part) = (path.parent().unwrap_or(path), path.with_extension("part"));
            let [folder, part, path] = [folder, &part, path].map(|path| word(&path.to_string_lossy()));
            // As `write_own` does it.
            let script = format!(
                "umask 022 && mkdir -p -- {folder} && printf %s {} >{part} && sync -- {part} && mv -fT -- {part} {path} && sync -- {folder}",
                word(text)
            );
            by(&user, &call, &script).await
        }
    }
}

/// Removes a file, and its folder if nothing else is in there. Absent is success.
pub async fn remove(owner: &Owner, path: &Path) -> Result<(), EngineError> {
    let call = format!("remove {}", path.display());
    match owner.another(&call).await? {
        None => remove_own(path).map_err(|error| refused(&call, 400, &error.to_string())),
        Some(user) => {
            let [folder, path] = [path.parent().unwrap_or(path), path].map(|path| word(&path.to_string_lossy()));
            by(&user, &call, &format!("rm -f -- {path} && {{ rmdir -- {folder} 2>/dev/null || :; }}")).await
        }
    }
}

async fn by(user: &User, call: &str, script: &str) -> Result<(), EngineError> {
    let said = errand(user, call, script, PATIENCE).await?;
    let complaint = masked(said.complaint.trim());
    if said.code == Some(0) { Ok(()) } else { Err(refused(call, 400, &format!("as user {}: {complaint}", user.name))) }
}

/// Whole or not at all, also after a power cut: half a drop-in may keep a unit from being made.
fn write_own(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let part = path.with_extension("part");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    fs::File::open(folder)?.sync_all()
}

fn remove_own(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    if let Some(folder) = path.parent() {
        // Not ours alone if there is something else in it.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}
