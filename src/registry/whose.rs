//! Whose files say with which credentials a registry is asked, and which certificates are good: this program's own, or those of the user whose engine it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Nobody's credentials are ever used for the engine of another user: that user's program is told them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose(Option<Another>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Another {
    id: u32,
    home: PathBuf,
}

impl Whose {
    /// This program's own, as its environment says.
    pub fn ours() -> Self {
        Self(None)
    }

    /// Those of this user, unless that is who we are.
    pub fn of_user(id: u32, home: &Path) -> Self {
        let is_us = rustix::process::geteuid().as_raw() == id;
        Self((!is_us).then(|| Another { id, home: home.to_owned() }))
    }

    /// A variable as that user's own programs have it; of another user's only those that follow from who it is.
    pub(super) fn env(&self, name: &str) -> Option<OsString> {
        match (&self.0, name) {
            (None, _) => std::env::var_os(name),
            (Some(another), "HOME") => Some(another.home.clone().into()),
            (Some(another), "XDG_RUNTIME_DIR") => Some(format!("/run/user/{}", another.id).into()),
            (Some(_), _) => None,
        }
    }

    pub(super) fn is_root(&self) -> bool {
        self.0.is_none() && rustix::process::geteuid().is_root()
    }

    /// To whom a file must belong: a link in the home of another leads to any file that we may read. None: to anybody.
    pub(super) fn owner(&self) -> Option<u32> {
        self.0.as_ref().map(|another| another.id)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{chown, symlink};

    use super::*;
    use crate::registry::fault::FileFault;
    use crate::registry::{Credentials, RegistryError};

    /// Nobody's.
    const ANOTHER: u32 = 65_534;

    #[tokio::test]
    async fn of_another_users_files_only_that_users_own_are_read_and_none_of_ours() {
        let home = tempfile::tempdir().expect("a folder");
        let (ours, theirs) = (home.path().join("ours.json"), home.path().join(".config/containers/auth.json"));
        fs::create_dir_all(home.path().join(".config/containers")).expect("a folder");
        // «alice:secret»
        let text = r#"{"auths": {"r.lan": {"auth": "YWxpY2U6c2VjcmV0"}}}"#;
        fs::write(&ours, text).expect("a file");
        symlink(&ours, &theirs).expect("a link");
        let whose = Whose::of_user(ANOTHER, home.path());
        let error = Credentials::load(true, &whose).expect_err("a link to a file of ours");
        assert!(matches!(&error, RegistryError::Credentials { path, fault: FileFault::AnotherUsers } if *path == theirs), "{error:?}");

        fs::remove_file(&theirs).expect("a link");
        assert!(Credentials::load(true, &whose).is_ok_and(|none| none.in_file("r.lan", "web").is_none()));
        if !rustix::process::geteuid().is_root() {
            return; // who is not root gives no file to another
        }
        fs::write(&theirs, text).and_then(|()| chown(&theirs, Some(ANOTHER), None)).expect("a file of that user's");
        let found = Credentials::load(true, &whose).expect("that user's own");
        assert!(found.find("r.lan", "web").await.expect("no helper").is_some());

        // A helper would run as us.
        fs::write(&theirs, r#"{"credHelpers": {"r.lan": "pass"}}"#).expect("a file of that user's");
        let found = Credentials::load(true, &whose).expect("that user's own");
        let error = found.find("r.lan", "web").await.expect_err("nobody is asked without a credential instead");
        assert!(error.to_string().contains("another user's helper is not run"), "{error}");
        assert!(found.find("other.lan", "web").await.expect("no helper for that one").is_none());
    }
}
