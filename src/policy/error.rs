//! Why a container's labels cannot be followed: data, one clause each, and what to do.

use super::{LABELS, PREFIX};
use crate::config::ValueError;
use crate::text::{list, masked, nearest, quoted};

/// A label that cannot be followed. It holds its own container and no other; the caller adds that container's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A label under `rotate.` that rotate does not know: a slip must not silently mean "off".
    #[error("unknown label {}", quoted(label))]
    UnknownLabel {
        /// The label as given.
        label: String,
    },
    /// A value that the label cannot have.
    #[error("label `{label}` cannot be {}: {reason}", quoted(&masked(value)))]
    BadValue {
        /// The label.
        label: String,
        /// The value as given.
        value: String,
        /// Why not. Part of the clause, hence no source of its own.
        reason: ValueError,
    },
    /// A health probe that cannot be made.
    #[error("label `{label}` cannot be {}: {reason}", quoted(&masked(value)))]
    BadProbe {
        /// The label.
        label: String,
        /// The value as given.
        value: String,
        /// Why not. Part of the clause, hence no source of its own.
        reason: ProbeError,
    },
    /// Two labels that exclude each other.
    #[error("labels `{first}` and `{second}` exclude each other")]
    TwoProbes {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A label that says more about a probe that no label asks for.
    #[error("label `{label}` needs `{needs}` beside it")]
    NoProbe {
        /// The label.
        label: &'static str,
        /// What is missing.
        needs: &'static str,
    },
}

/// Why a text is no health probe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Not `:PORT`, with or without a path.
    #[error("it does not begin with `:` and a port from 1 to 65535")]
    NoPort,
    /// More than a port.
    #[error("there is something after the port")]
    NotOnlyPort,
    /// A path with what no URL may hold.
    #[error("its path has a character that no URL may have")]
    BadPath,
    /// Not `200`, and not `200-399`.
    #[error("it is no status code of HTTP, nor a range of them")]
    BadStatus,
    /// Nothing to look for or to run.
    #[error("it is empty")]
    Empty,
    /// `[` that begins no JSON list of texts.
    #[error("it begins with `[` and is no JSON list of texts")]
    BadList,
    /// No such command in `rotate.toml`.
    #[error("`[health.commands]` of rotate.toml has no such name")]
    UnknownCommand {
        /// Those that it has.
        known: Vec<String>,
    },
}

impl PolicyError {
    /// What is true now.
    pub fn state(&self) -> &'static str {
        "the container is held as it is; the others are not affected"
    }

    /// What to do. Labels cannot be changed on a container, hence it must be created anew.
    pub fn help(&self) -> String {
        match self {
            Self::UnknownLabel { label } => {
                let end = label.get(PREFIX.len()..).unwrap_or_default();
                let known: Vec<&str> = LABELS.iter().map(|label| label.trim_start_matches(PREFIX)).collect();
                match nearest(end, &known) {
                    Some(near) => format!("did you mean `{PREFIX}{near}`?"),
                    None => format!("the labels are {}", list(LABELS, "and")),
                }
            }
            Self::BadValue { value, reason, .. } => reason.help(value),
            Self::BadProbe { value, reason, .. } => reason.help(value),
            Self::TwoProbes { .. } => {
                "keep one of them; `rotate.health.exec` and `rotate.health.command` can check several things at once".to_owned()
            }
            Self::NoProbe { label, needs } => format!("add `{needs}`, or leave `{label}` out"),
        }
    }
}

impl ProbeError {
    fn help(&self, value: &str) -> String {
        match self {
            Self::NoPort | Self::BadPath => {
                "write the port inside the container: `:8080`, for HTTP with a path: `:8080/healthz`".to_owned()
            }
            Self::NotOnlyPort => "write the port alone, such as `:5432`; a path belongs to `rotate.health.http`".to_owned(),
            Self::BadStatus => "write `200`, or `200-399`".to_owned(),
            Self::Empty => "leave it out, or say what".to_owned(),
            Self::BadList => "write `[\"pg_isready\", \"-q\"]`, or a line for the container's shell: `pg_isready -q`".to_owned(),
            Self::UnknownCommand { known } => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                match nearest(value, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => format!("define it there: {value} = [\"/usr/local/bin/check\"]"),
                    None => format!("the names are {}", list(&known, "and")),
                }
            }
        }
    }
}
