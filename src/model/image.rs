//! An image as the engine describes it: the whole document, and typed readings of the few fields that decisions need.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::container::{labels, text};
use super::{Digest, ImageId, Platform, Reference};

/// The engine's description of an image, as sent (Docker API 1.41–1.51, ImageInspect). Copies share it.
#[derive(Clone, PartialEq)]
pub struct Image(Arc<Value>);

/// What it is called, and nothing of what is in it: environments hold secrets.
impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({})", self.id())
    }
}

impl Image {
    /// Wraps the engine's answer to `GET /images/{name}/json`.
    pub fn new(document: impl Into<Arc<Value>>) -> Self {
        Self(document.into())
    }

    /// The document as sent.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// The engine's id.
    pub fn id(&self) -> ImageId {
        ImageId::new(text(&self.0["Id"]))
    }

    /// True if the engine shows neither settings nor layers of it. The containerd store keeps a layer for its containers when the layer's image goes,
    /// but not what was downloaded; a later pull of another image with that layer skips it, and then the engine can start that image and not
    /// read it (seen on Docker 28.5).
    pub fn is_blank(&self) -> bool {
        self.0.get("Id").is_some() && self.platform().is_none() && !self.has_layers()
    }

    /// What it is made for.
    pub fn platform(&self) -> Option<Platform> {
        let [os, architecture, variant] = ["Os", "Architecture", "Variant"].map(|field| text(&self.0[field]));
        Platform::new(os, architecture, variant)
    }

    /// The image's own labels.
    pub fn labels(&self) -> BTreeMap<String, String> {
        labels(&self.0)
    }

    /// The tags that point to it.
    pub fn tags(&self) -> Vec<&str> {
        let tags = self.0["RepoTags"].as_array().map(Vec::as_slice).unwrap_or_default();
        // The containerd store lists `repo@digest` among the tags (seen on Docker 28.5).
        tags.iter().filter_map(Value::as_str).filter(|tag| !tag.contains('@')).collect()
    }

    /// True if a container of either would be the same: same id, or same layers, settings and platform under two ids.
    ///
    /// With containerd's store an image's id is the digest of what was pulled, often an index: it changes with an index over the same manifest
    /// (another platform's image, an attestation). Without an API that lists manifests (below 1.48) only this tells.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let makes_a_difference = ["RootFS", "Config", "Created", "Os", "Architecture", "Variant"];
        let is_alike = || makes_a_difference.iter().all(|part| self.0.get(part) == other.0.get(part));
        self.id() == other.id() || (self.has_layers() && is_alike())
    }

    fn has_layers(&self) -> bool {
        self.0["RootFS"]["Layers"].as_array().is_some_and(|layers| !layers.is_empty())
    }

    /// Its id, where that is the digest of what was pulled: so it is in containerd's store, which forgets the digests of an image whose last tag moves
    /// away (seen on Docker 28.5). `Descriptor` is there in no other store (API 1.48, ImageInspect); before it, a digest that is the id tells.
    fn own_digest(&self) -> Option<Digest> {
        let id = self.id();
        let descriptor = self.0["Descriptor"]["digest"].as_str();
        let named = self.repo_digests();
        let of_names = named.iter().filter_map(|text| Some(text.split_once('@')?.1));
        let is_digest = descriptor.into_iter().chain(of_names).any(|digest| digest == id.as_str());
        id.as_str().parse().ok().filter(|_| is_digest)
    }

    /// `repository@digest`, as the engine has them. With the last name of a repository Podman drops those that the image had there, and keeps its digest and
    /// all names that it ever had (seen on 5.4; libpod's ImageInspect has had both since 2.0).
    fn repo_digests(&self) -> Vec<String> {
        let words = |field: &str| self.0[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        let digest = self.0["Digest"].as_str();
        let had = digest.into_iter().flat_map(|digest| words("NamesHistory").map(move |name| with_digest(name, digest)));
        words("RepoDigests").map(str::to_owned).chain(had).collect()
    }

    /// Its digest, if it was committed or built here in a store that gives one to every image. Only such a one has a parent there; one that was
    /// pulled, loaded, or built by BuildKit has none (seen on Docker 26.1 and 28.5). Podman shows one for every image whose base is there, pulled or not (seen on
    /// 5.4); what came out of an index it knows by the digest of that one, too.
    pub fn digest_made_here(&self) -> Option<Digest> {
        let has_parent = !text(&self.0["Parent"]).is_empty();
        self.own_digest().or_else(|| self.only_digest_of_podman()).filter(|_| has_parent)
    }

    /// Libpod's `Digest`, where its names have no other one.
    fn only_digest_of_podman(&self) -> Option<Digest> {
        let digest = self.0["Digest"].as_str()?;
        let is_only = self.repo_digests().iter().all(|named| named.ends_with(digest));
        digest.parse().ok().filter(|_| is_only)
    }

    /// True if a registry can be asked for it: it was pulled, or (in containerd's store, which tells neither from the other) made here.
    pub fn has_digest(&self) -> bool {
        self.own_digest().is_some() || !self.repo_digests().is_empty()
    }

    /// Digests by which the repository of `reference` has it, or would have it.
    pub fn digests_of(&self, reference: &Reference) -> Vec<Digest> {
        let pulled = |text: String| -> Option<Digest> {
            let (_, digest) = text.split_once('@')?;
            text.parse::<Reference>().ok().filter(|r| r.is_same_repository(reference))?;
            digest.parse().ok()
        };
        let mut digests: Vec<Digest> = Vec::new();
        for digest in self.repo_digests().into_iter().filter_map(pulled).chain(self.own_digest()) {
            if !digests.contains(&digest) {
                digests.push(digest);
            }
        }
        digests
    }
}

/// A name that has its digest keeps it.
fn with_digest(name: &str, digest: &str) -> String {
    if name.contains('@') { name.to_owned() } else { format!("{name}@{digest}") }
}
