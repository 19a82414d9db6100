//! Where Podman keeps what `podman login` was told (containers-auth.json(5)).

use std::ffi::OsString;
use std::path::PathBuf;

/// `$REGISTRY_AUTH_FILE`, else the one in memory, which a reboot empties (`$XDG_RUNTIME_DIR/containers/auth.json`, root's
/// `/run/containers/0/auth.json`), else the one that lasts (`~/.config/containers/auth.json`).
pub fn path(env: impl Fn(&str) -> Option<OsString>, is_root: bool) -> Option<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = set("REGISTRY_AUTH_FILE") {
        return Some(chosen);
    }
    let in_memory =
        if is_root { Some(PathBuf::from("/run/containers/0")) } else { set("XDG_RUNTIME_DIR").map(|folder| folder.join("containers")) };
    let home = set("HOME").or_else(|| is_root.then(|| PathBuf::from("/root")));
    let lasting = home.map(|home| home.join(".config/containers"));
    let mut files = in_memory.into_iter().chain(lasting).map(|folder| folder.join("auth.json"));
    files.find(|file| file.exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_file_in_memory_comes_before_the_one_that_lasts_and_a_chosen_one_before_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let (memory, home) = (folder.path().join("run"), folder.path().join("home"));
        let (first, second) = (memory.join("containers/auth.json"), home.join(".config/containers/auth.json"));
        let found = |chosen: &str| {
            let env = |name: &str| match name {
                "REGISTRY_AUTH_FILE" => Some(OsString::from(chosen)),
                "XDG_RUNTIME_DIR" => Some(memory.clone().into()),
                "HOME" => Some(home.clone().into()),
                _ => None,
            };
            path(env, false)
        };
        let write = |file: &PathBuf| {
            file.parent().map(fs::create_dir_all).expect("a folder").and_then(|()| fs::write(file, "{}")).expect("a file");
        };
        assert_eq!(found(""), None);
        write(&second);
        assert_eq!(found(""), Some(second));
        write(&first);
        assert_eq!(found(""), Some(first));
        assert_eq!(found("/etc/auth.json"), Some("/etc/auth.json".into()));
    }
}
