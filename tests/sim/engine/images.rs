//! The engine's image store: names (`repo:tag`, `repo@digest`) that point to images, and who may take one away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rotate::model::{Reference, Target};
use serde_json::{Value, json};

use super::host::{Refused, made_up};
use super::{Build, Flavour};

/// What the engine has.
pub struct Images {
    flavour: Flavour,
    all: BTreeMap<String, Arc<Build>>,
    names: BTreeMap<String, String>,
    /// As last described; forgotten with each change of it or its names.
    described: BTreeMap<String, Arc<Value>>,
}

impl Images {
    pub(super) fn new(flavour: Flavour) -> Self {
        Self { flavour, all: BTreeMap::new(), names: BTreeMap::new(), described: BTreeMap::new() }
    }

    /// The id that an image of this digest has here.
    fn id_for(&self, digest: &str) -> String {
        if self.flavour.has_digest_ids {
            return digest.to_owned();
        }
        let seed = digest.bytes().skip(7).take(16).fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        format!("sha256:{}", made_up(seed, 1))
    }

    /// Takes in what was pulled under this name, by tag or by digest.
    pub fn add(&mut self, reference: &Reference, digest: &rotate::model::Digest, build: Arc<Build>) {
        let id = self.id_for(digest.as_str());
        self.described.remove(&id);
        self.all.insert(id.clone(), build);
        if !self.flavour.has_digest_ids || matches!(reference.target(), Target::Digest(_)) {
            self.names.insert(reference.at_digest(digest).to_string(), id.clone());
        }
        if matches!(reference.target(), Target::Tag(_)) {
            self.name(reference.to_string(), id);
        }
    }

    fn name(&mut self, name: String, id: String) {
        self.described.remove(&id);
        if let Some(before) = self.names.insert(name, id) {
            self.described.remove(&before);
            self.forget_nameless(&before);
        }
    }

    fn forget_nameless(&mut self, id: &str) {
        if self.flavour.has_digest_ids && !self.flavour.keeps_nameless && self.names_of(id).next().is_none() {
            self.all.remove(id);
        }
    }

    fn names_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a String> {
        self.names.iter().filter(move |(_, to)| *to == id).map(|(name, _)| name)
    }

    /// The id of an image by id, tag or digest.
    pub fn find(&self, image: &str) -> Option<String> {
        // Whole, as most are asked for.
        if self.all.contains_key(image) {
            return Some(image.to_owned());
        }
        if let Some(id) = self.names.get(image) {
            return Some(id.clone());
        }
        if let Some(hex) = Some(image).filter(|image| image.len() >= 12 && !image.contains(['/', '@'])) {
            let hex = hex.trim_start_matches("sha256:");
            if let Some(id) = self.all.keys().find(|id| id.trim_start_matches("sha256:").starts_with(hex)) {
                return Some(id.clone());
            }
        }
        let reference: Reference = image.parse().ok()?;
        let named = self.names.get(&reference.to_string()).cloned();
        match reference.target() {
            // containerd's store finds an image by any repository that it has a name in.
            Target::Digest(digest) if named.is_none() && self.flavour.has_digest_ids => {
                let has_name = |name: &String| name.parse::<Reference>().is_ok_and(|name| name.is_same_repository(&reference));
                let id = digest.as_str().to_owned();
                let found = self.all.contains_key(&id) && self.names_of(&id).any(has_name);
                found.then_some(id)
            }
            _ => named,
        }
    }

    /// How a list names the image of a container: as typed, or by id when that leads elsewhere by now.
    pub fn listed(&self, typed: &str, id: &str) -> String {
        if self.find(typed).as_deref() == Some(id) { typed.to_owned() } else { id.to_owned() }
    }

    pub fn build(&self, id: &str) -> Option<&Arc<Build>> {
        self.all.get(id)
    }

    /// All tags with what they point to, pins included.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().filter(|(name, _)| !name.contains('@')).map(|(name, id)| (name.as_str(), id.as_str()))
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.all.keys()
    }

    pub fn tag(&mut self, image: &str, name: &Reference) -> Result<(), Refused> {
        let id = self.find(image).ok_or_else(|| no_such_image(image))?;
        self.name(name.to_string(), id);
        Ok(())
    }

    /// `GET /images/{image}/json`.
    pub fn document(&mut self, image: &str) -> Option<Arc<Value>> {
        let id = self.find(image)?;
        if let Some(described) = self.described.get(&id) {
            return Some(Arc::clone(described));
        }
        let document = Arc::new(self.describe(&id)?);
        self.described.insert(id, Arc::clone(&document));
        Some(document)
    }

    fn describe(&self, id: &str) -> Option<Value> {
        let build = self.all.get(id)?;
        let names: Vec<&String> = self.names_of(id).collect();
        let tags: Vec<&String> = names.iter().filter(|name| !name.contains('@')).copied().collect();
        let digests: BTreeSet<String> = match self.flavour.has_digest_ids {
            true => names.iter().filter_map(|name| Some(format!("{}@{id}", name.parse::<Reference>().ok()?.familiar_name()))).collect(),
            false => names.iter().filter(|name| name.contains('@')).map(|name| (*name).clone()).collect(),
        };
        let mut document = json!({
            "Id": id, "RepoTags": tags, "RepoDigests": digests, "Parent": "", "Created": "2026-01-01T00:00:00Z",
            "Config": null, "Architecture": "amd64", "Os": "linux",
            "RootFS": { "Type": "layers", "Layers": [id] },
        });
        document["Config"] = build.config();
        if self.flavour.shows_descriptor {
            document["Descriptor"] = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": id });
        }
        Some(document)
    }

    /// `docker rmi`. `users`: image ids of the containers that run, and of all others.
    pub fn remove(&mut self, image: &str, users: &[(String, bool)]) -> Result<(), Refused> {
        let id = self.find(image).ok_or_else(|| no_such_image(image))?;
        self.described.remove(&id);
        let user = users.iter().filter(|(of, _)| *of == id).max_by_key(|(_, runs)| *runs);
        let is_by_id =
            !self.names.contains_key(image) && !image.parse::<Reference>().is_ok_and(|r| self.names.contains_key(&r.to_string()));
        let is_single = self.is_single(&id);
        let says = |what: &str| Err(Refused::new(409, format!("conflict: unable to {what}")));
        if is_by_id {
            return match user {
                Some((_, true)) => says(&format!("delete {id} (cannot be forced) - image is being used by running container")),
                _ if !is_single => says(&format!("delete {id} (must be forced) - image is referenced in multiple repositories")),
                Some((_, false)) => says(&format!("delete {id} (must be forced) - image is being used by stopped container")),
                None => {
                    self.drop_image(&id);
                    Ok(())
                }
            };
        }
        if is_single && user.is_some() {
            return says(&format!("remove repository reference \"{image}\" (must force) - a container is using its referenced image"));
        }
        let reference: Reference = image.parse().map_err(|_| no_such_image(image))?;
        self.names.remove(&reference.to_string());
        self.drop_lone_digests(&id, &reference);
        if self.names_of(&id).next().is_none() && user.is_none() {
            self.drop_image(&id);
        } else {
            self.forget_nameless(&id);
        }
        Ok(())
    }

    /// `docker rmi -f`, by id: all its names go, and it goes with them, unless a container of it runs.
    pub fn remove_by_force(&mut self, image: &str, users: &[(String, bool)]) -> Result<(), Refused> {
        let id = self.find(image).ok_or_else(|| no_such_image(image))?;
        if users.iter().any(|(of, runs)| *of == id && *runs) {
            return Err(Refused::new(
                409,
                format!("conflict: unable to delete {id} (cannot be forced) - image is being used by running container"),
            ));
        }
        self.drop_image(&id);
        Ok(())
    }

    /// True if what is left is one name, or one tag with digests of its repository only (moby v26.1.5, `daemon/images/image_delete.go`).
    fn is_single(&self, id: &str) -> bool {
        let names: Vec<&String> = self.names_of(id).collect();
        let (digests, tags): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| name.contains('@'));
        let repository = |name: &String| name.parse::<Reference>().map(|r| r.familiar_name()).unwrap_or_default();
        let of_digests: BTreeSet<String> = digests.into_iter().map(repository).collect();
        match tags[..] {
            _ if names.len() <= 1 => true,
            [] => of_digests.len() == 1,
            [tag] => of_digests.len() == 1 && of_digests.contains(&repository(tag)),
            _ => false,
        }
    }

    /// The last tag of a repository takes that repository's digests with it.
    fn drop_lone_digests(&mut self, id: &str, removed: &Reference) {
        if matches!(removed.target(), Target::Digest(_)) {
            return;
        }
        let of_it = |name: &String| name.parse::<Reference>().is_ok_and(|name| name.is_same_repository(removed));
        let left: Vec<String> = self.names_of(id).filter(|name| of_it(name)).cloned().collect();
        if left.iter().all(|name| name.contains('@')) {
            self.names.retain(|name, _| !left.contains(name));
        }
    }

    fn drop_image(&mut self, id: &str) {
        self.names.retain(|_, to| to != id);
        self.all.remove(id);
    }

    /// containerd's store counts by names: one is spared if a container was created by it, wherever it points by now; an image without a name
    /// is spared if a container is of it (seen on Docker 28.5: the image of a running container goes, once its tag points elsewhere).
    fn prune_names(&mut self, all: bool, users: &[(String, bool)], typed: &[String]) {
        self.described.clear();
        let nameless: Vec<String> = self.all.keys().filter(|id| self.names_of(id).next().is_none()).cloned().collect();
        for id in nameless.iter().filter(|id| users.iter().all(|(of, _)| of != *id)) {
            self.all.remove(id);
        }
        if !all {
            return;
        }
        let typed: Vec<Reference> = typed.iter().filter_map(|typed| typed.parse().ok()).collect();
        let is_typed = |name: &String| typed.iter().any(|typed| typed.to_string() == *name);
        let dropped: Vec<(String, String)> =
            self.names.iter().filter(|(name, _)| !is_typed(name)).map(|(name, id)| (name.clone(), id.clone())).collect();
        for (name, id) in dropped {
            self.names.remove(&name);
            if self.names_of(&id).next().is_none() {
                self.all.remove(&id);
            }
        }
    }

    /// `docker image prune`, with `-a` if `all`: what can be removed without force goes.
    pub fn prune(&mut self, all: bool, users: &[(String, bool)], typed: &[String]) {
        if self.flavour.has_digest_ids {
            return self.prune_names(all, users, typed);
        }
        let ids: Vec<String> = self.all.keys().cloned().collect();
        for id in ids {
            let names: Vec<String> = self.names_of(&id).cloned().collect();
            let is_tagged = names.iter().any(|name| !name.contains('@'));
            if is_tagged && !all {
                continue;
            }
            for name in &names {
                let _ = self.remove(name, users);
            }
            if names.is_empty() {
                let _ = self.remove(&id, users);
            }
        }
    }
}

fn no_such_image(image: &str) -> Refused {
    Refused::new(404, format!("No such image: {image}"))
}
