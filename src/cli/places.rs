//! Where configuration, records and socket are: the host's, or those of a user who has a rotate of one's own.

use std::path::{Path, PathBuf};

use crate::config::DEFAULT_PATH;
use crate::control::DEFAULT_SOCKET;

/// Where everything is that no option names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The main file of the configuration.
    pub config: PathBuf,
    /// Records, unless the configuration says; none: where the host's are.
    pub state_dir: Option<PathBuf>,
    /// The daemon's socket.
    pub socket: PathBuf,
    /// Where an administrator, or the user, enables units of systemd.
    pub units: PathBuf,
}

/// What the environment says of a user (XDG Base Directory Specification; systemd gives a user's units the same).
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, else `.config` at home.
    pub config: Option<PathBuf>,
    /// `XDG_STATE_HOME`, else `.local/state` at home.
    pub state: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`; without one there is no rotate of one's own.
    pub runtime: Option<PathBuf>,
}

impl Home {
    /// Of this process; none for root, whose rotate is the host's.
    pub fn ours() -> Option<Self> {
        let path = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let ours = || Self {
            home: path("HOME"),
            config: path("XDG_CONFIG_HOME"),
            state: path("XDG_STATE_HOME"),
            runtime: path("XDG_RUNTIME_DIR"),
        };
        (!rustix::process::geteuid().is_root()).then(ours)
    }
}

impl Places {
    /// Of this process.
    pub fn ours() -> Self {
        Self::of(Home::ours(), Path::exists)
    }

    /// A user has a rotate of one's own if there is a `rotate/rotate.toml` where that user's configurations are. Everybody else, a member of the
    /// group `rotate` too, means the host's.
    pub fn of(home: Option<Home>, exists: impl Fn(&Path) -> bool) -> Self {
        let own = || {
            let Home { home, config, state, runtime } = home?;
            let below = |folder: &str| home.as_ref().map(|home| home.join(folder));
            let (config, state) = (config.or_else(|| below(".config"))?, state.or_else(|| below(".local/state"))?);
            let file = config.join("rotate/rotate.toml");
            exists(&file).then_some(Self {
                config: file,
                state_dir: Some(state.join("rotate")),
                socket: runtime?.join("rotate/rotate.sock"),
                units: config.join("systemd/user"),
            })
        };
        own().unwrap_or_else(|| Self {
            config: PathBuf::from(DEFAULT_PATH),
            state_dir: None,
            socket: PathBuf::from(DEFAULT_SOCKET),
            units: PathBuf::from("/etc/systemd/system"),
        })
    }

    /// True for the address of an engine of the user whose places they are.
    pub fn owns(&self, address: &str) -> bool {
        let runtime = self.socket.ancestors().nth(2).filter(|_| self.are_own());
        let socket = address.strip_prefix("unix://").map(Path::new);
        runtime.zip(socket).is_some_and(|(runtime, socket)| socket.starts_with(runtime))
    }

    /// True if they are a user's.
    pub fn are_own(&self) -> bool {
        self.state_dir.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Home {
        Home { home: Some("/home/alice".into()), runtime: Some("/run/user/1000".into()), ..Home::default() }
    }

    #[test]
    fn who_has_a_configuration_has_a_rotate_of_one_s_own_and_everybody_else_means_the_host_s() {
        let own = Places::of(Some(alice()), |path| path == Path::new("/home/alice/.config/rotate/rotate.toml"));
        assert_eq!(own.state_dir, Some("/home/alice/.local/state/rotate".into()));
        assert_eq!(own.socket, Path::new("/run/user/1000/rotate/rotate.sock"));
        assert!(own.are_own() && own.owns("unix:///run/user/1000/podman/podman.sock") && !own.owns("unix:///run/podman/podman.sock"));
        let hosts = Places::of(Some(alice()), |_| false);
        assert_eq!((hosts.config.to_str(), hosts.socket.to_str()), (Some(DEFAULT_PATH), Some(DEFAULT_SOCKET)));
        assert_eq!(Places::of(None, |_| true), hosts, "root's is the host's");
        assert!(!hosts.are_own() && !hosts.owns("unix:///run/podman/podman.sock"));
    }

    #[test]
    fn what_the_environment_names_is_stronger_than_the_home() {
        let home = Home { config: Some("/c".into()), state: Some("/s".into()), ..alice() };
        let own = Places::of(Some(home), |path| path == Path::new("/c/rotate/rotate.toml"));
        assert_eq!((own.config.to_str(), own.state_dir), (Some("/c/rotate/rotate.toml"), Some("/s/rotate".into())));
    }

    #[test]
    fn without_a_session_there_is_no_rotate_of_one_s_own() {
        let home = Home { runtime: None, ..alice() };
        assert!(!Places::of(Some(home), |_| true).are_own());
    }
}
