//! Which unit of systemd owns a container, if one does, and what about that unit keeps it from being rotated.

use super::drop_ins::{drop_ins, images};
use super::{Reason, Survey, Unready, kube};
use crate::model::{Activity, Container, Deed, DropIn, Named, SERVICE_LABEL, Service, ServiceState};

/// Of an id, as far as it is written in a unit: what is shorter is a name.
const SHORTEST_ID: usize = 12;

/// The unit that owns a container; none if its label is stale: nobody has loaded such a unit.
pub fn owner(survey: &Survey, container: &Container) -> Result<Option<Service>, Reason> {
    if let Some(named) = survey.named.iter().find(|named| is_in_hand(survey, named, container)) {
        let (unit, manager) = (named.unit.clone(), named.manager.clone());
        let why = if manager == survey.manager { named.deed.into() } else { Unready::OfSystem };
        return Err(Reason::OwnedByUnit { unit, why, manager });
    }
    let Some(state) = loaded(survey, container)? else {
        // Some unit may start it by its name all the same.
        let unknown = survey.unknown_starters.clone();
        return unknown.map_or(Ok(None), |message| Err(Reason::OwnerUnknown { message }));
    };
    let drop_ins = drop_ins(survey, state);
    match unready(survey, state, &drop_ins, container) {
        Some(why) => held(survey, &state.name, why),
        None => Ok(Some(Service {
            name: state.name.clone(),
            drop_ins,
            dependents: Vec::new(),
            is_to_note: false,
            down: Vec::new(),
            manager: survey.manager.clone(),
            was_pinned: false,
            source: state.source.clone(),
            leaves_drop_ins: false,
            siblings: if state.plays().is_some() { kube::siblings(survey, state, container) } else { Vec::new() },
        })),
    }
}

/// True if the unit does so with this container. What a unit makes, and clears away before, is its own where its label says so; what it starts is never.
fn is_in_hand(survey: &Survey, named: &Named, container: &Container) -> bool {
    let id = named.container.as_str();
    let is_it = id == container.name() || id.len() >= SHORTEST_ID && container.id().as_str().starts_with(id);
    // A label tells the name of a unit, and not whose it is.
    let is_own = named.manager == survey.manager && container.label(SERVICE_LABEL) == Some(&named.unit);
    is_it && (named.deed == Deed::Start || !is_own)
}

/// The unit that a container names as its owner, if it is loaded.
pub fn loaded<'a>(survey: &'a Survey, container: &Container) -> Result<Option<&'a ServiceState>, Reason> {
    let Some(name) = container.label(SERVICE_LABEL) else { return Ok(None) };
    let Some(state) = survey.services.get(name) else {
        return held(survey, name, Unready::Unknown { message: survey.no_services.clone() });
    };
    match state.load.as_str() {
        "not-found" => Ok(None),
        "masked" => held(survey, name, Unready::Masked),
        _ => Ok(Some(state)),
    }
}

pub fn held<T>(survey: &Survey, unit: &str, why: Unready) -> Result<T, Reason> {
    Err(Reason::OwnedByUnit { unit: unit.to_owned(), why, manager: survey.manager.clone() })
}

fn unready(survey: &Survey, state: &ServiceState, drop_ins: &[DropIn], container: &Container) -> Option<Unready> {
    let file = state.plays();
    if let Some(why) = file.and_then(|file| kube::unready(survey, state, file, container)) {
        return Some(why);
    }
    if file.is_none() && !state.makes(container.name()) {
        return Some(Unready::OtherKind);
    }
    // A pull before the start moves the tag as much as one at the start.
    let pulls_before = state.before_start.split_whitespace().any(|word| word == "pull");
    let mut pulling = std::iter::once(state).chain(images(&survey.services, state)).filter(|state| state.pulls());
    let is_kept = |state: &ServiceState| drop_ins.iter().any(|drop_in| drop_in.unit == state.name);
    if pulls_before || state.pulls_regardless() || !pulling.all(is_kept) {
        return Some(Unready::Pulls);
    }
    standing(state)
}

/// Why it is not simply up, as its files say.
pub fn standing(state: &ServiceState) -> Option<Unready> {
    match state.activity {
        Activity::Failed => Some(Unready::Failed),
        Activity::Inactive => Some(Unready::Down),
        Activity::Activating | Activity::Deactivating => Some(Unready::Busy),
        Activity::Active if state.has_job => Some(Unready::Busy),
        Activity::Active if state.is_edited || !state.is_loaded() => Some(Unready::Edited),
        Activity::Active if !state.takes_orders => Some(Unready::NoOrders),
        Activity::Active => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Manager;

    fn web() -> ServiceState {
        ServiceState {
            name: "web.service".into(),
            load: "loaded".into(),
            activity: Activity::Active,
            takes_orders: true,
            source: Some("/etc/containers/systemd/web.container".into()),
            start: "argv[]=/usr/bin/podman run --name web --rm -d web:1 ;".into(),
            ..ServiceState::default()
        }
    }

    /// The reason's code; `rotated`, or `plain` for one that nobody owns.
    fn check(state: ServiceState) -> &'static str {
        let labels = json!({ "Name": "web", "Config": { "Labels": { SERVICE_LABEL: state.name } } });
        let survey = Survey { services: [(state.name.clone(), state)].into(), ..Survey::default() };
        match owner(&survey, &Container::new(labels)) {
            Ok(Some(_)) => "rotated",
            Ok(None) => "plain",
            Err(reason) => reason.code(),
        }
    }

    #[test]
    fn a_unit_is_restarted_only_if_it_is_up_as_its_files_say_and_can_be_kept_from_pulling() {
        let start = |start: &str| ServiceState { start: start.to_owned(), ..web() };
        let pulls = ServiceState { start: "podman run --name web --pull newer web:1".into(), ..web() };
        let cases = [
            (web(), "rotated"),
            (ServiceState { load: "not-found".into(), activity: Activity::Inactive, start: String::new(), ..web() }, "plain"),
            (ServiceState { load: "masked".into(), ..web() }, "unit_masked"),
            (ServiceState { activity: Activity::Failed, ..web() }, "unit_failed"),
            (ServiceState { activity: Activity::Activating, ..web() }, "unit_busy"),
            (ServiceState { has_job: true, ..web() }, "unit_busy"),
            (ServiceState { activity: Activity::Inactive, ..web() }, "unit_down"),
            (ServiceState { is_edited: true, ..web() }, "unit_edited"),
            (ServiceState { takes_orders: false, ..web() }, "unit_takes_no_orders"),
            (start("podman start web"), "owned_by_unit"),
            (start("argv[]=podman kube play web.yaml ;"), "owned_by_unit"),
            (pulls.clone(), "rotated"),
            (ServiceState { pulls_by_arguments: true, ..pulls.clone() }, "unit_pulls"),
            (ServiceState { source: None, ..pulls.clone() }, "unit_pulls"),
            (ServiceState { name: "web@1.service".into(), ..pulls.clone() }, "unit_pulls"),
            (ServiceState { source: Some("/run/user/1000/containers/systemd/web.container".into()), ..pulls }, "unit_pulls"),
            (start("podman run --name web --pull=always web:1"), "unit_pulls"),
            (start("podman run --name web --pull never -d --pull always web:1"), "unit_pulls"),
            (start("podman run --name web --pull newer --pull=never web:1"), "rotated"),
            (start("podman run --name web --pull=never --pull-pace=always web:1"), "rotated"),
            (ServiceState { before_start: "argv[]=/usr/bin/podman pull web:1 ;".into(), ..web() }, "unit_pulls"),
        ];
        for (state, expected) in cases {
            assert_eq!(check(state.clone()), expected, "{state:?}");
        }
    }

    #[test]
    fn where_quadlet_reads_no_drop_ins_only_what_systemd_reads_keeps_a_unit_from_pulling() {
        let is_held = |start: &str, has_image: bool| {
            let x = ServiceState {
                name: "x-image.service".into(),
                source: Some("/etc/containers/systemd/x.image".into()),
                start: "argv[]=/usr/bin/podman image pull web:1 ;".into(),
                ..ServiceState::default()
            };
            let requires = has_image.then(|| x.name.clone()).into_iter().collect();
            let web = ServiceState { start: start.to_owned(), requires, ..web() };
            let container = Container::new(json!({ "Name": "web", "Config": { "Labels": { SERVICE_LABEL: web.name } } }));
            let services = [web, x].map(|state| (state.name.clone(), state)).into();
            let survey = Survey { services, has_no_drop_ins: true, ..Survey::default() };
            owner(&survey, &container).map(|_| ()).map_err(|reason| reason.code())
        };
        assert_eq!(is_held("podman run --name web --pull newer web:1", false), Err("unit_pulls"));
        assert_eq!(is_held("podman run --name web --pull newer web:1", true), Err("unit_pulls"));
        assert_eq!(is_held("podman run --name web --pull=never web:1", false), Ok(()));
        assert_eq!(is_held("podman run --name web web:1", true), Ok(()));
    }

    #[test]
    fn what_a_unit_has_in_hand_by_its_name_is_held_unless_it_is_the_one_that_makes_it_by_its_label() {
        let why = |manager: &Manager, deed: Deed, named: &str, labels: serde_json::Value| {
            let named = Named { container: named.into(), unit: "web.service".into(), manager: Manager::System, deed };
            let services = ["web.service", "b.service"].map(|name| (name.to_owned(), ServiceState { name: name.into(), ..web() }));
            let survey = Survey { named: vec![named], services: services.into(), manager: manager.clone(), ..Survey::default() };
            let document = json!({ "Name": "web", "Id": "0123456789abcdef", "Config": { "Labels": labels } });
            match owner(&survey, &Container::new(document)) {
                Err(Reason::OwnedByUnit { unit, why, .. }) if unit == "web.service" => Some(why),
                Err(reason) => panic!("{reason}"),
                Ok(_) => None,
            }
        };
        let (none, own, others) = (json!({}), json!({ SERVICE_LABEL: "web.service" }), json!({ SERVICE_LABEL: "b.service" }));
        for (deed, named, labels, expected) in [
            (Deed::Start, "web", &none, Some(Unready::StartsByName)),
            (Deed::Start, "web", &own, Some(Unready::StartsByName)),
            (Deed::Start, "0123456789ab", &none, Some(Unready::StartsByName)),
            (Deed::Start, "0123", &none, None),
            (Deed::Make, "web", &none, Some(Unready::MakesByName)),
            (Deed::Make, "web", &others, Some(Unready::MakesByName)),
            (Deed::Make, "web", &own, None),
            (Deed::Make, "we", &none, None),
            (Deed::Remove, "web", &none, Some(Unready::RemovesByName)),
            (Deed::Remove, "web", &own, None),
        ] {
            assert_eq!(why(&Manager::System, deed, named, labels.clone()), expected, "{deed:?} {named} {labels}");
            // Its label cannot mean a unit of the system's in a user's engine: that is another one of this name.
            let of_system = (named != "we" && named != "0123").then_some(Unready::OfSystem);
            assert_eq!(why(&Manager::Oneself, deed, named, labels.clone()), of_system, "{deed:?} {named} {labels}");
        }
    }

    #[test]
    fn what_a_unit_may_start_by_its_name_is_held_where_systemd_tells_nothing_of_that() {
        let of = |labels: serde_json::Value, loaded: Option<ServiceState>| {
            let services = loaded.into_iter().map(|state| (state.name.clone(), state)).collect();
            let survey = Survey { services, unknown_starters: Some("waited 20 s".into()), ..Survey::default() };
            owner(&survey, &Container::new(json!({ "Name": "web", "Config": { "Labels": labels } })))
        };
        let labels = json!({ SERVICE_LABEL: "web.service" });
        let stale = ServiceState::absent("web.service".into());
        for reason in [of(json!({}), None), of(labels.clone(), Some(stale))].map(|owner| owner.expect_err("nobody knows whose it is")) {
            assert_eq!(reason.code(), "owned_by_unit");
            assert!(reason.is_fault() && reason.to_string().ends_with("waited 20 s"), "{reason}");
        }
        // What has a unit of its own is made by that one.
        assert!(of(labels, Some(web())).is_ok_and(|service| service.is_some()));
    }
}
