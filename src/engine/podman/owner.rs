//! Whose an engine is. What is done there beside its API is done with that user's rights: by us if we are that user, else by setpriv(1), which leaves
//! the program none of our own.
//!
//! A file that such a program reads or writes, a link that it follows: it can reach what that user may reach, and nothing else.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::engine::EngineError;
use crate::engine::calls::refused;
use crate::model::user_of_place;
use crate::user::{self, User};

/// The user whose engine listens at a socket.
#[derive(Debug, Clone)]
pub struct Owner {
    socket: PathBuf,
    /// Looked up once, while the engine is known to be there: whoever may write beside the socket can take it away, and must not become us by that.
    id: Option<u32>,
}

impl Owner {
    /// Of the engine at this socket, which has just answered.
    pub fn of(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), id: owner(socket) }
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The user whose engine it is; none: we are.
    ///
    /// Errors: [`EngineError::Refused`] if the socket was gone before it was looked whose it is, or nobody knows that user, one who was deleted for
    /// example.
    pub async fn another(&self, call: &str) -> Result<Option<User>, EngineError> {
        match self.id(call)? {
            id if id == rustix::process::geteuid().as_raw() => Ok(None),
            id => known(call, id, &self.socket).await.map(Some),
        }
    }

    /// The user whose engine it is; none: it is root's.
    ///
    /// Errors: as for [`Owner::another`].
    pub async fn not_root(&self, call: &str) -> Result<Option<User>, EngineError> {
        match self.id(call)? {
            0 => Ok(None),
            id => known(call, id, &self.socket).await.map(Some),
        }
    }

    fn id(&self, call: &str) -> Result<u32, EngineError> {
        let gone = || refused(call, 403, &format!("the socket {} is gone, and nobody knows whose it was", self.socket.display()));
        self.id.ok_or_else(gone)
    }
}

async fn known(call: &str, id: u32, socket: &Path) -> Result<User, EngineError> {
    match user::find(&id.to_string()).await {
        Ok(Some(user)) => Ok(user),
        Ok(None) => Err(refused(call, 403, &format!("the socket {} is of user {id}, whom nobody knows", socket.display()))),
        Err(error) => Err(refused(call, 500, &format!("cannot learn who user {id} is: {error}"))),
    }
}

/// A user's engine is that user's by its place: what lies there can be changed, or gone, at any moment, and must not become another's by that.
fn owner(socket: &Path) -> Option<u32> {
    user_of_place(socket).or_else(|| std::fs::metadata(socket).ok().map(|socket| socket.uid()))
}

/// A program with nothing of our environment, in no folder of ours, and as a group of its own.
pub fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// A program with the rights of this user, and none of ours: whoever it is run as may look into it.
pub fn as_user(user: &User, program: &str) -> Command {
    let mut command = bare("setpriv");
    command.arg(format!("--reuid={}", user.id)).arg(format!("--regid={}", user.group));
    command.args(["--init-groups", "--inh-caps=-all", "--ambient-caps=-all", "--", program]);
    // Where that user's own settings are; all else is found by who it is.
    command.env("HOME", &user.home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// The same with variables that the user chose, and nothing else. They reach the program and not setpriv, which still has our rights: the dynamic
/// linker would do with these what `LD_PRELOAD` says. Of two values for one name the later counts.
///
/// By env(1), which takes any name: a shell has none with a dot, and some that nobody may set (`UID`). It puts a value in the place of `${…}` by
/// itself, as it is; no value is an argument, which everybody on the host may read. From coreutils 8.30 on.
pub fn as_user_with(user: &User, program: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = as_user(user, "env");
    let mut assigned = r#"-- "HOME=${HOME}" "PATH=${PATH}""#.to_owned();
    for (n, (name, value)) in variables.iter().enumerate() {
        let name = name.replace('\\', r"\\").replace('"', r#"\""#).replace('$', r"\$");
        assigned.push_str(&format!(" \"{name}=${{ROTATE_VARIABLE_{n}}}\""));
        command.env(format!("ROTATE_VARIABLE_{n}"), value);
    }
    command.args(["-i", "-S", &assigned, program]);
    command
}

/// What [`as_user`] could not do, by its complaint: become that user.
pub fn not_that_user(call: &str, complaint: &str) -> Option<EngineError> {
    let why = complaint.trim().strip_prefix("setpriv: ")?;
    if why.starts_with("failed to execute") {
        return Some(refused(call, 501, why));
    }
    let drop_in = "run rotate as that user or as root, or give its unit the drop-in podman-engines.conf";
    Some(refused(call, 403, &format!("the engine is another user's, as whom it has to be asked: {drop_in}: {why}")))
}

/// Why a program of the user's could not be begun.
pub fn not_started(call: &str, status: u16, program: &str, error: &io::Error) -> EngineError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no program `{program}` (or, for the engine of another user, no `setpriv`) in $PATH"),
        _ => format!("{program} cannot be run: {error}"),
    };
    refused(call, status, &why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_engine_is_that_users_whatever_lies_at_its_place() {
        assert_eq!(owner(Path::new("/run/user/4294967000/podman/podman.sock")), Some(4_294_967_000));
        assert_eq!(owner(Path::new("/nowhere/podman.sock")), None);
    }

    #[tokio::test]
    async fn an_engine_whose_socket_vanishes_stays_its_owners_and_one_without_a_socket_is_nobodys() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("podman.sock");
        std::fs::write(&socket, "").expect("a file");
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            std::os::unix::fs::chown(&socket, Some(65_534), None).expect("root gives files away");
        }
        let owner = Owner::of(&socket);
        std::fs::remove_file(&socket).expect("it is there");
        let another = owner.another("look").await.expect("nobody is known");
        assert_eq!(another.map(|user| user.id), is_root.then_some(65_534));
        let error = Owner::of(&socket).another("look").await.expect_err("it is gone");
        assert!(error.to_string().contains("nobody knows whose it was"), "{error}");
    }

    fn nobody() -> User {
        User { name: "nobody".into(), id: 65_534, group: 65_534, home: PathBuf::from("/") }
    }

    /// Odd names, what a shell keeps for itself, and what programs heed.
    const CHOSEN: [(&str, &str); 12] = [
        ("discovery.type", "single-node"),
        ("UID", "7"),
        ("EUID", "7"),
        ("PPID", "7"),
        ("SHELLOPTS", "xtrace"),
        ("1-a b", "${HOME}"),
        ("-i", "#"),
        ("a\"$b\\", "\\c\""),
        ("TEXT", "it's $(id)\n`id` \"b\" \\"),
        ("EMPTY", ""),
        ("LD_LIBRARY_PATH", "/evil"),
        ("PATH", "/evil"),
    ];

    #[test]
    fn a_variable_of_any_name_reaches_the_program_and_no_value_is_an_argument() {
        let path = std::env::var("PATH").expect("a path");
        let mut command = as_user_with(&nobody(), "env", &[&CHOSEN[..], &[("PATH", path.as_str())]].concat());
        command.arg("-0");
        let command = command.as_std();
        let arguments: Vec<_> = command.get_args().map(|text| text.to_string_lossy().into_owned()).collect();
        for value in ["single-node", "xtrace", "it's", "/evil"] {
            assert!(!arguments.concat().contains(value), "{arguments:?}");
        }
        // Who is not root becomes nobody else: what comes after setpriv, as oneself.
        let after = arguments.iter().position(|argument| argument == "env").expect("it is handed over by env");
        let mut env = std::process::Command::new("env");
        env.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).args(&arguments[after + 1..]);
        let output = env.output().expect("coreutils");
        let said = String::from_utf8_lossy(&output.stdout);
        let mut expected: Vec<String> = CHOSEN.iter().map(|(name, value)| format!("{name}={value}")).collect();
        *expected.last_mut().expect("it is the path") = format!("PATH={path}");
        expected.push("HOME=/".to_owned());
        let mut found: Vec<&str> = said.split_terminator('\0').collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[tokio::test]
    async fn no_variable_that_a_user_chose_reaches_what_has_our_rights_and_each_reaches_the_users_program() {
        let path = std::env::var("PATH").expect("a path");
        let show = "printf '%s|' \"$LD_LIBRARY_PATH\" \"$TEXT\" \"$ROTATE_VARIABLE_0\" \"$@\"";
        let mut command = as_user_with(&nobody(), "sh", &[&CHOSEN[..], &[("PATH", path.as_str())]].concat());
        command.args(["-c", show, "sh", "a b", "$c", "A=b"]);
        let of_setpriv: Vec<_> = command.as_std().get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        assert!(of_setpriv.iter().all(|name| name.starts_with("ROTATE_VARIABLE_") || name == "HOME" || name == "PATH"), "{of_setpriv:?}");
        if !rustix::process::geteuid().is_root() {
            return; // who is not root becomes nobody else
        }
        let output = command.output().await.expect("setpriv");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said, "/evil|it's $(id)\n`id` \"b\" \\||a b|$c|A=b|", "{}", String::from_utf8_lossy(&output.stderr));
    }
}
