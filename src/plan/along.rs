//! Containers that are made anew along with another: those that require it (`podman run --requires`). Podman keeps the required one by its id and starts
//! it first, so that left behind they would start the one that was put aside.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Candidate, Planned, PodTie, Reason, Skipped, Survey, pods};
use crate::config::FailurePolicy;
use crate::model::{Container, Digest};

/// One that is made anew along with another.
#[derive(Debug, Clone)]
pub struct Along {
    /// What and how.
    pub candidate: Candidate,
    /// What it is rotated to itself; none: its image stays.
    pub digest: Option<Digest>,
    /// See [`super::Known::pulled_as`].
    pub pulled_as: Option<Digest>,
}

impl Along {
    /// The container, and what it is rotated to.
    pub fn target(&self) -> (&Container, Option<&Digest>) {
        (&self.candidate.container, self.digest.as_ref())
    }
}

/// Why one that requires another cannot be made anew along with it.
#[derive(Debug, Clone)]
pub enum NotAlong {
    /// It would not be rotated by itself either.
    Held(Box<Reason>),
    /// A rotation of another name has put it aside, and it is not removed yet.
    PutAside,
    /// It is watched only.
    Watched,
    /// A unit of systemd makes it, which is not restarted with the other.
    ByUnit,
    /// Its policy keeps it where it fails its gate, and it cannot stay while the other goes back.
    Stays,
    /// Its tag points to another image than it runs, so that it would come with that one.
    TagElsewhere,
    /// It follows the same tag, which moves, and is not to be rotated.
    SameTag,
}

/// Why this one cannot go along, as far as it is known without asking anybody.
pub(super) fn check(candidate: &Candidate) -> Result<(), NotAlong> {
    if candidate.is_watched {
        return Err(NotAlong::Watched);
    }
    if candidate.service.is_some() {
        return Err(NotAlong::ByUnit);
    }
    if candidate.policy.on_failure == FailurePolicy::Stay { Err(NotAlong::Stays) } else { Ok(()) }
}

/// Puts what is rotated, and what goes along, into units: what requires two of them brings both together. The first of each unit requires none of it.
/// `has_tag` is true of one that its tag still brings again.
pub fn join(survey: &Survey, rotations: Vec<Planned>, skipped: &mut Vec<Skipped>, has_tag: impl Fn(&Candidate) -> bool) -> Vec<Planned> {
    let mut rotations = without_those_that_cannot(rotations, skipped, has_tag);
    let mut joined = Vec::new();
    while let Some(first) = rotations.pop() {
        let mut unit = vec![first];
        // One that joins may bring others.
        while let Some(at) = rotations.iter().position(|other| unit.iter().any(|one| one.shares_members_with(other))) {
            unit.push(rotations.swap_remove(at));
        }
        let members: Vec<_> = unit.iter().flat_map(Planned::candidates).map(|candidate| &candidate.container).collect();
        if unit.len() > 1 && pods::stops_without(survey, &members) {
            skipped.extend(unit.iter().map(|planned| planned.candidate.skip(Reason::InPod(PodTie::Last))));
            continue;
        }
        joined.extend(one_of(unit));
    }
    let along: BTreeSet<_> =
        joined.iter().flat_map(|planned| &planned.along).map(|along| along.candidate.container.name().to_owned()).collect();
    // What keeps one from news of its own is told all the same.
    skipped.retain(|skipped| !along.contains(&skipped.name) || skipped.reason.is_notable());
    joined
}

fn without_those_that_cannot(rotations: Vec<Planned>, skipped: &mut Vec<Skipped>, has_tag: impl Fn(&Candidate) -> bool) -> Vec<Planned> {
    let rotated: BTreeSet<_> = rotations.iter().map(|planned| planned.candidate.container.name().to_owned()).collect();
    let moved: BTreeMap<_, _> = rotations.iter().map(|planned| (planned.candidate.reference.clone(), planned.digest.clone())).collect();
    let hindrance = |planned: &Planned| {
        let mut staying = planned.candidate.dependents.iter().filter(|other| !rotated.contains(other.container.name()));
        staying.find_map(|other| {
            let why = match other {
                // It runs what the tag moves to.
                other if moved.get(&other.reference).is_some_and(|to| !other.image.digests_of(&other.reference).contains(to)) => {
                    NotAlong::SameTag
                }
                other if !has_tag(other) => NotAlong::TagElsewhere,
                _ => return None,
            };
            Some(Reason::RequiredBy { by: other.container.name().to_owned(), why })
        })
    };
    let (mut can, mut cannot) = (Vec::new(), Vec::new());
    for planned in rotations {
        match hindrance(&planned) {
            None => can.push(planned),
            Some(reason) => cannot.push(planned.candidate.skip(reason)),
        }
    }
    skipped.extend(cannot);
    can
}

/// Each after all that it `requires`. A circle no engine makes.
pub fn required_first<T>(mut all: Vec<T>, requires: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut sorted = Vec::with_capacity(all.len());
    while !all.is_empty() {
        let next = all.iter().position(|one| !all.iter().any(|other| requires(one, other)));
        sorted.push(all.remove(next.unwrap_or(0)));
    }
    sorted
}

/// The first, with the others in an order in which each comes after those that it requires.
fn one_of(unit: Vec<Planned>) -> Option<Planned> {
    let mut members: BTreeMap<String, Along> = BTreeMap::new();
    let (name, none) = (|candidate: &Candidate| candidate.container.name().to_owned(), || (None, None));
    let dependents = unit.iter().flat_map(|planned| &planned.candidate.dependents).map(|candidate| (candidate.clone(), none()));
    let rotated = unit.iter().map(|planned| (planned.candidate.clone(), (Some(planned.digest.clone()), planned.pulled_as.clone())));
    for (candidate, (digest, pulled_as)) in dependents.chain(rotated) {
        members.insert(name(&candidate), Along { candidate, digest, pulled_as });
    }
    let requires = |one: &Along, other: &Along| one.candidate.container.requires().contains(&other.candidate.container.id().as_str());
    let mut sorted = required_first(members.into_values().collect(), requires);
    // What requires none of them is there for its own sake.
    let first = sorted.iter().position(|along| along.digest.is_some())?;
    let Along { candidate, digest, pulled_as } = sorted.remove(first);
    Some(Planned { candidate, digest: digest?, pulled_as, also_moves: Vec::new(), along: sorted })
}

impl NotAlong {
    /// What a person can do about it; `by` is the one that cannot go along.
    pub fn help(&self, by: &str) -> Option<String> {
        match self {
            Self::Held(reason) => reason.help(),
            Self::Watched => Some(format!("name both, or let `{by}` be rotated")),
            Self::ByUnit => None,
            Self::PutAside => Some(format!("`podman rm {by}` if its successor is well; else the next run goes on with it")),
            Self::Stays => Some("let both go back: rotate.on_failure=rollback".to_owned()),
            Self::TagElsewhere => Some(format!("create `{by}` anew, from what its tag points to")),
            Self::SameTag => Some("name both, or give one of them another tag".to_owned()),
        }
    }
}

impl fmt::Display for NotAlong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(reason) => write!(f, "which is itself not to be made anew ({reason})"),
            Self::PutAside => f.write_str("which its own rotation has put aside, and not removed yet"),
            Self::Watched => f.write_str("which is watched only"),
            Self::ByUnit => f.write_str("which a unit of systemd makes, so that it would not be made anew with it"),
            Self::Stays => f.write_str(
                "and of the two one is to stay where it fails (rotate.on_failure=stay), which it could not while the other goes back",
            ),
            Self::TagElsewhere => f.write_str("which would come with another image, as its tag points elsewhere by now"),
            Self::SameTag => f.write_str("which follows the same tag, and is not rotated in this run"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::model::Image;
    use crate::policy::policy;

    fn candidate(name: &str, requires: &[&str], dependents: Vec<Candidate>) -> Candidate {
        let none = BTreeMap::new();
        Candidate {
            container: Container::new(json!({ "Id": name, "Name": name, "Dependencies": requires })),
            image: Image::new(json!({})),
            reference: format!("web.example/{name}:1").parse().expect("a reference"),
            policy: policy(&Config::default(), &none, &none).expect("the usual policy"),
            is_watched: false,
            service: None,
            dependents,
        }
    }

    fn planned(candidate: Candidate) -> Planned {
        let digest = format!("sha256:{}", "b".repeat(64)).parse().expect("a digest");
        Planned { candidate, digest, pulled_as: None, along: Vec::new(), also_moves: Vec::new() }
    }

    /// `db`, `cache` and `mail`; `web` requires the first two, `front` requires `web`.
    fn all() -> [Candidate; 5] {
        let front = candidate("front", &["web"], vec![]);
        let web = candidate("web", &["db", "cache"], vec![front.clone()]);
        let of_web = vec![front.clone(), web.clone()];
        [candidate("db", &[], of_web.clone()), candidate("cache", &[], of_web), candidate("mail", &[], vec![]), web, front]
    }

    /// Each unit's names, with a `+` where there is something newer, and the names that are skipped with their reasons.
    fn joined(names: &[&str], has_tag: bool) -> (Vec<String>, Vec<String>) {
        let rotations = all().into_iter().filter(|one| names.contains(&one.container.name())).map(planned).collect();
        let mut skipped = vec![all()[4].skip(Reason::UpToDate)];
        let joined = join(&Survey::default(), rotations, &mut skipped, |_| has_tag);
        let along = |along: &Along| format!("{}{}", along.candidate.container.name(), if along.digest.is_some() { "+" } else { "" });
        let names = |unit: &Planned| {
            let first = format!("{}+", unit.candidate.container.name());
            std::iter::once(first).chain(unit.along.iter().map(along)).collect::<Vec<_>>().join(" ")
        };
        let mut units: Vec<_> = joined.iter().map(names).collect();
        units.sort();
        (units, skipped.iter().map(|skipped| format!("{} {}", skipped.name, skipped.reason.code())).collect())
    }

    #[test]
    fn what_requires_goes_along_after_what_it_requires_and_joins_all_that_it_requires() {
        let up_to_date = || vec!["front up_to_date".to_owned()];
        assert_eq!(joined(&["db", "mail"], true), (vec!["db+ web front".into(), "mail+".into()], vec![]));
        assert_eq!(joined(&["db", "cache", "front"], true), (vec!["cache+ db+ web front+".into()], vec![]));
        assert_eq!(joined(&["web"], true), (vec!["web+ front".into()], vec![]));
        assert_eq!(joined(&["mail"], true), (vec!["mail+".into()], up_to_date()));
    }

    #[test]
    fn what_would_come_with_another_image_than_it_runs_holds_what_it_requires_but_not_itself() {
        let (units, skipped) = joined(&["db", "web"], false);
        assert_eq!((units, skipped), (vec![], vec!["front up_to_date".into(), "db required_by".into(), "web required_by".into()]));
        assert_eq!(joined(&["db", "web", "front"], false), (vec!["db+ web+ front+".into()], vec![]));
    }

    #[test]
    fn what_follows_the_tag_that_moves_and_is_not_rotated_holds_it() {
        let tagged = |candidate: Candidate| Candidate { reference: "web.example/one:1".parse().expect("a reference"), ..candidate };
        let [_, _, _, web, front] = all().map(tagged);
        let mut skipped = Vec::new();
        let joined = join(&Survey::default(), vec![planned(Candidate { dependents: vec![front], ..web })], &mut skipped, |_| true);
        assert!(joined.is_empty() && skipped[0].reason.to_string().contains("the same tag"), "{skipped:?}");
    }
}
