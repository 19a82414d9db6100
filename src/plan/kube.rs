//! Units that play a file of Kubernetes (`.kube`): each start makes every container in it anew.

use super::unready::{Unplayable, Unready};
use super::{Survey, service::loaded};
use crate::model::{Container, Health, Reference, ServiceState, Status, Target};

/// What keeps this container from being rotated by a restart of the unit that plays it.
pub fn unready(survey: &Survey, state: &ServiceState, file: &str, container: &Container) -> Option<Unready> {
    unplayable(survey, state, container).map(|why| Unready::Plays { file: file.to_owned(), why })
}

fn unplayable(survey: &Survey, state: &ServiceState, container: &Container) -> Option<Unplayable> {
    let Some(of_files) = &state.played else { return Some(Unplayable::Unread) };
    let typed = || of_files.images.iter().map(String::as_str).chain(played(survey, state).map(Container::image_typed));
    // Podman's rule (`podman kube play`): without an `imagePullPolicy`, or with one that says so, `latest` is pulled.
    let is_latest = |image: &&str| tag(image).is_some_and(|tag| *tag.target() == Target::Tag("latest".into()));
    if let Some(image) = typed().find(is_latest) {
        return Some(Unplayable::Latest { image: image.to_owned() });
    }
    if of_files.is_pulling {
        return Some(Unplayable::Pulls);
    }
    if state.builds() {
        return Some(Unplayable::Builds);
    }
    if state.drops_volumes() {
        return Some(Unplayable::DropsVolumes);
    }
    if container.created_at().is_none_or(|created_at| of_files.edited_at > created_at) {
        return Some(Unplayable::Edited);
    }
    let own = tag(container.image_typed());
    let others = || played(survey, state).filter(|other| other.id() != container.id());
    if let Some(twin) = others().find(|other| own.is_some() && tag(other.image_typed()) == own) {
        return Some(Unplayable::SharesImage { with: twin.name().to_owned() });
    }
    // One that runs only at the start is gone by now.
    if own.is_some() && of_files.images.iter().filter(|image| tag(image) == own).count() > 1 {
        return Some(Unplayable::SharesImage { with: "another container".to_owned() });
    }
    // Podman shows whichever name the image has (seen on 5.4).
    let is_said = |name: &str| of_files.images.iter().any(|image| tag(image).is_some() && tag(image) == tag(name));
    if !is_said(container.image_typed()) {
        return Some(Unplayable::Unnamed { image: container.image_typed().to_owned() });
    }
    // One whose image has none of the names in there any more gets another at its next start.
    let has_moved = |other: &&Container| {
        let is_of_tag = tag(other.image_typed()).is_some_and(|name| matches!(name.target(), Target::Tag(_)));
        let image = survey.images.get(&other.image_id());
        is_of_tag && !image.is_some_and(|image| image.tags().iter().any(|name| is_said(name)))
    };
    others().find(has_moved).map(|other| Unplayable::Moved { of: other.name().to_owned() })
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

fn tag(typed: &str) -> Option<Reference> {
    typed.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Activity, Image, Played, SERVICE_LABEL};

    fn container(name: &str, image: &str, state: Value) -> Container {
        Container::new(json!({
            "Id": name, "Name": name, "Image": image, "Created": "2026-01-01T10:00:00Z", "State": state,
            "Config": { "Image": image, "Labels": { SERVICE_LABEL: "k.service" } },
        }))
    }

    fn running() -> Value {
        json!({ "Status": "running" })
    }

    fn survey(played: Option<(bool, &str)>, others: Vec<Container>) -> Survey {
        let images = std::iter::once("reg/a:1".to_owned()).chain(others.iter().map(|other| other.image_typed().to_owned())).collect();
        let played = played.map(|(is_pulling, edited_at)| Played { is_pulling, images, edited_at: edited_at.parse().expect("a time") });
        let state = ServiceState {
            name: "k.service".into(),
            load: "loaded".into(),
            activity: Activity::Active,
            start: "argv[]=/usr/bin/podman kube play --replace /k.yaml ;".into(),
            played,
            ..ServiceState::default()
        };
        let containers: Vec<Container> = std::iter::once(container("k-a", "reg/a:1", running())).chain(others).collect();
        let image = |c: &Container| (c.image_id(), Image::new(json!({ "Id": c.image_typed(), "RepoTags": [c.image_typed()] })));
        let images = containers.iter().map(image).collect();
        Survey { services: [(state.name.clone(), state)].into(), containers, images, ..Survey::default() }
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
        let mut moved = survey(before, b("reg/b:1"));
        moved.images.remove(&moved.containers[1].image_id());
        assert_eq!(why(&moved), Some(Unplayable::Moved { of: "k-b".into() }));
        let with = |images: &[&str], start: &str, after_stop: &str| {
            let mut survey = survey(before, b("reg/b:1"));
            let state = survey.services.get_mut("k.service").expect("it is there");
            (state.start, state.after_stop) = (start.to_owned(), after_stop.to_owned());
            state.played.as_mut().expect("read").images = images.iter().map(|&image| image.to_owned()).collect();
            why(&survey)
        };
        let play = "argv[]=/usr/bin/podman kube play --replace /k.yaml ;";
        assert_eq!(with(&["reg/a:1", "reg/b:1"], play, "argv[]=/usr/bin/podman kube down /k.yaml ;"), None);
        assert_eq!(with(&["reg/a:1", "reg/init"], play, ""), Some(Unplayable::Latest { image: "reg/init".into() }));
        assert_eq!(with(&["reg/a:1", "reg/a:1"], play, ""), Some(Unplayable::SharesImage { with: "another container".into() }));
        assert_eq!(with(&["reg/b:1"], play, ""), Some(Unplayable::Unnamed { image: "reg/a:1".into() }));
        assert_eq!(with(&[], play, "argv[]=/usr/bin/podman kube down --force /k.yaml ;"), Some(Unplayable::DropsVolumes));
        assert_eq!(with(&[], "argv[]=/usr/bin/podman kube play --build /k.yaml ;", ""), Some(Unplayable::Builds));
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
