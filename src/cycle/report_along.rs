//! What is said of containers that are made anew along with another.

use serde::Serialize;

use crate::model::Digest;
use crate::plan;
use crate::rotation::{Ended, Member, Record};

/// How they stand once all of them went back.
pub const ALL_BACK: &str =
    "the old containers run under their names and are well; the new ones are removed, the last log lines of the one that failed are kept";

/// One that is made anew along with another.
#[derive(Debug, Clone, Serialize)]
pub struct Along {
    /// Its name.
    pub name: String,
    /// The reference that it follows, as typed.
    pub image: String,
    /// The digest that ran before.
    pub from_digest: Option<String>,
    /// The digest that was rotated to, or tried; none: its image has stayed.
    pub to_digest: Option<String>,
}

impl Along {
    pub fn of(member: &Member) -> Self {
        let text = |digest: &Option<Digest>| digest.as_ref().map(ToString::to_string);
        let (from_digest, to_digest) = (text(&member.old_digest), text(&member.digest));
        Self { name: member.name.clone(), image: member.reference.to_string(), from_digest, to_digest }
    }
}

/// Whose image is to blame for what turned a rotation back; the first one's if that is not known.
pub fn blamed(record: &Record) -> &str {
    record.at_fault().next().map_or(&record.unit, |member| &member.name)
}

/// What is said of several, with whom it is about if that is not the first one.
pub fn of_whom(record: &Record, ended: &Ended, message: String) -> String {
    if record.members.len() == 1 {
        return message;
    }
    if matches!(ended, Ended::Stuck(_)) {
        let names: Vec<_> = record.names().map(str::to_owned).collect();
        return format!("of {} one: {message}", plan::listed(&names));
    }
    match record.failed_member.filter(|n| *n > 0).and_then(|n| record.members.get(n)) {
        Some(other) => format!("`{}`, which requires it: {message}", other.name),
        None => message,
    }
}
