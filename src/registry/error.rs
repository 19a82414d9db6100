//! Why a registry gave no digest.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

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
    /// The engine was asked for it and has no digest.
    #[error("the engine, asked where {reference} points, says: {message}")]
    Engine {
        /// What was asked for.
        reference: Reference,
        /// The engine's own words.
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

/// What is wrong with a file of certificates or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// It cannot be read.
    Unreadable(ErrorKind),
    /// It is too long for what it should be.
    TooLong,
    /// It has no certificate in PEM, or one that is none.
    NoCertificate,
    /// It has no private key in PEM, or one of an unknown kind, or behind a password.
    NoKey,
    /// Certificate and key do not belong together.
    OtherKey,
    /// A `.cert` without its `.key`, or the other way round.
    Alone {
        /// The ending of what is missing.
        missing: &'static str,
    },
    /// A second client certificate for the same host.
    Second,
}

/// Why a credential helper gave no answer. Nothing of its stdout is in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelperFault {
    /// No absolute folder of `$PATH` has it.
    Missing,
    /// It cannot be executed, or talked to.
    NotStarted(ErrorKind),
    /// It took longer than this, and was killed.
    TooSlow(Duration),
    /// It printed more than a credential can be, and was killed.
    TooLong,
    /// It ended with an error.
    Failed {
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
        /// The beginning of what it said on stderr.
        stderr: String,
    },
    /// It printed something that is no credential.
    Garbage,
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

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garbage {
    /// 200, and no `Docker-Content-Digest`.
    NoDigest,
    /// A `Docker-Content-Digest` that is none.
    BadDigest,
    /// A `Bearer` challenge without a usable realm.
    Challenge,
    /// The token service's body is no JSON of the expected form, or too long.
    Token,
    /// The token service's body has no usable token.
    NoToken,
    /// Redirected too often, or from TLS to none.
    Redirect,
    /// Not HTTP.
    Protocol,
}

/// What is wrong with a file, without anything that stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// It cannot be read.
    Unreadable(ErrorKind),
    /// It is too long for what it should be.
    TooLong,
    /// It is not JSON, or not of the expected form.
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// An `auth` is not base64 of name, colon, password.
    Auth {
        /// Which entry of `auths`, counted from 1, in the file's order.
        entry: usize,
    },
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WithCredentials => "the configured credentials",
            Self::WithoutCredentials | Self::WithoutIdentityToken => "anybody without credentials",
        })
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDigest => "no Docker-Content-Digest",
            Self::BadDigest => "a Docker-Content-Digest that is no digest",
            Self::Challenge => "a demand for a token without a usable realm",
            Self::Token => "a token service's answer that cannot be read",
            Self::NoToken => "a token service's answer without a usable token",
            Self::Redirect => "a redirect that leads round in circles or away from TLS",
            Self::Protocol => "not HTTP",
        })
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(kind) => write!(f, "{kind}"),
            Self::TooLong => f.write_str("longer than 1 MiB"),
            Self::Json { line, column } => write!(f, "not JSON of the expected form at line {line}, column {column}"),
            Self::Auth { entry } => write!(f, "`auth` of entry {entry} in `auths` is not base64 of a name, a colon and a password"),
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(kind) => write!(f, "{kind}"),
            Self::TooLong => f.write_str("longer than 1 MiB"),
            Self::NoCertificate => f.write_str("not a certificate in PEM"),
            Self::NoKey => f.write_str("not a private key in PEM without a password"),
            Self::OtherKey => f.write_str("it does not belong to its key"),
            Self::Alone { missing } => write!(f, "no file of the same name with the ending .{missing}"),
            Self::Second => f.write_str("a second client certificate, of which rotate can use one only"),
        }
    }
}

impl fmt::Display for HelperFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no folder of PATH has it"),
            Self::NotStarted(kind) => write!(f, "{kind}"),
            Self::TooSlow(limit) => write!(f, "it did not end within {} s", limit.as_secs_f64()),
            Self::TooLong => f.write_str("it printed more than 1 MiB"),
            Self::Failed { code, stderr } => {
                match code {
                    Some(code) => write!(f, "it ended with {code}")?,
                    None => f.write_str("a signal ended it")?,
                }
                if stderr.is_empty() { Ok(()) } else { write!(f, " («{stderr}»)") }
            }
            Self::Garbage => f.write_str("it printed something that is no credential"),
        }
    }
}

impl RegistryError {
    /// What is true now.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Credentials { .. } => "no registry was asked; nothing was changed",
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
            Self::Unauthorized { asked, host, .. } => match asked {
                Asked::WithoutCredentials => {
                    format!("see whether the name is right, or `docker login {host}` as the user that rotate runs as")
                }
                Asked::WithCredentials => {
                    format!("see whether they may read it, or `docker login {host}` again as the user that rotate runs as")
                }
                Asked::WithoutIdentityToken => {
                    format!("it has no token service: `docker login {host}` with a name and a password or an access token")
                }
            },
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
                _ => format!(
                    "`echo {server} | docker-credential-{helper} get` must end by itself as the user that rotate runs as (it prints a secret)"
                ),
            },
            Self::Certificate { .. } => {
                "mend the file or take it away: `*.crt` are authorities, `NAME.cert` with `NAME.key` is the client's; or set registry.via = \"engine\""
                    .to_owned()
            }
            Self::Engine { reference, .. } => format!("see whether `docker pull {reference}` works; it says more"),
            Self::Credentials { .. } => "make the file readable JSON again, or log in anew with `docker login`".to_owned(),
        }
    }
}
