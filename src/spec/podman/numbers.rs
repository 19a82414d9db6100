//! User namespaces whose numbers Podman chooses (`--userns auto`). Predecessor and successor are there at the same time, so theirs are not the same.

use serde_json::Value;

use super::command::{Typed, parse};
use crate::spec::document::{Container, text, texts};

/// Why a container cannot have others. Seen on 4.3, 5.4 and 5.8: what the predecessor has written belongs to nobody in the successor, and neither its
/// root nor anybody else there may write it, or read what not everybody may.
pub const BELONGS_TO_THE_OLD: &str =
    "`auto` gives a successor other numbers, to which nothing in its volumes and writable mounts belongs: mount them with `U` or `idmap`";

/// What the options ask for, if Podman is to choose: `auto`, `auto:size=5000`.
pub fn chosen<'a>(options: &[Typed<'a>]) -> Option<&'a str> {
    let asked = options.iter().rev().find(|option| option.name == "userns")?.value?;
    (asked.split(':').next() == Some("auto")).then_some(asked)
}

/// True if both were asked for in the same words, by which Podman chooses.
pub fn are_chosen_alike(predecessor: Container<'_>, successor: Container<'_>) -> bool {
    let of = |container: Container<'_>| {
        let typed: Vec<_> = texts(&container.config()["CreateCommand"]).collect();
        parse(&typed).ok().and_then(|(options, _)| chosen(&options).map(str::to_owned))
    };
    of(predecessor).is_some_and(|asked| of(successor) == Some(asked))
}

/// True if both are maps (`["0:200000:1024"]`) of as many numbers.
pub fn are_as_many(old: &Value, new: &Value) -> bool {
    let count = |map: &Value| texts(map).map(|range| range.rsplit(':').next()?.parse::<u64>().ok()).sum::<Option<u64>>();
    count(old).is_some_and(|many| count(new) == Some(many))
}

/// True if what is in it belongs to numbers of this container, and stays with them. With `U` Podman gives it to whoever is started, as it did before
/// each start of the predecessor; with `idmap` the kernel shows it as everybody's own. What is only read was another's all along.
pub fn stays_behind(mount: &Value) -> bool {
    let follows = texts(&mount["Options"]).any(|option| ["U", "idmap"].contains(&option));
    let is_its_own = text(&mount["Type"]) == "volume" || mount["RW"] != false;
    is_its_own && !follows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_chosen_where_the_last_word_on_them_is_auto_and_alike_in_the_same_words() {
        let alike = |old: &[&str], new: &[&str]| {
            let document = |options: &[&str]| {
                let command = [&["podman", "run"][..], options, &["web"]].concat();
                json!({ "Config": { "CreateCommand": command } })
            };
            are_chosen_alike(Container(&document(old)), Container(&document(new)))
        };
        assert!(alike(&["--userns", "auto"], &["--name=web.rotate-next-1", "--userns=auto"]));
        assert!(alike(&["--userns=keep-id", "--userns=auto:size=9"], &["--userns=auto:size=9"]));
        assert!(!alike(&["--userns=auto"], &["--userns=auto:size=9"]));
        assert!(!alike(&["--userns=auto", "--userns=keep-id"], &["--userns=auto", "--userns=keep-id"]));
        assert!(!alike(&["--userns=automatic"], &["--userns=automatic"]));
        assert!(!alike(&["--userns=auto"], &[]));
        assert!(!alike(&[], &[]));
    }

    #[test]
    fn two_maps_are_of_as_many_numbers_however_they_are_cut() {
        assert!(are_as_many(&json!(["0:200000:1024"]), &json!(["0:206024:1024"])));
        assert!(are_as_many(&json!(["0:200000:1024"]), &json!(["0:206024:1000", "1000:300000:24"])));
        assert!(!are_as_many(&json!(["0:200000:1024"]), &json!(["0:206024:1025"])));
        assert!(!are_as_many(&json!(["0:200000:1024"]), &Value::Null));
        assert!(!are_as_many(&json!(["many"]), &json!(["more"])));
    }
}
