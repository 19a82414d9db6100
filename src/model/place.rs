//! Where Podman finds what a name says: not always where the name says it.

use super::{Reference, Target};

/// A part of all names, and where the engine finds what is in it: one `[[registry]]` of containers-registries.conf(5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// What a name begins with: `docker.io`, `registry.lan/team`, or `*.lan` for all hosts below.
    pub prefix: String,
    /// What stands there instead; the same as the prefix, or empty: nothing does.
    pub location: String,
    /// The location needs no trusted certificate, nor TLS. A mirror says for itself whether it does.
    pub is_insecure: bool,
    /// The location is not to be asked.
    pub is_blocked: bool,
    /// Asked before the location, in this order.
    pub mirrors: Vec<Mirror>,
}

/// A copy of what is in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// What stands in place of the prefix.
    pub location: String,
    /// It needs no trusted certificate, nor TLS.
    pub is_insecure: bool,
    /// For what it is asked.
    pub pulls: Pulls,
}

/// Which pulls a mirror is for (`mirror-by-digest-only`, `pull-from-mirror`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulls {
    /// Any.
    All,
    /// Those by a tag.
    ByTag,
    /// Those by a digest: it may be late with tags.
    ByDigest,
}

/// Who is asked for a reference, and by which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name there.
    pub reference: Reference,
    /// Whoever it is needs no trusted certificate, nor TLS.
    pub is_insecure: bool,
}

/// Why nobody is asked for a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSource {
    /// All whom the engine would ask are blocked.
    Blocked {
        /// The prefix of which that is said.
        prefix: String,
    },
    /// A location makes no name of it, and the engine then pulls from none.
    NoName,
}

impl Place {
    /// How much of a name the prefix stands for: whole parts of it only. None: the name is not of this place.
    pub fn begins(&self, name: &str) -> Option<usize> {
        let end = match self.prefix.strip_prefix('*') {
            Some(below) => name.split('/').next()?.find(below)? + below.len(),
            None => name.starts_with(&self.prefix).then_some(self.prefix.len())?,
        };
        name[end..].starts_with(['/', ':', '@']).then_some(end)
    }

    /// The mirrors that are for such a reference, then the location unless that is blocked. None: one of them makes no name.
    pub fn sources_of(&self, reference: &Reference) -> Option<Vec<Source>> {
        let mirrors = self.mirrors.iter().filter(|mirror| mirror.pulls.include(reference.target()));
        let mirrors = mirrors.map(|mirror| (&mirror.location, mirror.is_insecure));
        let location = (!self.is_blocked).then_some((&self.location, self.is_insecure));
        let all = mirrors.chain(location);
        all.map(|(location, is_insecure)| Some(Source { reference: self.moved(reference, location)?, is_insecure })).collect()
    }

    /// The name of a reference at its location. None: it is no name.
    pub fn at_location(&self, reference: &Reference) -> Option<Reference> {
        self.moved(reference, &self.location)
    }

    fn moved(&self, reference: &Reference, location: &str) -> Option<Reference> {
        if location.is_empty() {
            return Some(reference.clone());
        }
        let name = reference.whole_name();
        let moved: Reference = format!("{location}{}", &name[self.begins(&name)?..]).parse().ok()?;
        // What has no host would be read as a name of Docker Hub's, where Podman does not ask for it either.
        moved.whole_name().starts_with(location).then_some(moved)
    }
}

impl Pulls {
    fn include(self, target: &Target) -> bool {
        match target {
            Target::Tag(_) => self != Self::ByDigest,
            Target::Digest(_) => self != Self::ByTag,
        }
    }
}
