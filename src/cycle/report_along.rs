//! What is said of containers that are made anew along with another.

use serde::Serialize;

use crate::model::Digest;
use crate::rotation::Member;

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
