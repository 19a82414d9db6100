//! Units of systemd that start from one tag: moved for whichever container, it brings the new image to each of them with that one's next start. What no unit
//! makes runs from the id of its image, and does not mind.

use std::collections::BTreeMap;

use super::{Reason, Survey};
use crate::config::Config;
use crate::model::{Container, Image, Reference, SERVICE_LABEL, ServiceState, Target};
use crate::policy::{Selection, policy};

/// Who starts from which tag.
#[derive(Debug, Default)]
pub struct SharedTags(BTreeMap<Reference, Vec<Sharer>>);

#[derive(Debug)]
struct Sharer {
    name: String,
    /// A person's word that it is to stay as it is.
    stays: Option<Reason>,
}

impl SharedTags {
    /// On this host.
    pub fn of(survey: &Survey, config: &Config) -> Self {
        let mut all = Self::default();
        for container in survey.containers.iter().filter(|container| is_made(survey, container)) {
            let Ok(reference) = container.image_typed().parse::<Reference>() else { continue };
            if matches!(reference.target(), Target::Tag(_)) {
                let sharer = Sharer { name: container.name().to_owned(), stays: stays(survey, config, container) };
                all.0.entry(reference).or_default().push(sharer);
            }
        }
        all
    }

    /// Why the tag must not be moved for this container: another one that is to stay as it is would not, from its next start on.
    pub fn reason(&self, reference: &Reference, container: &Container) -> Option<Reason> {
        let (with, why) = self.others(reference, container.name()).find_map(|other| Some((other.name.clone(), other.stays.clone()?)))?;
        Some(Reason::SharesTag { with, why: Box::new(why) })
    }

    /// The others that start from it.
    pub fn names(&self, reference: &Reference, but: &str) -> Vec<String> {
        self.others(reference, but).map(|other| other.name.clone()).collect()
    }

    fn others<'a>(&'a self, reference: &Reference, but: &'a str) -> impl Iterator<Item = &'a Sharer> {
        self.0.get(reference).into_iter().flatten().filter(move |other| other.name != but)
    }
}

/// Names as people read them: `a`, `b`.
pub fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// True if a unit of systemd makes it, whatever else it is.
fn is_made(survey: &Survey, container: &Container) -> bool {
    let unit = container.label(SERVICE_LABEL).and_then(|name| survey.services.get(name));
    unit.is_some_and(ServiceState::is_loaded)
}

fn stays(survey: &Survey, config: &Config, container: &Container) -> Option<Reason> {
    if let Some(hold) = survey.holds.get(container.name()) {
        return Some(Reason::OnHold(hold.clone()));
    }
    let of_the_image = survey.images.get(&container.image_id()).map(Image::labels).unwrap_or_default();
    let is_opted_out = policy(config, &container.labels(), &of_the_image).is_ok_and(|policy| policy.selection == Selection::OptedOut);
    is_opted_out.then_some(Reason::OptedOut)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Activity, Digest, Hold};
    use crate::plan::{Planned, order, select};

    fn made(name: &str, image: &str, labels: &[(&str, &str)]) -> Container {
        let mut all = json!({ SERVICE_LABEL: format!("{name}.service") });
        labels.iter().for_each(|(key, value)| all[*key] = json!(value));
        Container::new(json!({ "Name": name, "Config": { "Image": image, "Labels": all } }))
    }

    /// What keeps `a` from having its tag moved, where `b` is like this.
    fn check(b: Container, is_held: bool, is_loaded: bool) -> Option<String> {
        let a = made("a", "nginx", &[]);
        let state = |name: &str, is_loaded: bool| {
            let load = if is_loaded { "loaded" } else { "not-found" };
            let name = format!("{name}.service");
            (name.clone(), ServiceState { name, load: load.into(), ..ServiceState::default() })
        };
        let hold = Hold { name: "b".into(), reason: None, until: None, at: jiff::Timestamp::UNIX_EPOCH };
        let survey = Survey {
            containers: vec![a.clone(), b],
            services: [state("a", true), state("b", is_loaded)].into(),
            holds: is_held.then(|| ("b".to_owned(), hold)).into_iter().collect(),
            ..Survey::default()
        };
        let reference = "nginx:latest".parse().expect("a reference");
        SharedTags::of(&survey, &Config::default()).reason(&reference, &a).map(|reason| reason.to_string())
    }

    #[test]
    fn a_tag_is_not_moved_under_a_unit_that_a_person_wants_to_stay_as_it_is() {
        let b = |labels: &[(&str, &str)]| made("b", "docker.io/library/nginx:latest", labels);
        assert!(check(b(&[]), true, true).is_some_and(|text| text.contains("`b`") && text.contains("on hold")));
        assert!(check(b(&[("rotate.enable", "false")]), false, true).is_some_and(|text| text.contains("`b`")));
        assert_eq!(check(b(&[]), false, true), None);
        assert_eq!(check(b(&[]), true, false), None, "no unit will start it");
        assert_eq!(check(made("b", "nginx:1", &[]), true, true), None, "another tag");
    }

    /// One that runs `nginx`, made by a unit of its name or by none.
    fn running(name: &str, is_made: bool, labels: &[(&str, &str)]) -> Container {
        let mut all = json!({});
        if is_made {
            all[SERVICE_LABEL] = json!(format!("{name}.service"));
        }
        labels.iter().for_each(|(key, value)| all[*key] = json!(value));
        Container::new(json!({
            "Id": name.repeat(64), "Name": name, "Image": "sha256:old", "State": { "Status": "running" },
            "Config": { "Image": "nginx", "Labels": all }, "HostConfig": { "RestartPolicy": { "Name": "no" } },
        }))
    }

    /// Why `a` is held beside `b`; else whom its rotation moves the tag for as well.
    fn plan_of(a: Container, b: Container, is_b_held: bool) -> Result<Vec<String>, &'static str> {
        let state = |container: &Container| {
            let name = container.labels().remove(SERVICE_LABEL)?;
            let start = format!("argv[]=podman run --name {} nginx ;", container.name());
            let up = ServiceState { load: "loaded".into(), activity: Activity::Active, takes_orders: true, ..ServiceState::default() };
            Some((name.clone(), ServiceState { name, start, ..up }))
        };
        let hold = Hold { name: "b".into(), reason: None, until: None, at: jiff::Timestamp::UNIX_EPOCH };
        let image = Image::new(json!({ "Id": "sha256:old", "Os": "linux", "Architecture": "amd64" }));
        let survey = Survey {
            services: [&a, &b].into_iter().filter_map(state).collect(),
            images: [(image.id(), image)].into(),
            holds: is_b_held.then(|| ("b".to_owned(), hold)).into_iter().collect(),
            containers: vec![a, b],
            takes_stop_signal: true,
            ..Survey::default()
        };
        let (candidates, skipped) = select(&survey, &Config::default(), &["a".to_owned()]);
        if let Some(skipped) = skipped.first() {
            return Err(skipped.reason.code());
        }
        let digest: Digest = format!("sha256:{}", "b".repeat(64)).parse().expect("a digest");
        let planned = |candidate| Planned { candidate, digest: digest.clone(), pulled_as: None, along: Vec::new(), also_moves: Vec::new() };
        let rotations = candidates.into_iter().take(1).map(planned).collect();
        let mut plan = order(rotations, Vec::new(), &SharedTags::of(&survey, &Config::default()));
        Ok(plan.rotations.remove(0).also_moves)
    }

    #[test]
    fn a_tag_is_a_units_for_whichever_container_it_would_be_moved_and_nobodys_else() {
        let (held, told, free) = (Err("shares_tag"), Ok(vec!["b".to_owned()]), Ok(Vec::new()));
        for is_a_made in [true, false] {
            let check = |is_b_made, labels: &[(&str, &str)], is_b_held| {
                plan_of(running("a", is_a_made, &[]), running("b", is_b_made, labels), is_b_held)
            };
            assert_eq!(check(true, &[], true), held, "{is_a_made}: on hold");
            assert_eq!(check(true, &[("rotate.enable", "false")], false), held, "{is_a_made}: opted out");
            assert_eq!(check(true, &[], false), told, "{is_a_made}: goes on with it");
            // The next start of what no unit makes brings the image that it has.
            assert_eq!(check(false, &[], true), free, "{is_a_made}");
            assert_eq!(check(false, &[("rotate.enable", "false")], false), free, "{is_a_made}");
            assert_eq!(check(false, &[], false), free, "{is_a_made}");
        }
    }
}
