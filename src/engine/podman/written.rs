//! What a unit's files say, read out of what `systemctl cat` prints. Pure.

use crate::model::is_tag_to_stay;

/// Where Quadlet keeps `[Container]` in the unit that it makes: the lines of the file itself, then those of its drop-ins in the order of their names, each
/// as it was written (Podman 4.4 and later).
const KEPT: &str = "[X-Container]";

/// The image that would count there without ours, as it is written.
pub fn own_image(unit: &str) -> Option<String> {
    values(unit, "Image").into_iter().rfind(|image| !is_tag_to_stay(image)).map(str::to_owned)
}

/// True if a `Pull=` counts there, in which place another one of ours counts.
pub fn has_pull(unit: &str) -> bool {
    values(unit, "Pull").last().is_some_and(|policy| !policy.is_empty())
}

/// The values of a key, in order.
fn values<'a>(unit: &'a str, wanted: &str) -> Vec<&'a str> {
    let (mut is_kept, mut goes_on) = (false, false);
    let mut all = Vec::new();
    for line in unit.lines().map(str::trim) {
        if line.starts_with(['#', ';']) {
            continue;
        }
        // What goes on is the rest of a value, whatever it looks like.
        let is_rest = std::mem::replace(&mut goes_on, line.ends_with('\\'));
        if is_rest {
            continue;
        }
        if line.starts_with('[') {
            is_kept = line == KEPT;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| is_kept)
            && key.trim_end() == wanted
        {
            all.push(value.trim());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_units_own_files_ask_for_is_told_from_what_a_drop_in_of_ours_makes_of_it() {
        let unit = |lines: &str| {
            format!(
                "# /run/systemd/generator/web.service\n# Automatically generated\n\n[Unit]\nDescription=Image=no\n\n[X-Container]\nContainerName=web\n{lines}\n\n\
                 [Service]\nImage=no\nExecStart=podman run --name web no\n\n# /etc/systemd/system/web.service.d/a.conf\n[Service]\nImage=no\n"
            )
        };
        let ours = "# Written by rotate: so.\nImage=localhost/rotate/unit:web\nPull=never".to_owned();
        for (lines, expected) in [
            ("Image=quay.io/a:1".to_owned(), Some("quay.io/a:1")),
            (format!("Image=quay.io/a:1\n{ours}"), Some("quay.io/a:1")),
            // Drop-ins of the user's, before ours and after it.
            (format!("Image=quay.io/a:1\nImage=quay.io/a:2\n{ours}"), Some("quay.io/a:2")),
            (format!("Image=quay.io/a:1\n{ours}\nImage = quay.io/a:3 "), Some("quay.io/a:3")),
            ("Image=quay.io/a:1\nExec=sh -c \\\nImage=no \\\n# Image=no\nImage=no\nPull=newer".to_owned(), Some("quay.io/a:1")),
            ("# Image=no \\\nImage=x.image".to_owned(), Some("x.image")),
            (ours.clone(), None),
            (String::new(), None),
        ] {
            assert_eq!(own_image(&unit(&lines)).as_deref(), expected, "{lines}");
        }
        assert_eq!(own_image("# /etc/systemd/system/web.service\n[Service]\nExecStart=podman run --name web a:1\n"), None);
    }

    #[test]
    fn an_option_that_pulls_is_known_by_its_key_and_not_by_its_command() {
        let command = "[Service]\nExecStart=podman run --name web --pull always a:1\n";
        for (lines, expected) in [
            ("Pull=always", true),
            ("Pull=always\nPull=", false),
            ("PodmanArgs=--pull always", false),
            ("PodmanArgs=--memory 1g \\\nPull=always", false),
            ("", false),
        ] {
            assert_eq!(has_pull(&format!("[X-Container]\nImage=a:1\n{lines}\n\n{command}")), expected, "{lines}");
        }
    }
}
