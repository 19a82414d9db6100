//! Units that play a file of Kubernetes (`.kube`): each start makes every container in it anew.

use super::unready::{Unplayable, Unready};
use super::{Survey, service::loaded};
use crate::model::{Container, Health, Reference, ServiceState, Status, Target};

/// What keeps this container from being rotated by a restart of the unit that plays it.
pub fn unready(survey: &Survey, state: &ServiceState, file: &str, container: &Container) -> Option<Unready> {
    let plays = |why| Some(Unready::Plays { file: file.to_owned(), why });
    let mut all = played(survey, state);
    // Podman's rule (`podman kube play`): without an `imagePullPolicy`, or with one that says so, `latest` is pulled.
    if let Some(other) = all.find(|other| tag_of(other).is_some_and(|tag| *tag.target() == Target::Tag("latest".into()))) {
        return plays(Unplayable::Latest { image: other.image_typed().to_owned() });
    }
    let Some(played_files) = state.played else { return plays(Unplayable::Unread) };
    if played_files.is_pulling {
        return plays(Unplayable::Pulls);
    }
    if container.created_at().is_none_or(|created_at| played_files.edited_at > created_at) {
        return plays(Unplayable::Edited);
    }
    let mut others = played(survey, state).filter(|other| other.id() != container.id());
    let twin = others.find(|other| tag_of(other).is_some() && tag_of(other) == tag_of(container));
    twin.and_then(|twin| plays(Unplayable::SharesImage { with: twin.name().to_owned() }))
}

/// What else a restart of the unit makes anew, and was well before: it has to be so afterwards.
pub fn siblings(survey: &Survey, state: &ServiceState, container: &Container) -> Vec<String> {
    let is_well = |other: &&Container| other.status() == Status::Running && matches!(other.state().health, None | Some(Health::Healthy));
    let others = played(survey, state).filter(|other| other.id() != container.id());
    others.filter(is_well).map(|other| other.name().to_owned()).collect()
}

/// The containers of the unit, without what holds them together.
fn played<'a>(survey: &'a Survey, state: &'a ServiceState) -> impl Iterator<Item = &'a Container> {
    let is_of_unit = |c: &&Container| matches!(loaded(survey, c), Ok(Some(unit)) if unit.name == state.name);
    survey.containers.iter().filter(|c| !c.is_infra()).filter(is_of_unit)
}

fn tag_of(container: &Container) -> Option<Reference> {
    container.image_typed().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Activity, Played, SERVICE_LABEL};

    fn container(name: &str, image: &str, state: Value) -> Container {
        Container::new(json!({
            "Id": name, "Name": name, "Created": "2026-01-01T10:00:00Z", "State": state,
            "Config": { "Image": image, "Labels": { SERVICE_LABEL: "k.service" } },
        }))
    }

    fn running() -> Value {
        json!({ "Status": "running" })
    }

    fn survey(played: Option<(bool, &str)>, others: Vec<Container>) -> Survey {
        let played = played.map(|(is_pulling, edited_at)| Played { is_pulling, edited_at: edited_at.parse().expect("a time") });
        let state = ServiceState {
            name: "k.service".into(),
            load: "loaded".into(),
            activity: Activity::Active,
            start: "argv[]=/usr/bin/podman kube play --replace /k.yaml ;".into(),
            played,
            ..ServiceState::default()
        };
        let containers = std::iter::once(container("k-a", "reg/a:1", running())).chain(others).collect();
        Survey { services: [(state.name.clone(), state)].into(), containers, ..Survey::default() }
    }

    fn why(survey: &Survey) -> Option<Unplayable> {
        match unready(survey, &survey.services["k.service"], "/k.yaml", &survey.containers[0]) {
            Some(Unready::Plays { why, .. }) => Some(why),
            Some(other) => panic!("{other}"),
            None => None,
        }
    }

    #[test]
    fn a_file_of_kubernetes_is_played_again_unless_that_brings_what_is_not_proved() {
        let before = Some((false, "2026-01-01T09:00:00Z"));
        let b = |image: &str| vec![container("k-b", image, running())];
        assert_eq!(why(&survey(before, b("reg/b:1"))), None);
        assert_eq!(why(&survey(before, b("reg/b:latest"))), Some(Unplayable::Latest { image: "reg/b:latest".into() }));
        assert_eq!(why(&survey(before, b("reg/b"))), Some(Unplayable::Latest { image: "reg/b".into() }));
        assert_eq!(why(&survey(Some((true, "2026-01-01T09:00:00Z")), b("reg/b:1"))), Some(Unplayable::Pulls));
        assert_eq!(why(&survey(Some((false, "2026-01-01T11:00:00Z")), b("reg/b:1"))), Some(Unplayable::Edited));
        assert_eq!(why(&survey(None, b("reg/b:1"))), Some(Unplayable::Unread));
        assert_eq!(why(&survey(before, b("reg/a:1"))), Some(Unplayable::SharesImage { with: "k-b".into() }));
    }

    #[test]
    fn what_was_well_beside_it_has_to_be_so_again() {
        let health = |status: &str| json!({ "Status": "running", "Health": { "Status": status } });
        let others = vec![
            container("k-b", "reg/b:1", running()),
            container("k-c", "reg/c:1", health("healthy")),
            container("k-d", "reg/d:1", health("unhealthy")),
            container("k-e", "reg/e:1", json!({ "Status": "exited" })),
        ];
        let survey = survey(Some((false, "2026-01-01T09:00:00Z")), others);
        assert_eq!(siblings(&survey, &survey.services["k.service"], &survey.containers[0]), ["k-b", "k-c"]);
    }
}
