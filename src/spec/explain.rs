//! The rules: why a leaf of the successor may differ from the predecessor's.
//!
//! A rule looks at the two images, the two values, and the two containers' ids, names and mounts, and at nothing else.

use serde_json::Value;

use super::carried::{carried_bind, carried_entry, carried_mode, carried_mounts};
use super::difference::Rule;
use super::document::{Container, Images, list, text, texts};
use super::image_default::{compose_image_label, is_image_default};
use super::network::configured_mac;
use super::same_meaning::is_same_meaning;
use super::tree::bind_destination;
use super::volumes::is_declared_by;

/// What a rule may look at.
#[derive(Clone, Copy)]
pub(super) struct Explainer<'a> {
    pub predecessor: Container<'a>,
    pub successor: Container<'a>,
    pub images: Images<'a>,
}

impl Explainer<'_> {
    /// The rule that allows this difference, or none. What is missing comes as null.
    pub fn explain(&self, path: &[&str], old: &Value, new: &Value) -> Option<Rule> {
        let rules: [(Rule, bool); 10] = [
            (Rule::NewImage, path == ["Image"] && self.is_new_image(old, new)),
            (Rule::CommandLine, self.is_command_line(path, new)),
            (Rule::OwnId, self.is_own_id(path, old, new)),
            (Rule::OwnName, self.is_own_name(path, old, new)),
            (Rule::ComposeImage, self.is_compose_image(path, old, new)),
            (Rule::ImageDefault, self.follows_image(path, old, new)),
            (Rule::CarriedVolume, self.is_carried_volume(path, old, new)),
            (Rule::DeclaredVolume, self.is_declared_volume(path, old, new)),
            (Rule::MacAddress, self.is_mac_address(path, old, new)),
            (Rule::SameMeaning, is_same_meaning(path, old, new)),
        ];
        rules.into_iter().find_map(|(rule, holds)| holds.then_some(rule))
    }

    fn is_new_image(&self, old: &Value, new: &Value) -> bool {
        !text(new).is_empty() && *old == self.images.old["Id"] && *new == self.images.new["Id"]
    }

    /// `Path` and `Args` as the engine computes them: entrypoint, then command. Both are compared under `Config`.
    fn is_command_line(&self, path: &[&str], new: &Value) -> bool {
        let config = self.successor.config();
        let mut line = list(&config["Entrypoint"]).iter().chain(list(&config["Cmd"]));
        let first = line.next();
        match path {
            ["Path"] => first == Some(new),
            ["Args"] => new.is_array() && line.eq(list(new)),
            _ => false,
        }
    }

    /// Generated from the id: the host name, an alias (Docker 20.10), the container's files (none before the first start).
    fn is_own_id(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        let (before, after) = (self.predecessor, self.successor);
        if before.short_id().is_empty() || after.short_id().is_empty() {
            return false;
        }
        let follows = |old_id: &str, new_id: &str| old == old_id && new == new_id;
        match path {
            ["Config", "Hostname"] => follows(before.short_id(), after.short_id()),
            ["NetworkSettings", "Networks", _, "Aliases", alias] => {
                *alias == before.short_id() && new.is_null() || *alias == after.short_id() && old.is_null() && new == alias
            }
            ["ResolvConfPath" | "HostnamePath" | "HostsPath" | "LogPath"] => {
                new == "" || *new == text(old).replace(before.id(), after.id())
            }
            _ => false,
        }
    }

    /// `/db:/web/alias`: inspect puts the container's own name into each link.
    fn is_own_name(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        let own = |container: Container<'_>| format!(":/{}/", container.name());
        let is_link = matches!(path, ["HostConfig", "Links", _]) && old.is_string();
        is_link && *new == text(old).replacen(&own(self.predecessor), &own(self.successor), 1)
    }

    fn is_compose_image(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        let ["Config", "Labels", label] = path else { return false };
        compose_image_label(label, text(old), self.predecessor, self.images).is_some_and(|expected| *new == expected)
    }

    fn follows_image(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        let ["Config", path @ ..] = path else { return false };
        is_image_default(self.images.old, path, old) && is_image_default(self.images.new, path, new)
    }

    /// An anonymous volume of the predecessor, mounted by its name. Each part of it is allowed only beside the others.
    fn is_carried_volume(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        match path {
            ["HostConfig", "Binds", destination] => {
                let is_anonymous_request = old.is_null() || text(old) == bind_destination(text(old));
                is_anonymous_request && self.carried_at(destination).is_some_and(|mount| *new == carried_bind(mount))
            }
            ["Mounts", destination, "Mode"] => self.carried_at(destination).is_some_and(|mount| {
                let is_bound = texts(&self.successor.host()["Binds"]).any(|bind| bind == carried_bind(mount));
                is_bound && *old == mount["Mode"] && *new == carried_mode(mount)
            }),
            ["HostConfig", "Mounts", target, "Source"] | ["HostConfig", "Mounts", target, "VolumeOptions", "NoCopy"] => {
                let entry_of =
                    |container: Container<'_>| list(&container.host()["Mounts"]).iter().find(|entry| entry["Target"] == **target).cloned();
                let expected = entry_of(self.predecessor).and_then(|entry| carried_entry(self.predecessor, &entry));
                let found = entry_of(self.successor).unwrap_or_default();
                expected.is_some_and(|entry| {
                    entry["Source"] == found["Source"] && entry["VolumeOptions"]["NoCopy"] == found["VolumeOptions"]["NoCopy"]
                })
            }
            _ => false,
        }
    }

    fn carried_at(&self, destination: &str) -> Option<&Value> {
        carried_mounts(self.predecessor).find(|mount| mount["Destination"] == destination)
    }

    fn is_declared_volume(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        matches!(path, ["Mounts", _]) && old.is_null() && is_declared_by(self.images.new, new, self.predecessor)
    }

    /// A container that never ran has no address unless one was configured; a stopped one shows none.
    fn is_mac_address(&self, path: &[&str], old: &Value, new: &Value) -> bool {
        let ["NetworkSettings", "Networks", network, "MacAddress"] = path else { return false };
        let endpoint = self.predecessor.networks().find(|(name, _)| name == network).map_or(&Value::Null, |(_, endpoint)| endpoint);
        match configured_mac(self.predecessor, network, endpoint) {
            None => new == "",
            Some(mac) => old == "" && new == mac,
        }
    }
}
