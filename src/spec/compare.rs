//! The comparison of predecessor and successor as the engine describes them.

use serde_json::Value;

use super::difference::Difference;
use super::document::{Container, Images};
use super::explain::Explainer;
use super::operational::is_operational;
use super::podman;
use super::stale::stale;
use super::tree::differing_leaves;

/// Compares predecessor and successor. Pure.
///
/// Takes both answers of `GET /containers/{id}/json` as sent, from one engine at one API version; the predecessor runs, the successor was created and never started.
/// Returns every leaf that differs, ascending, with the rule that explains it or with none; leaves under [`super::OPERATIONAL`] are not looked at. Where both have the
/// same value and the new image's default is due instead, that is among them too, unexplained, with `old` equal to `new`. `Config.Image` must be the same: a dry run,
/// which creates from a digest, replaces it before.
pub fn compare(predecessor: &Value, successor: &Value, images: Images<'_>) -> Vec<Difference> {
    let explainer = Explainer { predecessor: Container(predecessor), successor: Container(successor), images };
    let is_libpod = podman::is_libpod(predecessor);
    let mut differences = Vec::new();
    differing_leaves(predecessor, successor, &mut |path, old, new| {
        if is_operational(path) || is_libpod && podman::is_operational(path) {
            return;
        }
        let of_podman = || is_libpod.then(|| podman::explains(path, old, new, explainer)).flatten();
        let rule = of_podman().or_else(|| explainer.explain(path, old, new));
        differences.push(Difference::new(path, old.clone(), new.clone(), rule));
    });
    differences.extend(stale(predecessor, successor, images));
    differences.sort_by(|one, other| one.path.cmp(&other.path));
    differences
}
