//! Why a registry gave no digest.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::fault::{CertificateFault, FileFault, Garbage, HelperFault};
use super::login::Login;
use crate::model::Reference;

/// No digest. Clones, because one answer may hold many containers. No variant carries anything that a file of credentials or a token service said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// No connection, or none that could be trusted.
    #[error("registry {host} cannot be reached: {detail}")]
    Unreachable {
        /// The registry, or the token service that it names.
        host: String,
        /// The innermost cause.
        detail: String,
    },
    /// The engine does not pull from there, and so it is not asked.
    #[error("registries.conf blocks `{prefix}`, from where {reference} would be pulled")]
    Blocked {
        /// What was to be asked for.
        reference: Reference,
        /// The prefix of which `registries.conf` says it.
        prefix: String,
    },
    /// No answer in time.
    #[error("registry {host} does not answer within {} s", .within.as_secs_f64())]
    Timeout {
        /// The registry, or the token service that it names.
        host: String,
        /// The deadline.
        within: Duration,
    },
    /// It wants a credential, or another one.
    #[error("registry {host} does not let {asked} see {reference}")]
    Unauthorized {
        /// The registry, or the token service that it names.
        host: String,
        /// What was asked for.
        reference: Box<Reference>,
        /// As whom.
        asked: Asked,
        /// Where the credentials for it were looked for.
        login: Login,
    },
    /// It has no such tag or repository, or does not say.
    #[error("registry {host} has no {reference}")]
    NotFound {
        /// The registry.
        host: String,
        /// What was asked for.
        reference: Reference,
    },
    /// It wants to be left alone.
    #[error("registry {host} answers «too many requests»; not asked again for {seconds} s")]
    TooManyRequests {
        /// The registry, or the token service that it names.
        host: String,
        /// For how long.
        seconds: u64,
    },
    /// An error of its own, or anything else that is no answer.
    #[error("registry {host} answers {status} for {reference}")]
    Status {
        /// The registry, or the token service that it names.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What was asked for.
        reference: Reference,
    },
    /// An answer that makes no sense.
    #[error("registry {host} answers with something that is not a registry's: {what}")]
    Garbage {
        /// The registry, or the token service that it names.
        host: String,
        /// What is wrong with it.
        what: Garbage,
    },
    /// A registry that is talked to over TLS sends to a token service that is not.
    #[error("registry {host} names a token service without TLS, {realm}, which is not asked")]
    UnsafeRealm {
        /// The registry.
        host: String,
        /// The token service's host.
        realm: String,
    },
    /// This machine can verify nobody's certificate.
    #[error("registry {host} cannot be asked, because no certificate can be verified here: {detail}")]
    NoTrust {
        /// The registry.
        host: String,
        /// The innermost cause.
        detail: String,
    },
    /// A file in the engine's folder of certificates that cannot be used.
    #[error("registry {host} cannot be asked, because of {}: {fault}", .path.display())]
    Certificate {
        /// The registry.
        host: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: CertificateFault,
    },
    /// A file of credentials that cannot be used.
    #[error("cannot read the registry credentials in {}: {fault}", .path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: FileFault,
    },
    /// The file of credentials that a container's label names cannot be used.
    #[error(
        "cannot read the registry credentials of `{container}` in {path}, which its label io.containers.autoupdate.authfile names: {why}"
    )]
    AuthFile {
        /// The container.
        container: String,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// The engine was asked for it and has no digest.
    #[error("the engine, asked where {reference} points, says: {message}")]
    Engine {
        /// What was asked for.
        reference: Reference,
        /// The engine's own words.
        message: String,
    },
    /// The engine has no call by which it could be asked.
    #[error("the engine cannot be asked where {reference} points: {message}")]
    EngineWithoutCall {
        /// What was to be asked for.
        reference: Reference,
        /// Which engine says so, and how.
        message: String,
    },
    /// The program that keeps the registry's credentials gave no answer.
    #[error("the credential helper docker-credential-{helper} says nothing of {server}: {fault}")]
    Helper {
        /// As it was asked for it.
        server: String,
        /// Its name as `config.json` has it.
        helper: String,
        /// What happened.
        fault: HelperFault,
    },
}

/// As whom a registry was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// There are no credentials for it.
    WithoutCredentials,
    /// With those that there are.
    WithCredentials,
    /// There is an identity token, and the registry wants a name and a password, which that is not.
    WithoutIdentityToken,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WithCredentials => "the configured credentials",
            Self::WithoutCredentials | Self::WithoutIdentityToken => "anybody without credentials",
        })
    }
}

impl RegistryError {
    /// The same where credentials are looked for elsewhere than in Docker's file.
    pub(super) fn with_login(self, login: Login) -> Self {
        match self {
            Self::Unauthorized { host, reference, asked, .. } => Self::Unauthorized { host, reference, asked, login },
            other => other,
        }
    }

    /// What is true now.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Credentials { .. } => "no registry was asked; nothing was changed",
            Self::Blocked { .. } => "the registry was not asked; its containers run as before",
            Self::Helper { .. } => "the registry was not asked, not without credentials either; its containers run as before",
            _ => "its containers run as before; nothing was pulled",
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Unreachable { host, .. } | Self::Timeout { host, .. } => {
                format!("`curl -I https://{host}/v2/` must get an answer here; without TLS, the engine must know it as insecure")
            }
            Self::Blocked { prefix, .. } => format!(
                "take `blocked = true` of `{prefix}` out of registries.conf, or give it a mirror there, for tags and digests; else opt the \
                 container out: `rotate.enable=false`"
            ),
            // Its token service may have another name, for which nobody logs in.
            Self::Unauthorized { asked, reference, login, .. } => login.help(reference.registry(), asked),
            Self::NotFound { .. } => "see whether the tag was removed, or the repository needs a login".to_owned(),
            Self::TooManyRequests { .. } => "wait; fewer runs, or a login, give a higher limit".to_owned(),
            Self::Status { .. } | Self::Garbage { .. } => {
                "see the registry's own log or status page; it is asked again in the next run".to_owned()
            }
            Self::UnsafeRealm { .. } => "have the registry name a token service with https, or make it insecure for the engine".to_owned(),
            Self::NoTrust { .. } => "install the package `ca-certificates`".to_owned(),
            Self::Helper { server, helper, fault } => match fault {
                HelperFault::Missing => {
                    format!("install docker-credential-{helper}, or take it out of config.json and `docker login` again")
                }
                HelperFault::AnotherUsers => {
                    "log in as that user with `podman login`, which needs no helper, or run rotate as that user".to_owned()
                }
                _ => format!(
                    "`echo {server} | docker-credential-{helper} get` must end by itself as the user that rotate runs as (it prints a secret)"
                ),
            },
            Self::Certificate { fault: CertificateFault::AnotherUsers, .. } => {
                "make the file that user's own: `chown`; one below /etc may be for everybody to read".to_owned()
            }
            Self::Certificate { .. } => {
                "mend the file or take it away: `*.crt` are authorities, `NAME.cert` with `NAME.key` is the client's; or, for Docker, set registry.via = \"engine\""
                    .to_owned()
            }
            Self::AuthFile { path, .. } => {
                format!("log in with `podman login --authfile {path}` as the user whose engine it is, or make the container without that label")
            }
            Self::EngineWithoutCall { .. } => {
                "take `via = \"engine\"` out of `[registry]` in the configuration: rotate asks the registry itself then".to_owned()
            }
            Self::Engine { reference, .. } => format!("see whether `docker pull {reference}` works; it says more"),
            Self::Credentials { fault: FileFault::AnotherUsers, .. } => "make the file that user's own: `chown`, or log in anew as that user".to_owned(),
            Self::Credentials { path, .. } => {
                // Podman's own name for it; Docker's is `config.json`.
                let client = if path.ends_with("auth.json") { "podman" } else { "docker" };
                format!("make the file readable JSON again, or remove it and log in anew with `{client} login`")
            }
        }
    }
}
