//! Which unit of systemd owns a container, if one does, and what about that unit keeps it from being rotated.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{Reason, Survey};
use crate::model::{Activity, Container, DropIn, DropInKind, SERVICE_LABEL, Service, ServiceState};

/// What keeps a unit of systemd from being restarted with a new image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unready {
    /// systemd cannot be asked, so that nobody knows whether there is such a unit.
    Unknown {
        /// Why, as far as it was said.
        message: Option<String>,
    },
    /// It has failed.
    Failed,
    /// It is on its way up or down.
    Busy,
    /// It is down, though a container of it runs.
    Down,
    /// It is masked.
    Masked,
    /// Its files were changed, and systemd does not know yet.
    Edited,
    /// It may not be started or stopped by hand.
    NoOrders,
    /// It does not make this container by `podman run`: a `.kube` file, a pod's, or a unit that starts a container by its name.
    OtherKind,
    /// It pulls by itself at each start, and nothing of ours can keep it from that.
    Pulls,
}

impl Unready {
    /// As one word for programs; stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::OtherKind => "owned_by_unit",
            Self::Failed => "unit_failed",
            Self::Busy => "unit_busy",
            Self::Down => "unit_down",
            Self::Masked => "unit_masked",
            Self::Edited => "unit_edited",
            Self::NoOrders => "unit_takes_no_orders",
            Self::Pulls => "unit_pulls",
        }
    }

    /// What a person can do about it.
    pub fn help(&self, unit: &str) -> Option<String> {
        match self {
            Self::Unknown { .. } => {
                Some("run rotate where `systemctl` reaches the manager of this unit: on the host, as the engine's user".into())
            }
            Self::Failed => Some(format!("see `systemctl status {unit}`; `systemctl restart {unit}` brings it up again")),
            Self::Busy | Self::Down => Some(format!("see `systemctl status {unit}`")),
            Self::Masked => Some(format!("`systemctl unmask {unit}`")),
            Self::Edited => Some("`systemctl daemon-reload`, and restart it if the change is wanted".into()),
            Self::OtherKind => Some("`podman auto-update` takes it, if its job is proof enough".into()),
            Self::Pulls => Some("leave the pull to rotate: without it, or as `Pull=` in a .container file, the unit can be rotated".into()),
            Self::NoOrders => None,
        }
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { message: None } => f.write_str("systemd cannot be asked about it"),
            Self::Unknown { message: Some(message) } => write!(f, "systemd cannot be asked about it: {message}"),
            Self::Failed => f.write_str("it has failed"),
            Self::Busy => f.write_str("it is starting or stopping"),
            Self::Down => f.write_str("it is down, though its container runs"),
            Self::Masked => f.write_str("it is masked"),
            Self::Edited => f.write_str("its files were changed and not reloaded"),
            Self::NoOrders => f.write_str("it may not be started or stopped by hand"),
            Self::OtherKind => f.write_str("it does not make this container by `podman run`"),
            Self::Pulls => f.write_str("it pulls at each start what nobody has proved"),
        }
    }
}

/// The unit that owns a container; none if its label is stale: nobody has loaded such a unit.
pub fn owner(survey: &Survey, container: &Container) -> Result<Option<Service>, Reason> {
    let Some(name) = container.labels().remove(SERVICE_LABEL) else { return Ok(None) };
    let held = |why| Err(Reason::OwnedByUnit { unit: name.clone(), why });
    let Some(state) = survey.services.get(&name) else { return held(Unready::Unknown { message: survey.no_services.clone() }) };
    match state.load.as_str() {
        "not-found" => return Ok(None),
        "masked" => return held(Unready::Masked),
        _ => {}
    }
    let drop_ins = drop_ins(&survey.services, state);
    match unready(&survey.services, state, &drop_ins, container.name()) {
        Some(why) => held(why),
        None => Ok(Some(Service { drop_ins, dependents: Vec::new(), was_pinned: false, name })),
    }
}

fn unready(services: &BTreeMap<String, ServiceState>, state: &ServiceState, drop_ins: &[DropIn], container: &str) -> Option<Unready> {
    if !state.makes(container) {
        return Some(Unready::OtherKind);
    }
    // A pull before the start moves the tag as much as one at the start.
    let pulls_before = state.before_start.split_whitespace().any(|word| word == "pull");
    let mut pulling = std::iter::once(state).chain(images(services, state)).filter(|state| state.pulls());
    if pulls_before || !pulling.all(|state| drop_ins.iter().any(|drop_in| drop_in.unit == state.name)) {
        return Some(Unready::Pulls);
    }
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

/// The units of `.image` files that a unit needs.
fn images<'a>(services: &'a BTreeMap<String, ServiceState>, state: &'a ServiceState) -> impl Iterator<Item = &'a ServiceState> {
    state.requires.iter().filter_map(|name| services.get(name)).filter(|state| state.is_of("image"))
}

/// Where drop-ins lie that keep a unit from pulling, as far as there is a place for them: beside the `.container` file that Quadlet made it of, and among
/// systemd's own for an `.image` file's. One of a template would be for all of its instances.
pub fn drop_ins(services: &BTreeMap<String, ServiceState>, state: &ServiceState) -> Vec<DropIn> {
    let own = (state, DropInKind::Container);
    let all = std::iter::once(own).chain(images(services, state).map(|state| (state, DropInKind::Image)));
    let drop_in = |(state, kind): (&ServiceState, DropInKind)| {
        let folder = match kind {
            DropInKind::Container => beside(state)?,
            DropInKind::Image => folder_of_systemd(state)?.join(format!("{}.d", state.name)),
        };
        let is_one = !state.name.contains('@');
        is_one.then(|| DropIn { unit: state.name.clone(), path: folder.join("50-rotate.conf"), kind })
    };
    all.filter_map(drop_in).collect()
}

/// An administrator's folder where the file itself is a package's, or gone with the next boot. What the administrator lays out for users is not
/// theirs to write beside, nor is it another's place for all of them.
fn beside(state: &ServiceState) -> Option<PathBuf> {
    let source: &Path = state.source.as_deref().filter(|_| state.is_of("container"))?;
    if OF_USERS.iter().any(|folder| source.starts_with(folder)) {
        return None;
    }
    let folder = format!("{}.d", source.file_name()?.to_str()?);
    let is_foreign = source.starts_with("/usr") || source.starts_with("/run");
    Some(if is_foreign { Path::new("/etc/containers/systemd").join(folder) } else { source.with_file_name(folder) })
}

/// Where users' units lie that are not in their homes (podman-systemd.unit(5)).
const OF_USERS: [&str; 3] = ["/etc/containers/systemd/users", "/run/containers/systemd/users", "/usr/share/containers/systemd/users"];

/// Where the administrator, or the user, has drop-ins for units of this one's manager.
fn folder_of_systemd(state: &ServiceState) -> Option<PathBuf> {
    let folder = state.source.as_deref()?.parent()?;
    if ["/etc/containers/systemd", "/run/containers/systemd", "/usr/share/containers/systemd"].iter().any(|of| folder == Path::new(of)) {
        return Some(PathBuf::from("/etc/systemd/system"));
    }
    let home = folder.ancestors().find(|above| above.ends_with(".config/containers/systemd"))?;
    Some(home.parent()?.parent()?.join("systemd/user"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            (start("podman kube play web.yaml"), "owned_by_unit"),
            (pulls.clone(), "rotated"),
            (ServiceState { source: None, ..pulls.clone() }, "unit_pulls"),
            (ServiceState { name: "web@1.service".into(), ..pulls }, "unit_pulls"),
            (ServiceState { before_start: "argv[]=/usr/bin/podman pull web:1 ;".into(), ..web() }, "unit_pulls"),
        ];
        for (state, expected) in cases {
            assert_eq!(check(state.clone()), expected, "{state:?}");
        }
    }

    #[test]
    fn drop_ins_lie_beside_the_file_of_the_user_and_for_what_fetches_the_image_among_those_of_systemd() {
        let paths = |container: &str, image: &str| -> Vec<String> {
            let x = ServiceState { name: "x-image.service".into(), source: Some(image.into()), ..ServiceState::default() };
            let web = ServiceState { source: Some(container.into()), requires: vec![x.name.clone(), "system.slice".into()], ..web() };
            drop_ins(&[(x.name.clone(), x)].into(), &web).iter().map(|drop_in| drop_in.path.display().to_string()).collect()
        };
        assert_eq!(
            paths("/etc/containers/systemd/web.container", "/etc/containers/systemd/x.image"),
            ["/etc/containers/systemd/web.container.d/50-rotate.conf", "/etc/systemd/system/x-image.service.d/50-rotate.conf"]
        );
        assert_eq!(
            paths("/home/a/.config/containers/systemd/web.container", "/home/a/.config/containers/systemd/x.image"),
            [
                "/home/a/.config/containers/systemd/web.container.d/50-rotate.conf",
                "/home/a/.config/systemd/user/x-image.service.d/50-rotate.conf"
            ]
        );
        assert_eq!(
            paths("/usr/share/containers/systemd/web.container", "/x.build"),
            ["/etc/containers/systemd/web.container.d/50-rotate.conf"]
        );
        for nowhere in ["/etc/systemd/system/web.service", "/etc/containers/systemd/users/1000/web.container"] {
            assert_eq!(paths(nowhere, "/x.image"), Vec::<String>::new());
        }
    }
}
