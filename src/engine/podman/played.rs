//! What the files of Kubernetes say that a unit plays (`podman kube play`): Podman itself shows it nowhere.

use jiff::Timestamp;

use super::files;
use super::owner::Owner;
use crate::model::{Played, ServiceState, is_pull};

/// None if one of them cannot be read.
pub async fn played(owner: &Owner, state: &ServiceState) -> Option<Played> {
    let mut all: Option<Played> = None;
    for path in state.played_files() {
        let (text, edited_at) = match files::read_dated(owner, path).await {
            Ok(read) => read,
            Err(error) => {
                tracing::debug!("what {} plays is not known: {error}", state.name);
                return None;
            }
        };
        let so_far = all.unwrap_or(Played { is_pulling: false, edited_at });
        let is_pulling = so_far.is_pulling || pulls(&text);
        all = Some(Played { is_pulling, edited_at: so_far.edited_at.max(edited_at) });
    }
    all
}

/// Whether it has Podman pull at each start, for whichever container: by a policy as YAML or JSON writes it.
fn pulls(text: &str) -> bool {
    let word = |value: &str| value.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()).is_some_and(is_pull);
    text.split("imagePullPolicy").skip(1).any(word)
}

/// Reads what `stat -c %Y` and `cat` print, one after the other.
pub fn dated(printed: &str) -> Option<(String, Timestamp)> {
    let (date, text) = printed.split_once('\n')?;
    Some((text.to_owned(), Timestamp::from_second(date.trim().parse().ok()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_pulls_is_found_in_yaml_and_json_and_one_that_does_not_is_none() {
        for text in ["  imagePullPolicy: Always\n", "{\"imagePullPolicy\":\"always\"}", "imagePullPolicy: Never\nimagePullPolicy: 'newer'"]
        {
            assert!(pulls(text), "{text}");
        }
        for text in ["image: always:1\n", "imagePullPolicy: IfNotPresent\n", "imagePullPolicy:\n", ""] {
            assert!(!pulls(text), "{text}");
        }
    }

    #[test]
    fn what_was_printed_of_a_file_is_its_date_and_then_its_text() {
        let at = Timestamp::from_second(1_700_000_000).ok();
        assert_eq!(dated("1700000000\nkind: Pod\n\n"), at.map(|at| ("kind: Pod\n\n".to_owned(), at)));
        assert_eq!(dated("no date\nkind: Pod"), None);
        assert_eq!(dated(""), None);
    }
}
