//! An image reference as people type it, and what it means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Digest;

/// What a reference points with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A tag, which may move.
    Tag(String),
    /// A digest, which cannot: such a container is pinned.
    Digest(Digest),
}

/// An image reference, normalised: registry, repository, and tag or digest.
///
/// `nginx` means `docker.io/library/nginx:latest`. [`fmt::Display`] gives it as the engine shows it (`nginx:latest`). With both a tag and a digest, the digest counts.
/// Source: the reference grammar of distribution/reference, as Docker's command line reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    registry: String,
    repository: String,
    target: Target,
}

/// The text is not an image reference that a registry could be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// A bare image id: there is no name to ask a registry for.
    #[error("`{0}` is an image id, not a name")]
    ImageId(String),
    /// Not of the grammar.
    #[error("`{0}` is not an image reference")]
    Malformed(String),
}

const HUB: &str = "docker.io";

impl Reference {
    /// Host, and port if one was given: `docker.io`, `10.0.0.1:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Path below the registry: `library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Tag or digest.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Registry and repository as the engine shows them: `nginx`, `10.0.0.1:5000/web`.
    ///
    /// The Hub's name is left out only where what is left over cannot be read as something else: `docker.io/my.team/web` keeps it.
    pub fn familiar_name(&self) -> String {
        self.short_name().map_or_else(|| format!("{}/{}", self.registry, self.repository), str::to_owned)
    }

    /// The name without the Hub's; none where a registry is shown.
    fn short_name(&self) -> Option<&str> {
        if self.registry != HUB {
            return None;
        }
        let official = self.repository.strip_prefix("library/").filter(|name| !name.contains('/'));
        let short = official.unwrap_or(&self.repository);
        (!names_a_host(short) && !is_digest_algorithm(short)).then_some(short)
    }

    /// With its registry, also where that is Docker's own.
    pub fn whole_name(&self) -> String {
        let (sign, target) = match &self.target {
            Target::Tag(tag) => (':', tag.clone()),
            Target::Digest(digest) => ('@', digest.to_string()),
        };
        format!("{}/{}{sign}{target}", self.registry, self.repository)
    }

    /// The same repository at this digest.
    pub fn at_digest(&self, digest: &Digest) -> Self {
        Self { target: Target::Digest(digest.clone()), ..self.clone() }
    }

    /// True if both name the same repository on the same registry.
    pub fn is_same_repository(&self, other: &Self) -> bool {
        self.registry == other.registry && self.repository == other.repository
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || ReferenceError::Malformed(text.to_owned());
        let is_lower_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if text.parse::<Digest>().is_ok() || (text.len() == 64 && text.chars().all(is_lower_hex)) {
            return Err(ReferenceError::ImageId(text.to_owned()));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse::<Digest>().map_err(|_| malformed())?)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if names_a_host(name) => (host, path),
            _ => (HUB, name),
        };
        let registry = if registry == "index.docker.io" { HUB } else { registry };
        if !is_host(registry) || !is_repository(path) || !tag.is_none_or(is_tag) {
            return Err(malformed());
        }
        let repository = if registry == HUB && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        let target = match digest {
            Some(digest) => Target::Digest(digest),
            None => Target::Tag(tag.unwrap_or("latest").to_owned()),
        };
        Ok(Self { registry: registry.to_owned(), repository, target })
    }
}

/// True if what stands before the first slash is a host and not a namespace of the Hub.
fn names_a_host(name: &str) -> bool {
    let Some((first, _)) = name.split_once('/') else { return false };
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase())
}

/// With a tag of hex digits such a name would read as an image id.
fn is_digest_algorithm(name: &str) -> bool {
    matches!(name, "sha256" | "sha384" | "sha512")
}

/// A name or address, and perhaps a port: `registry.lan:5000`, `[::1]:5000`.
fn is_host(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let is_address = |address: &str| !address.is_empty() && address.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
        return match rest.split_once(']') {
            Some((address, "")) => is_address(address),
            Some((address, port)) => is_address(address) && port.strip_prefix(':').is_some_and(is_port),
            None => false,
        };
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    port.is_none_or(is_port) && name.split('.').all(is_label)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn is_repository(path: &str) -> bool {
    path.len() <= 255 && path.split('/').all(is_component)
}

/// Runs of letters and digits with one separator between two: `.`, `_`, `__`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = text.split(is_word).filter(|between| !between.is_empty());
    text.starts_with(is_word)
        && text.ends_with(is_word)
        && separators.all(|between| matches!(between, "." | "_" | "__") || between.chars().all(|c| c == '-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.short_name() {
            Some(short) => f.write_str(short)?,
            None => write!(f, "{}/{}", self.registry, self.repository)?,
        }
        match &self.target {
            Target::Tag(tag) => write!(f, ":{tag}"),
            Target::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}
