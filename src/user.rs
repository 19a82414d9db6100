//! Users of this host: who they are, where their home is, and who of them lingers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// A directory of users that does not answer is another network's.
const DEADLINE: Duration = Duration::from_secs(5);
/// Where loginctl(1) notes who lingers, a file each.
const LINGER: &str = "/var/lib/systemd/linger";

/// A user of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// The number.
    pub id: u32,
    /// The number of the user's own group.
    pub group: u32,
    /// The home directory.
    pub home: PathBuf,
}

impl User {
    /// True if this is the user's name, or number.
    pub fn is_called(&self, name_or_id: &str) -> bool {
        self.name == name_or_id || self.id.to_string() == name_or_id
    }
}

/// The user of this name, or of this number. None: there is none.
///
/// Looks into /etc/passwd first, then asks getent(1), which knows the users of directories, too.
/// Errors: it cannot be said whether there is one.
pub async fn find(name_or_id: &str) -> io::Result<Option<User>> {
    let local = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if let Some(user) = local.lines().filter_map(entry).find(|user| user.is_called(name_or_id)) {
        return Ok(Some(user));
    }
    let mut getent = Command::new("getent");
    getent.args(["passwd", "--", name_or_id]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let answer = match tokio::time::timeout(DEADLINE, getent.output()).await {
        // Without it there are no users but those of the file.
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(answer) => answer?,
        Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, format!("getent gave no answer within {} s", DEADLINE.as_secs()))),
    };
    match answer.status.code() {
        Some(0) => Ok(String::from_utf8_lossy(&answer.stdout).lines().find_map(entry)),
        Some(2) => Ok(None),
        _ => Err(io::Error::other(format!("getent ended with {}", answer.status))),
    }
}

/// One line of passwd(5).
fn entry(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, id, group, _, home, ..] = fields[..] else { return None };
    Some(User { name: name.to_owned(), id: id.parse().ok()?, group: group.parse().ok()?, home: PathBuf::from(home) })
}

/// The users who linger, by name: their engines run from the boot on, whether they are logged in or not.
pub fn lingering() -> Vec<String> {
    let entries = fs::read_dir(LINGER).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// True if this user lingers.
pub fn lingers(name: &str) -> bool {
    Path::new(LINGER).join(name).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_passwd_is_read_and_what_is_none_is_not() {
        let alice = User { name: "alice".into(), id: 1001, group: 100, home: "/home/alice".into() };
        assert_eq!(entry("alice:x:1001:100:Alice,,,:/home/alice:/bin/bash"), Some(alice));
        for line in ["", "alice", "alice:x:none:100::/home/alice:/bin/sh", "+::::::"] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[tokio::test]
    async fn root_is_found_by_name_and_by_number_and_nobody_of_a_name_that_none_has() {
        for text in ["root", "0"] {
            let user = find(text).await.expect("the host knows its users");
            assert_eq!(user.map(|user| (user.name, user.id)), Some(("root".to_owned(), 0)));
        }
        assert_eq!(find("no-such-user-here").await.expect("the host knows its users"), None);
    }
}
