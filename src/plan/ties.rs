//! Which containers depend on each other by id or by link: they are one unit, and until units have several members they are held.

use super::Reason;
use crate::model::Container;

/// Every dependency on an engine, found in one walk: of a thousand containers few have one, but each has to know whether it is meant.
pub struct Ties<'a> {
    all: &'a [Container],
    /// As typed, a name or an id, and who lives in its namespace.
    namespaces: Vec<(&'a str, &'a Container)>,
    /// As typed, and who is linked to it.
    links: Vec<(&'a str, &'a Container)>,
}

impl<'a> Ties<'a> {
    /// Of these, which are all that the engine has.
    pub fn of(all: &'a [Container]) -> Self {
        let namespaces = all.iter().flat_map(|c| c.shares_namespace_of().into_iter().map(move |pointed| (pointed, c)));
        let links = all.iter().flat_map(|c| c.linked_to().into_iter().map(move |pointed| (pointed, c)));
        Self { all, namespaces: namespaces.collect(), links: links.collect() }
    }

    /// What ties this container to another, if anything does.
    pub fn reason(&self, container: &Container) -> Option<Reason> {
        let name_of = |pointed: &str| self.all.iter().find(|c| points_to(pointed, c)).map_or(pointed, |c| c.name()).to_owned();
        if let Some(with) = container.shares_namespace_of().first() {
            return Some(Reason::SharesNamespace { with: name_of(with) });
        }
        if let Some(other) = container.linked_to().first() {
            return Some(Reason::LinkedTo { other: name_of(other) });
        }
        let dependent = |ties: &[(&str, &'a Container)]| {
            ties.iter()
                .find(|(pointed, other)| points_to(pointed, container) && other.id() != container.id())
                .map(|(_, other)| other.name().to_owned())
        };
        let lent = dependent(&self.namespaces).map(|to| Reason::LendsNamespace { to });
        lent.or_else(|| dependent(&self.links).map(|other| Reason::LinkedFrom { other }))
    }
}

fn points_to(pointed: &str, container: &Container) -> bool {
    pointed == container.name() || (pointed.len() >= 12 && container.id().as_str().starts_with(pointed))
}
