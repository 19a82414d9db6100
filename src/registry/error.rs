//! Why a registry gave no digest.

use std::path::PathBuf;

use crate::model::Reference;

/// No digest. Clones, because one answer may hold many containers.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// No connection, or none that could be trusted.
    #[error("registry {host} cannot be reached: {detail}")]
    Unreachable {
        /// The host.
        host: String,
        /// What failed.
        detail: String,
    },
    /// No answer in time.
    #[error("registry {host} does not answer")]
    Timeout {
        /// The host.
        host: String,
    },
    /// It wants a credential, or another one.
    #[error("registry {host} does not let {who} see {reference}")]
    Unauthorized {
        /// The host.
        host: String,
        /// `anybody without credentials` or `the configured credentials`.
        who: &'static str,
        /// What was asked for.
        reference: Reference,
    },
    /// It has no such tag or repository, or does not say.
    #[error("registry {host} has no {reference}")]
    NotFound {
        /// The host.
        host: String,
        /// What was asked for.
        reference: Reference,
    },
    /// It wants to be left alone.
    #[error("registry {host} answers «too many requests»; not asked again for {seconds} s")]
    TooManyRequests {
        /// The host.
        host: String,
        /// For how long.
        seconds: u64,
    },
    /// An error of its own, or anything else that is no answer.
    #[error("registry {host} answers {status} for {reference}")]
    Status {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What was asked for.
        reference: Reference,
    },
    /// An answer that makes no sense.
    #[error("registry {host} answers with something that is not a registry's: {detail}")]
    Garbage {
        /// The host.
        host: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A file of credentials that cannot be used.
    #[error("cannot read the registry credentials in {}: {detail}", .path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong, without anything that stands in it.
        detail: String,
    },
}

impl RegistryError {
    /// What is true now.
    pub fn state(&self) -> &'static str {
        "its containers run as before; nothing was pulled"
    }

    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => {
                "see whether this host reaches it: `curl -I https://HOST/v2/`; an insecure one must be one for the engine, too"
            }
            Self::Unauthorized { .. } => "log in with `docker login` as the user that rotate runs as",
            Self::NotFound { .. } => "see whether the tag was removed, or the repository needs a login",
            Self::TooManyRequests { .. } => "wait; fewer runs, or a login, give a higher limit",
            Self::Status { .. } | Self::Garbage { .. } => "see the registry's own log or status page; it is asked again in the next run",
            Self::Credentials { .. } => "make the file readable JSON again, or log in anew with `docker login`",
        }
    }
}
