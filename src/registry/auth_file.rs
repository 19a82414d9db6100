//! Where Podman keeps what `podman login` was told (containers-auth.json(5)).

use std::ffi::OsString;
use std::path::PathBuf;

/// `$REGISTRY_AUTH_FILE` alone, else the one in memory, which a reboot empties (`$XDG_RUNTIME_DIR/containers/auth.json`, root's
/// `/run/containers/0/auth.json`), and for what is not in there the one that lasts (`~/.config/containers/auth.json`).
pub fn paths(env: impl Fn(&str) -> Option<OsString>, is_root: bool) -> Vec<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = set("REGISTRY_AUTH_FILE") {
        return vec![chosen];
    }
    let in_memory =
        if is_root { Some(PathBuf::from("/run/containers/0")) } else { set("XDG_RUNTIME_DIR").map(|folder| folder.join("containers")) };
    let home = set("HOME").or_else(|| is_root.then(|| PathBuf::from("/root")));
    let lasting = home.map(|home| home.join(".config/containers"));
    in_memory.into_iter().chain(lasting).map(|folder| folder.join("auth.json")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_in_memory_comes_before_the_one_that_lasts_and_a_chosen_one_stands_alone() {
        let found = |chosen: &'static str, is_root| {
            let env = move |name: &str| match name {
                "REGISTRY_AUTH_FILE" => Some(OsString::from(chosen)),
                "XDG_RUNTIME_DIR" => Some("/run/user/7".into()),
                "HOME" => Some("/home/a".into()),
                _ => None,
            };
            paths(env, is_root)
        };
        let lasting = "/home/a/.config/containers/auth.json";
        assert_eq!(found("", false), ["/run/user/7/containers/auth.json", lasting].map(PathBuf::from));
        assert_eq!(found("", true), ["/run/containers/0/auth.json", lasting].map(PathBuf::from));
        assert_eq!(found("/etc/auth.json", true), [PathBuf::from("/etc/auth.json")]);
    }
}
