//! Who has to log in where, so that this program finds the login: what to do about a registry that wants another one.

use super::error::Asked;

/// Where the credentials were looked for that a registry was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// In the file of Docker's client, of whoever we are.
    Docker,
    /// In that of the user whose Docker it is.
    AnothersDocker,
    /// In Podman's files, of the user whose engine it is.
    Podman,
    /// Not in Podman's: whoever uses the engine logs in as root, whose files this program does not read.
    RootsPodman,
    /// In the one file that a container's label names.
    OfLabel,
}

impl Login {
    /// What to do about a registry that lets nobody in who was asked `asked`.
    pub fn help(self, host: &str, asked: &Asked) -> String {
        let way = self.way(host);
        match (asked, self) {
            // Whoever has a login that is not read here knows the name.
            (Asked::WithoutCredentials, Self::RootsPodman) => way,
            (Asked::WithoutCredentials, _) => format!("see whether the name is right, or {way}"),
            // Of two files that have one for this registry the one in memory counts.
            (Asked::WithCredentials, Self::Podman) => format!("see whether they may read it, or `podman logout {host}` and {way}"),
            (Asked::WithCredentials, Self::RootsPodman) => format!("see whether they may read it; {way}"),
            (Asked::WithCredentials, _) => format!("see whether they may read it, or {way}"),
            (Asked::WithoutIdentityToken, _) => {
                format!("it has no token service, and wants a name and a password or an access token: {way}")
            }
        }
    }

    /// How to log in.
    fn way(self, host: &str) -> String {
        match self {
            Self::Docker => format!("`docker login {host}` as the user that rotate runs as"),
            Self::AnothersDocker => format!("`docker login {host}` as the user whose engine it is"),
            Self::Podman => format!(
                "log in as the user whose engine it is, to a file that lasts: `podman login --authfile ~/.config/containers/auth.json \
                 {host}` (without --authfile the login lies below /run, and is gone with a reboot)"
            ),
            Self::RootsPodman => {
                let file = "/root/.docker/config.json";
                format!(
                    "root's login is not read here: `podman login --authfile {file} {host}`, and `LoadCredential=config.json:{file}` for the \
                     unit of rotate"
                )
            }
            Self::OfLabel => {
                format!("log in to the file that its label io.containers.autoupdate.authfile names: `podman login --authfile FILE {host}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [Asked; 3] = [Asked::WithoutCredentials, Asked::WithCredentials, Asked::WithoutIdentityToken];

    #[test]
    fn podmans_user_is_told_of_a_file_that_a_reboot_does_not_empty() {
        for asked in ASKED {
            let help = Login::Podman.help("ghcr.io", &asked);
            assert!(help.contains("as the user whose engine it is"), "{help}");
            assert!(help.contains("`podman login --authfile ~/.config/containers/auth.json ghcr.io`"), "{help}");
            assert!(help.contains("gone with a reboot") && !help.contains("docker"), "{help}");
        }
        let help = Login::Podman.help("ghcr.io", &Asked::WithCredentials);
        assert!(help.contains("`podman logout ghcr.io`"), "the one in memory counts before the one that lasts: {help}");
    }

    #[test]
    fn the_user_that_rotate_runs_as_is_meant_only_where_that_ones_login_counts() {
        let all = [Login::Docker, Login::AnothersDocker, Login::Podman, Login::RootsPodman, Login::OfLabel];
        for (login, asked) in all.into_iter().flat_map(|login| ASKED.map(|asked| (login, asked))) {
            let help = login.help("ghcr.io", &asked);
            assert_eq!(help.contains("as the user that rotate runs as"), login == Login::Docker, "{help}");
        }
    }

    #[test]
    fn where_root_s_login_is_not_read_the_help_names_a_way_that_works() {
        assert_eq!(
            Login::RootsPodman.help("ghcr.io", &Asked::WithoutCredentials),
            "root's login is not read here: `podman login --authfile /root/.docker/config.json ghcr.io`, and \
             `LoadCredential=config.json:/root/.docker/config.json` for the unit of rotate"
        );
    }
}
