//! What the files of Kubernetes say that a unit plays (`podman kube play`): Podman itself shows it nowhere.

use jiff::Timestamp;
use serde::Deserialize;
use serde_yaml_ng::{Deserializer, Value};

use super::files;
use super::owner::Owner;
use crate::model::{Played, ServiceState};

/// What does not pull what is there. Podman takes any other word for one that pulls, or refuses it; none means that the tag decides.
const NOT_PULLING: [&str; 4] = ["ifnotpresent", "missing", "never", ""];

/// None if one of them cannot be read.
pub async fn played(owner: &Owner, state: &ServiceState) -> Option<Played> {
    let mut all: Option<Played> = None;
    for path in state.played_files() {
        let read = files::read_dated(owner, path).await.map_err(|error| error.to_string());
        let said = read.and_then(|(text, at)| Ok((said(&text).map_err(|error| error.to_string())?, at)));
        let (said, edited_at) = match said {
            Ok(said) => said,
            Err(error) => {
                tracing::debug!("what {} plays is not known: {path}: {error}", state.name);
                return None;
            }
        };
        let mut so_far = all.unwrap_or(Played { is_pulling: false, images: Vec::new(), edited_at });
        so_far.is_pulling |= said.is_pulling;
        so_far.images.extend(said.images);
        so_far.edited_at = so_far.edited_at.max(edited_at);
        all = Some(so_far);
    }
    all
}

#[derive(Debug, Default, PartialEq)]
struct Said {
    is_pulling: bool,
    images: Vec<String>,
}

/// Reads YAML of any number of documents, or JSON. As in Podman, a key counts in whichever case it is written.
fn said(text: &str) -> Result<Said, serde_yaml_ng::Error> {
    let mut said = Said::default();
    for document in Deserializer::from_str(text) {
        walk(&Value::deserialize(document)?, &mut said);
    }
    Ok(said)
}

fn walk(value: &Value, said: &mut Said) {
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                match key.as_str().map(str::to_ascii_lowercase).as_deref() {
                    Some("imagepullpolicy") if !value.is_null() => {
                        let word = value.as_str().unwrap_or("?").to_ascii_lowercase();
                        said.is_pulling |= !NOT_PULLING.contains(&word.as_str());
                    }
                    Some("image") => said.images.extend(value.as_str().map(str::to_owned)),
                    _ => {}
                }
                walk(value, said);
            }
        }
        Value::Sequence(all) => all.iter().for_each(|value| walk(value, said)),
        Value::Tagged(tagged) => walk(&tagged.value, said),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Reads what `stat -c '%Y %Z'` of a file, and of a link that leads to it, and `cat` print, one after the other.
pub fn dated(printed: &str) -> Option<(String, Timestamp)> {
    let (dates, text) = printed.split_once("\n\n")?;
    let seconds = dates.split_whitespace().map(str::parse).collect::<Result<Vec<i64>, _>>().ok()?;
    Some((text.to_owned(), Timestamp::from_second(seconds.into_iter().max()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_may_pull_is_found_however_it_is_written() {
        let is_pulling = |text: &str| said(text).expect("YAML").is_pulling;
        for text in [
            "imagePullPolicy: Always",
            "{\"imagePullPolicy\":\"always\"}",
            "a: {imagePullPolicy: Never}\n---\nb:\n- imagePullPolicy: 'newer'",
            "imagepullpolicy: Always",
            "imagePullPolicy: &p Always",
            "imagePullPolicy: !!str Always",
            "imagePullPolicy: # comment\n  Always",
            "imagePullPolicy: !own Always",
            "imagePullPolicy: [Never]",
        ] {
            assert!(is_pulling(text), "{text}");
        }
        for text in ["image: always:1", "imagePullPolicy: IfNotPresent", "imagePullPolicy:", "# imagePullPolicy: Always", ""] {
            assert!(!is_pulling(text), "{text}");
        }
        assert!(said("a: [").is_err());
    }

    #[test]
    fn images_are_those_of_all_containers_also_of_what_runs_only_at_the_start() {
        let text = "spec:\n  initContainers:\n  - image: reg/a\n  containers:\n  - {name: b, image: \"reg/b:1\"}\n---\nspec:\n  x:\n    image: reg/b:1\n";
        assert_eq!(said(text).expect("YAML").images, ["reg/a", "reg/b:1", "reg/b:1"]);
    }

    #[test]
    fn what_was_printed_of_a_file_is_its_dates_and_then_its_text() {
        let at = Timestamp::from_second(1_700_000_000).ok();
        assert_eq!(dated("1700000000 1600000000\n1 2\n\nkind: Pod\n\n"), at.map(|at| ("kind: Pod\n\n".to_owned(), at)));
        assert_eq!(dated("no date\n\nkind: Pod"), None);
        assert_eq!(dated(""), None);
    }
}
