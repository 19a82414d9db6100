//! `PATH` where an image says nothing of it: Podman gives the container its own then, the one in `env` of `containers.conf`.

use serde_json::Value;

use super::command::{Typed, are_with_secret, parse};
use crate::spec::document::{Container, Images, text, texts};
use crate::spec::tree::variable_name;

/// Podman's own, unless its configuration says another one (4.3–5.8).
pub const OWN: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// True if each of the two values is what its image says, or Podman's own where that image says none, and nobody asked for one.
///
/// A value goes as Podman's own where the command is known and says nothing of it; of an old one without a command, or with a file of variables, which may
/// have said it, only if it is the usual one.
pub fn is_given(predecessor: Container<'_>, images: Images<'_>, old: &Value, new: &Value) -> bool {
    let typed: Vec<&str> = texts(&predecessor.config()["CreateCommand"]).collect();
    let options = if typed.is_empty() { Some(Vec::new()) } else { parse(&typed).ok().map(|(options, _)| options) };
    let Some(options) = options.filter(|options| !say_it(options)) else { return false };
    let is_known = !typed.is_empty() && options.iter().all(|option| option.name != "env-file");
    let is_own = |value: &Value| text(value).strip_prefix("PATH=") == Some(OWN);
    said(images.old).map_or_else(|| is_own(old) || is_known && old.is_string(), |said| old == said)
        && said(images.new).map_or_else(|| new.is_string(), |said| new == said)
}

fn said(image: &Value) -> Option<&str> {
    texts(&image["Config"]["Env"]).find(|variable| variable_name(variable) == "PATH")
}

fn say_it(options: &[Typed<'_>]) -> bool {
    let is_it = |option: &Typed<'_>| match (option.name, option.value) {
        ("env" | "env-merge" | "unsetenv", Some(variable)) => variable_name(variable) == "PATH" || variable.ends_with('*'),
        ("unsetenv-all", value) => value != Some("false"),
        _ => false,
    };
    options.iter().any(is_it) || are_with_secret(options, "PATH")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(command: &[&str], images: [Option<&str>; 2], values: [&str; 2], expected: bool) {
        let image =
            |path: Option<&str>| json!({ "Config": { "Env": path.map(|path| format!("PATH={path}")).into_iter().collect::<Vec<_>>() } });
        let (old, new) = (image(images[0]), image(images[1]));
        let document = json!({ "Config": { "CreateCommand": command } });
        let [before, after] = values.map(|path| Value::from(format!("PATH={path}")));
        let is_given = is_given(Container(&document), Images { old: &old, new: &new }, &before, &after);
        assert_eq!(is_given, expected, "{command:?} {images:?} {values:?}");
    }

    #[test]
    fn a_path_that_neither_image_nor_command_says_is_the_engines() {
        let plain = &["podman", "run", "-e", "A=b", "web"][..];
        check(plain, [Some("/bin"), None], ["/bin", OWN], true);
        check(plain, [Some("/bin"), None], ["/bin", "/of/containers.conf"], true);
        check(plain, [Some(OWN), None], [OWN, OWN], true);
        check(plain, [None, Some("/bin")], [OWN, "/bin"], true);
        check(plain, [None, None], ["/before", "/of/containers.conf"], true);
        check(&["podman", "run", "--env-file=/vars", "web"], [Some("/bin"), None], ["/bin", OWN], true);
        check(&[], [Some("/bin"), None], ["/bin", OWN], true);
        check(&[], [None, Some("/bin")], [OWN, "/bin"], true);
    }

    #[test]
    fn a_path_that_somebody_asked_for_is_not() {
        for option in
            ["--env=PATH=/bin", "--env=PATH", "--env=P*", "--env-merge=PATH=${PATH}:/mine", "--secret=PATH,type=env", "--unsetenv-all"]
        {
            check(&["podman", "run", option, "web"], [Some("/bin"), None], ["/bin", OWN], false);
        }
        let plain = &["podman", "run", "web"][..];
        check(plain, [Some("/bin"), None], ["/mine", OWN], false);
        check(plain, [Some("/bin"), Some("/sbin")], ["/bin", OWN], false);
        check(&["podman", "run", "--env-file=/vars", "web"], [None, None], ["/of/the/file", OWN], false);
        check(&[], [None, None], ["/asked/for", OWN], false);
        check(&["podman", "run", "--made-up", "web"], [Some("/bin"), None], ["/bin", OWN], false);
    }
}
