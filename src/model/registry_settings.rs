//! How an engine talks to registries.

use super::{InsecureRegistries, NoSource, Place, Proxies, Reference, Source};

/// The engine's own settings (`/info`), so that there is no second list to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Which registries need no trusted certificate (Docker; Podman says it of each of its places).
    pub insecure: InsecureRegistries,
    /// Addresses that are asked before Docker Hub, in this order. Docker has mirrors for no other registry; Podman's are in its places.
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

impl RegistrySettings {
    /// The name by which the engine asks for a reference and pulls it, if no mirror has it. None: it is no name.
    pub fn place_of(&self, reference: &Reference) -> Option<Reference> {
        self.place(reference).map_or_else(|| Some(reference.clone()), |place| place.at_location(reference))
    }

    /// Whom the engine asks for a reference and pulls it from, in its order and never nobody; of Docker, without `mirrors`. What is blocked is left
    /// out: a blocked place with a mirror is asked there and nowhere else, as Podman does it, and a mirror or a location may lie in a blocked place.
    pub fn sources_of(&self, reference: &Reference) -> Result<Vec<Source>, NoSource> {
        let Some(place) = self.place(reference) else { return Ok(vec![Source { reference: reference.clone(), is_insecure: false }]) };
        let mut sources = place.sources_of(reference).ok_or(NoSource::NoName)?;
        let mut blocked = Some(place).filter(|place| place.is_blocked);
        sources.retain(|source| {
            let other = self.place(&source.reference).filter(|place| place.is_blocked);
            blocked = blocked.or(other);
            other.is_none()
        });
        match blocked {
            Some(place) if sources.is_empty() => Err(NoSource::Blocked { prefix: place.prefix.clone() }),
            _ => Ok(sources),
        }
    }

    /// Of several prefixes the longest counts.
    fn place(&self, reference: &Reference) -> Option<&Place> {
        let name = reference.whole_name();
        self.places.iter().filter(|place| place.begins(&name).is_some()).max_by_key(|place| place.prefix.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mirror, Pulls};
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn place(prefix: &str, location: &str) -> Place {
        Place { prefix: prefix.to_owned(), location: location.to_owned(), ..Place::default() }
    }

    fn mirror(location: &str, is_insecure: bool, pulls: Pulls) -> Mirror {
        Mirror { location: location.to_owned(), is_insecure, pulls }
    }

    /// Whom such an engine asks, `!` before those that need no trusted certificate; or why nobody.
    #[track_caller]
    fn check(places: &[Place], typed: &str, expected: &[&str]) {
        let settings = RegistrySettings { places: places.to_vec(), ..RegistrySettings::default() };
        let sources = settings.sources_of(&typed.parse().expect("a reference"));
        let shown = |source: &Source| format!("{}{}", if source.is_insecure { "!" } else { "" }, source.reference);
        let asked = match sources {
            Ok(sources) => sources.iter().map(shown).collect(),
            Err(NoSource::Blocked { prefix }) => vec![format!("blocked: {prefix}")],
            Err(NoSource::NoName) => vec!["no name".to_owned()],
        };
        assert_eq!(asked, expected, "{typed}");
    }

    #[test]
    fn a_name_is_asked_for_where_the_engine_would_pull_it_from() {
        let places = [
            place("docker.io", "10.0.0.1:5000/hub"),
            place("docker.io/mine", "docker.io/mine"),
            place("old.lan:5000/team", "new.lan/a/team"),
            place("*.dev.lan", "dev.lan:5000"),
            place("*.any.lan", ""),
            place("bad.lan", "nohost"),
        ];
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
            ("bad.lan/web:1", "no name"),
        ] {
            check(&places, typed, &[asked]);
        }
    }

    #[test]
    fn mirrors_are_asked_in_their_order_and_only_for_what_they_are_for() {
        let mirrors = vec![
            mirror("one.lan/copies", false, Pulls::All),
            mirror("two.lan:5000", true, Pulls::ByTag),
            mirror("three.lan", false, Pulls::ByDigest),
        ];
        let places = [Place { mirrors, is_insecure: true, ..place("far.lan", "there.lan") }, place("far.lan/own", "far.lan/own")];
        check(&places, "far.lan/me/web:1", &["one.lan/copies/me/web:1", "!two.lan:5000/me/web:1", "!there.lan/me/web:1"]);
        let at = |name: &str| format!("{name}@{DIGEST}");
        check(&places, &at("far.lan/web"), &[&at("one.lan/copies/web"), &at("three.lan/web"), &format!("!{}", at("there.lan/web"))]);
        check(&places, "far.lan/own/web:1", &["far.lan/own/web:1"]);
    }

    #[test]
    fn what_is_blocked_is_not_asked_and_its_mirrors_are() {
        let blocked = |prefix: &str| Place { is_blocked: true, ..place(prefix, prefix) };
        let with = |mirrors: &[Mirror], place: Place| Place { mirrors: mirrors.to_vec(), ..place };
        let places = [
            blocked("bad.lan"),
            Place { location: String::new(), ..blocked("*.bad.lan") },
            place("bad.lan/good", "bad.lan/good"),
            with(&[mirror("one.lan", false, Pulls::ByTag)], blocked("far.lan")),
            with(&[mirror("bad.lan/copies", false, Pulls::All)], place("near.lan", "near.lan")),
            with(&[mirror("a.bad.lan", false, Pulls::All)], place("moved.lan", "bad.lan:5000")),
        ];
        for (typed, asked) in [
            ("bad.lan/web:1", "blocked: bad.lan"),
            ("bad.lan:5000/web:1", "blocked: bad.lan"),
            ("bad.lan/good/web:1", "bad.lan/good/web:1"),
            ("very.bad.lan/web:1", "blocked: *.bad.lan"),
            ("notbad.lan/web:1", "notbad.lan/web:1"),
            ("far.lan/web:1", "one.lan/web:1"),
            ("near.lan/web:1", "near.lan/web:1"),
            ("moved.lan/web:1", "blocked: *.bad.lan"),
        ] {
            check(&places, typed, &[asked]);
        }
        check(&places, &format!("far.lan/web@{DIGEST}"), &["blocked: far.lan"]);
    }

    #[test]
    fn a_host_is_insecure_where_its_place_is_with_every_port_unless_one_is_named() {
        let insecure = |prefix: &str| Place { is_insecure: true, ..place(prefix, prefix) };
        let places = [
            insecure("any.lan"),
            insecure("one.lan:5000"),
            insecure("some.lan/team"),
            Place { location: String::new(), ..insecure("*.dev.lan") },
        ];
        for name in ["any.lan/web:1", "any.lan:443/web:1", "one.lan:5000/web:1", "some.lan/team/web:1", "a.dev.lan:5000/web:1"] {
            check(&places, name, &[&format!("!{name}")]);
        }
        for name in ["many.lan/web:1", "one.lan/web:1", "one.lan:5001/web:1", "some.lan/web:1", "dev.lan/web:1", "nginx:latest"] {
            check(&places, name, &[name]);
        }
    }
}
