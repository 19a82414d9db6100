//! How an engine talks to registries.

use super::{InsecureRegistries, Proxies, Reference};

/// The engine's own settings (`/info`), so that there is no second list to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Which registries need no trusted certificate.
    pub insecure: InsecureRegistries,
    /// Addresses that are asked before Docker Hub, in this order. Docker has mirrors for no other registry.
    pub mirrors: Vec<String>,
    /// What begins like this is elsewhere, where that is said (Podman alone).
    pub places: Vec<Place>,
    /// Between the engine and everything that it asks.
    pub proxies: Proxies,
    /// It is Podman, which has its certificates and credentials elsewhere.
    pub is_podman: bool,
    /// It runs without root's rights, and has its certificates in the home of its user.
    pub is_rootless: bool,
}

/// A part of all names, and where the engine finds what is in it (containers-registries.conf(5), `prefix` and `location`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What a name begins with: `docker.io`, `registry.lan/team`, or `*.lan` for all hosts below.
    pub prefix: String,
    /// What stands there instead; the same as the prefix, or empty: nothing does.
    pub location: String,
}

impl RegistrySettings {
    /// The name by which the engine asks for a reference and pulls it. Of several prefixes the longest counts. None: it is no name.
    pub fn place_of(&self, reference: &Reference) -> Option<Reference> {
        let name = reference.whole_name();
        let begins = self.places.iter().filter_map(|place| Some((begins_with(&name, &place.prefix)?, place)));
        let Some((length, place)) = begins.max_by_key(|(_, place)| place.prefix.len()) else { return Some(reference.clone()) };
        if place.location.is_empty() || place.location == place.prefix {
            return Some(reference.clone());
        }
        format!("{}{}", place.location, &name[length..]).parse().ok()
    }
}

/// How much of a name such a prefix stands for: whole parts of it only.
fn begins_with(name: &str, prefix: &str) -> Option<usize> {
    let end = match prefix.strip_prefix('*') {
        Some(below) => name.split('/').next()?.find(below)? + below.len(),
        None => name.starts_with(prefix).then_some(prefix.len())?,
    };
    name[end..].starts_with(['/', ':', '@']).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_where_the_engine_would_pull_it_from() {
        let place = |prefix: &str, location: &str| Place { prefix: prefix.to_owned(), location: location.to_owned() };
        let places = vec![
            place("docker.io", "10.0.0.1:5000/hub"),
            place("docker.io/mine", "docker.io/mine"),
            place("old.lan:5000/team", "new.lan/a/team"),
            place("*.dev.lan", "dev.lan:5000"),
            place("*.any.lan", ""),
        ];
        let settings = RegistrySettings { places, ..RegistrySettings::default() };
        for (typed, asked) in [
            ("nginx", "10.0.0.1:5000/hub/library/nginx:latest"),
            ("mine/web:1", "mine/web:1"),
            ("mineral/web:1", "10.0.0.1:5000/hub/mineral/web:1"),
            ("old.lan:5000/team/web:1", "new.lan/a/team/web:1"),
            ("old.lan:5000/team:1", "new.lan/a/team:1"),
            ("old.lan:5000/teams/web:1", "old.lan:5000/teams/web:1"),
            ("a.dev.lan/web:1", "dev.lan:5000/web:1"),
            ("a.any.lan/web:1", "a.any.lan/web:1"),
            ("other.lan/web:1", "other.lan/web:1"),
        ] {
            let place = settings.place_of(&typed.parse().expect("a reference"));
            assert_eq!(place.map(|place| place.to_string()).as_deref(), Some(asked), "{typed}");
        }
    }
}
