//! Where drop-ins lie that keep a unit of systemd from pulling by itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Survey;
use crate::model::{DropIn, DropInKind, ServiceState};

/// One for the unit itself and for each that fetches its image, as far as there is a place for it: beside the `.container` file that Quadlet made the
/// unit of, and among systemd's own for an `.image` file's, which count whatever Quadlet reads. One of a template would be for all of its instances.
pub fn drop_ins(survey: &Survey, state: &ServiceState) -> Vec<DropIn> {
    let own = (state, DropInKind::Container);
    let all = std::iter::once(own).chain(images(&survey.services, state).map(|state| (state, DropInKind::Image)));
    let drop_in = |(state, kind): (&ServiceState, DropInKind)| {
        let folder = match kind {
            DropInKind::Container => beside(state).filter(|_| !survey.has_no_drop_ins)?,
            DropInKind::Image => folder_of_systemd(state)?.join(format!("{}.d", state.name)),
        };
        let is_one = !state.name.contains('@');
        is_one.then(|| DropIn { unit: state.name.clone(), path: folder.join("50-rotate.conf"), kind })
    };
    all.filter_map(drop_in).collect()
}

/// An administrator's folder where the file itself is a package's, or gone with the next boot. What the administrator lays out for users is not
/// theirs to write beside, nor is it another's place for all of them; nor is it one for what a user lays out until the next boot.
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
const OF_USERS: [&str; 4] =
    ["/etc/containers/systemd/users", "/run/containers/systemd/users", "/run/user", "/usr/share/containers/systemd/users"];

/// Where the administrator, or the user, has drop-ins for units of this one's manager.
fn folder_of_systemd(state: &ServiceState) -> Option<PathBuf> {
    let folder = state.source.as_deref()?.parent()?;
    if ["/etc/containers/systemd", "/run/containers/systemd", "/usr/share/containers/systemd"].iter().any(|of| folder == Path::new(of)) {
        return Some(PathBuf::from("/etc/systemd/system"));
    }
    let home = folder.ancestors().find(|above| above.ends_with(".config/containers/systemd"))?;
    Some(home.parent()?.parent()?.join("systemd/user"))
}

/// The units of `.image` files that a unit needs.
pub fn images<'a>(services: &'a BTreeMap<String, ServiceState>, state: &'a ServiceState) -> impl Iterator<Item = &'a ServiceState> {
    state.requires.iter().filter_map(|name| services.get(name)).filter(|state| state.is_of("image"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_ins_lie_beside_the_file_of_the_user_and_for_what_fetches_the_image_among_those_of_systemd() {
        let paths = |container: &str, image: &str| -> Vec<String> {
            let x = ServiceState { name: "x-image.service".into(), source: Some(image.into()), ..ServiceState::default() };
            let web = ServiceState {
                name: "web.service".into(),
                source: Some(container.into()),
                requires: vec![x.name.clone(), "system.slice".into()],
                ..ServiceState::default()
            };
            let survey = Survey { services: [(x.name.clone(), x)].into(), ..Survey::default() };
            drop_ins(&survey, &web).iter().map(|drop_in| drop_in.path.display().to_string()).collect()
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
        for nowhere in [
            "/etc/systemd/system/web.service",
            "/etc/containers/systemd/users/1000/web.container",
            "/run/user/1000/containers/systemd/web.container",
        ] {
            assert_eq!(paths(nowhere, "/x.image"), Vec::<String>::new());
        }
    }
}
