//! Which containers depend on each other by id or by link. Those that require another are made anew along with it; the others are held until they can be, too.

use std::collections::HashSet;

use super::{NotAlong, Reason, Unanswered};
use crate::model::{Container, ContainerId, Listed, SERVICE_LABEL, Status};

/// Every dependency on an engine, found in one walk: of a thousand containers few have one, but each has to know whether it is meant.
pub struct Ties<'a> {
    all: &'a [Container],
    namespaces: Vec<Tie<'a>>,
    links: Vec<Tie<'a>>,
    requirements: Vec<Tie<'a>>,
}

struct Tie<'a> {
    /// As typed, a name or an id.
    to: &'a str,
    from_id: ContainerId,
    from: &'a str,
}

impl<'a> Ties<'a> {
    /// Of these, which are all that the engine has. `unanswered` are known from the engine's list only.
    pub fn of(all: &'a [Container], unanswered: &'a [Unanswered]) -> Self {
        let tie = |to: &'a str, c: &'a Container| Tie { to, from_id: c.id(), from: c.name() };
        let listed = |to: &'a str, c: &'a Listed| Tie { to, from_id: c.id.clone(), from: &c.name };
        let unanswered = || unanswered.iter().map(|c| &c.listed);
        let mut namespaces: Vec<_> = all.iter().flat_map(|c| c.shares_namespace_of().into_iter().map(move |to| tie(to, c))).collect();
        namespaces.extend(unanswered().filter_map(|c| Some(listed(c.shares_network_of.as_deref()?, c))));
        let mut links: Vec<_> = all.iter().flat_map(|c| c.linked_to().into_iter().map(move |to| tie(to, c))).collect();
        links.extend(unanswered().flat_map(|c| c.linked_to.iter().map(move |to| listed(to, c))));
        // Those of a namespace stand among them, too; their reason says more.
        let requirements = all.iter().flat_map(|c| c.requires().into_iter().map(move |to| tie(to, c))).collect();
        Self { all, namespaces, links, requirements }
    }

    /// What ties this container to another, if anything does. What members of a pod share is not theirs, and stays when one is replaced.
    pub fn reason(&self, container: &'a Container) -> Option<Reason> {
        let is_of_the_pod = |pointed: &&str| {
            let shared = self.all.iter().find(|c| points_to(pointed, c));
            shared.is_some_and(|shared| shared.is_infra() && shared.pod() == container.pod())
        };
        let name_of = |pointed: &str| self.all.iter().find(|c| points_to(pointed, c)).map_or(pointed, |c| c.name()).to_owned();
        if let Some(with) = container.shares_namespace_of().into_iter().find(|with| !is_of_the_pod(with)) {
            return Some(Reason::SharesNamespace { with: name_of(with) });
        }
        if let Some(other) = container.linked_to().first() {
            return Some(Reason::LinkedTo { other: name_of(other) });
        }
        // A successor requires the same one, which is held as long as anybody does.
        if let Some(other) = self.required_at_rest(container, |other| is_of_the_pod(&other)) {
            return Some(Reason::Requires { other: name_of(other) });
        }
        self.tied(container, |_| false)
    }

    /// All that the engine would start it before, by its id: those that require it, and those that require these.
    pub fn dependents(&self, container: &Container) -> Vec<&'a Container> {
        let mut found: Vec<&Container> = Vec::new();
        loop {
            let is_meant = |to: &str| points_to(to, container) || found.iter().any(|one| points_to(to, one));
            let is_new = |id: &ContainerId| *id != container.id() && found.iter().all(|one| one.id() != *id);
            let next = self.requirements.iter().find(|tie| is_meant(tie.to) && is_new(&tie.from_id));
            match next.and_then(|tie| self.all.iter().find(|c| c.id() == tie.from_id)) {
                Some(next) => found.push(next),
                None => return found,
            }
        }
    }

    /// Whom Podman would start along with its successor: the first of those that it requires, and that those require, which does not run.
    fn required_at_rest(&self, container: &'a Container, is_excused: impl Fn(&'a str) -> bool) -> Option<&'a str> {
        let (mut open, mut seen) = (container.requires(), HashSet::new());
        while let Some(pointed) = open.pop() {
            if is_excused(pointed) || !seen.insert(pointed) {
                continue;
            }
            match self.all.iter().find(|c| points_to(pointed, c)) {
                Some(required) if required.status() == Status::Running => open.extend(required.requires()),
                _ => return Some(pointed),
            }
        }
        None
    }

    /// The same for a container that systemd makes anew: its unit looks anew for what it depends on, and restarts what depends on it, where that is made
    /// by one of these `dependents`.
    pub fn reason_by_unit(&self, container: &Container, dependents: &[String]) -> Option<Reason> {
        let unit = |id: &ContainerId| self.all.iter().find(|c| c.id() == *id).and_then(|c| c.label(SERVICE_LABEL));
        let is_restarted = |tie: &Tie<'_>| unit(&tie.from_id).is_some_and(|unit| dependents.iter().any(|name| name == unit));
        let required = || dependent(&self.requirements, container, is_restarted);
        self.tied(container, is_restarted).or_else(|| required().map(|by| Reason::RequiredBy { by, why: NotAlong::ByUnit }))
    }

    /// By a namespace or a link of another.
    fn tied(&self, container: &Container, is_excused: impl Fn(&Tie<'_>) -> bool) -> Option<Reason> {
        let lent = dependent(&self.namespaces, container, &is_excused).map(|to| Reason::LendsNamespace { to });
        lent.or_else(|| dependent(&self.links, container, &is_excused).map(|other| Reason::LinkedFrom { other }))
    }
}

/// Who depends on it.
fn dependent(ties: &[Tie<'_>], container: &Container, is_excused: impl Fn(&Tie<'_>) -> bool) -> Option<String> {
    let mut meant = ties.iter().filter(|tie| points_to(tie.to, container) && tie.from_id != container.id());
    meant.find(|tie| !is_excused(tie)).map(|tie| tie.from.to_owned())
}

fn points_to(pointed: &str, container: &Container) -> bool {
    pointed == container.name() || (pointed.len() >= 12 && container.id().as_str().starts_with(pointed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_it_requires_must_run_and_what_that_requires_too() {
        let container = |name: &str, status: &str, requires: &[&str]| {
            Container::new(json!({"Id": name, "Name": name, "State": {"Status": status}, "Dependencies": requires}))
        };
        let held = |cache: &str| {
            let all = [container("web", "running", &["db"]), container("db", "running", &["cache", "web"]), container("cache", cache, &[])];
            Ties::of(&all, &[]).required_at_rest(&all[0], |_| false).map(str::to_owned)
        };
        assert_eq!(held("running"), None);
        assert_eq!(held("exited").as_deref(), Some("cache"));
    }
}
