//! The registry that the engine pulls from.

use std::collections::BTreeMap;
use std::sync::Arc;

use rotate::model::{Digest, Reference, Target};

use super::Build;
use super::host::{Refused, made_up};

/// What is published where.
#[derive(Default)]
pub struct Shelf {
    tags: BTreeMap<Reference, Digest>,
    /// By digest.
    images: BTreeMap<Reference, Arc<Build>>,
    made: u64,
    /// What each pull ends with, in the stream, from now on.
    pub pull_error: Option<String>,
}

impl Shelf {
    pub fn publish(&mut self, reference: &str, build: Build) -> Digest {
        let reference: Reference = reference.parse().expect("a reference");
        self.made += 1;
        let digest: Digest = format!("sha256:{}", made_up(0xd1_6e57, self.made)).parse().expect("a digest");
        self.images.insert(reference.at_digest(&digest), Arc::new(build));
        self.tags.insert(reference, digest.clone());
        digest
    }

    /// What a tag points to.
    pub fn newest(&self, reference: &str) -> Option<&Build> {
        let reference: Reference = reference.parse().ok()?;
        let digest = self.tags.get(&reference)?;
        self.images.get(&reference.at_digest(digest)).map(|build| &**build)
    }

    /// Points a tag to what was published before.
    pub fn point(&mut self, reference: &str, digest: &Digest) {
        let reference: Reference = reference.parse().expect("a reference");
        self.tags.insert(reference, digest.clone());
    }

    /// Takes an image away; a tag of it points to nothing then.
    pub fn withdraw(&mut self, digest: &Digest) {
        self.images.retain(|name, _| *name != name.at_digest(digest));
    }

    pub fn digest(&self, reference: &Reference) -> Option<Digest> {
        match reference.target() {
            Target::Tag(_) => self.tags.get(reference).cloned(),
            Target::Digest(digest) => self.images.contains_key(reference).then(|| digest.clone()),
        }
    }

    /// The image behind a reference.
    pub fn find(&self, reference: &Reference) -> Result<(Digest, Arc<Build>), Refused> {
        let unknown = || Refused::new(404, format!("manifest for {reference} not found: manifest unknown: manifest unknown"));
        if let Some(error) = &self.pull_error {
            return Err(Refused::new(200, error.clone()));
        }
        let digest = self.digest(reference).ok_or_else(unknown)?;
        let build = self.images.get(&reference.at_digest(&digest)).ok_or_else(unknown)?;
        Ok((digest, Arc::clone(build)))
    }
}
