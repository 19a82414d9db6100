//! What can be wrong with that on which a digest depends: an answer, a file, a credential helper.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

/// What is wrong with a file of certificates or a key, or with the folder that they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// It cannot be read.
    Unreadable(ErrorKind),
    /// It is no file, such as a pipe in which nothing comes.
    NoFile,
    /// It is not that user's whose engine it is for.
    AnotherUsers,
    /// It is too long for what it should be.
    TooLong,
    /// It is a folder of more files than are read for one host.
    TooMany,
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
    /// It is named in the file of a user who is not us.
    AnotherUsers,
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
    /// It is no file, such as a pipe in which nothing comes.
    NoFile,
    /// It lies in the home of a user, and is not that user's.
    AnotherUsers,
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
            Self::NoFile => f.write_str("not a file"),
            Self::AnotherUsers => f.write_str("it does not belong to that user"),
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
            Self::NoFile => f.write_str("not a file"),
            Self::AnotherUsers => f.write_str("it does not belong to that user"),
            Self::TooLong => f.write_str("longer than 1 MiB"),
            Self::TooMany => f.write_str("more than 256 certificates and keys"),
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
            Self::AnotherUsers => f.write_str("another user's helper is not run"),
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
