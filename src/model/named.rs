//! Containers that a unit of systemd has in hand by their names: what it starts, makes or removes so, no label has to tell. Pure.

use std::mem;

use super::{Manager, ServiceState};

/// One container, as a command of a unit names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name, or an id, perhaps the beginning of one.
    pub container: String,
    /// Such as `web.service`.
    pub unit: String,
    /// Whose that is.
    pub manager: Manager,
    /// What that does with it.
    pub deed: Deed,
}

/// What a unit does with a container that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// `podman start`: it does not make it (`podman generate systemd` without `--new`).
    Start,
    /// `podman run`, `podman create`: another one at each start.
    Make,
    /// `podman rm`.
    Remove,
}

impl Deed {
    fn of(command: &str) -> Option<Self> {
        Some(match command {
            "start" => Self::Start,
            "run" | "create" => Self::Make,
            "rm" => Self::Remove,
            _ => return None,
        })
    }
}

impl Named {
    /// All that the commands of a unit name: first those that start it, then those before that, which mostly clear the way.
    pub fn by(unit: &ServiceState, manager: &Manager) -> impl Iterator<Item = Self> {
        let named =
            |(deed, name): (Deed, &str)| Self { container: name.to_owned(), unit: unit.name.clone(), manager: manager.clone(), deed };
        // What is only seen to before the start has a life of its own, as has what a job stops and starts again (for a backup).
        let before = unit.before_start.lines().flat_map(deeds).filter(|(deed, _)| *deed != Deed::Start);
        let is_stopped = |name: &str| unit.start.lines().any(|command| stops(command, name));
        let start = unit.start.lines().flat_map(deeds).filter(move |(deed, name)| *deed != Deed::Start || !is_stopped(name));
        start.chain(before).map(named)
    }
}

/// As systemd writes a command: `{ path=/usr/bin/podman ; argv[]=/usr/bin/podman start web ; ignore_errors=no ; … }`. What another program runs counts
/// as well (`env`, `sh -c`): a shell's script is one argument, perhaps of several commands.
fn deeds(command: &str) -> Vec<(Deed, &str)> {
    let argv = command.split_once("argv[]=").map_or(command, |(_, argv)| argv);
    let argv = argv.split(" ; ignore_errors=").next().unwrap_or_default();
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    let mut words = argv.split(is_between).filter(|word| !word.is_empty());
    let mut all = Vec::new();
    while words.any(is_podman) {
        all.extend(deed(words.clone()).into_iter().flat_map(|(deed, names)| names.into_iter().map(move |name| (deed, name))));
    }
    all
}

/// True if a command stops this container.
fn stops(command: &str, name: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'') || ENDS.contains(&c);
    let mut words = command.split(is_between).filter(|word| !word.is_empty()).skip_while(|word| *word != "stop");
    words.any(|word| word == name)
}

/// What follows the program's name. None: it is no command for containers.
fn deed<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<(Deed, Vec<&'a str>)> {
    let mut before = "";
    let verb = words.find(|word| {
        let is_option = word.starts_with(['-', '$']);
        // `--log-level debug`; `--syslog run` has none.
        let is_value = before.starts_with('-') && !before.contains('=') && Deed::of(word).is_none();
        before = *word;
        !is_option && !is_value && *word != "container"
    });
    let deed = Deed::of(verb?)?;
    let names = match deed {
        Deed::Start | Deed::Remove => {
            let mut is_over = false;
            let words = words.take_while(|word| !mem::replace(&mut is_over, word.ends_with(ENDS)));
            words.filter(|word| !word.starts_with('-')).map(|word| word.trim_end_matches(ENDS)).filter(|word| !word.is_empty()).collect()
        }
        Deed::Make => {
            let option = words.find_map(|word| word.strip_prefix("--name").filter(|rest| rest.is_empty() || rest.starts_with('=')));
            option.and_then(|rest| rest.strip_prefix('=').or_else(|| words.next())).into_iter().collect()
        }
    };
    Some((deed, names))
}

/// What ends a command of a shell's.
const ENDS: [char; 3] = [';', '&', '|'];

/// The package podman-docker has Podman under the other name.
fn is_podman(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("podman" | "docker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_unit_starts_makes_or_removes_by_name_is_told_from_what_other_commands_do() {
        let named = |command: &str| {
            let start = format!("{{ path=/x ; argv[]={command} ; ignore_errors=no ; start_time=[n/a] }}");
            let unit = ServiceState { start, ..ServiceState::default() };
            Named::by(&unit, &Manager::System).map(|named| format!("{:?} {}", named.deed, named.container)).collect::<Vec<_>>().join(", ")
        };
        for (command, expected) in [
            ("/usr/bin/podman start web", "Start web"),
            ("podman --log-level=debug container start -a web db", "Start web, Start db"),
            ("podman --log-level debug start web", "Start web"),
            ("/usr/bin/podman $LOGGING start web", "Start web"),
            ("/usr/bin/podman run --rm --name web -e A=b web:1 start", "Make web"),
            ("podman --syslog container run -d --name=web web:1", "Make web"),
            ("podman create --name web web:1 --name db", "Make web"),
            ("/usr/bin/docker run --name web web:1", "Make web"),
            ("/usr/bin/env podman rm -f web db", "Remove web, Remove db"),
            ("/bin/sh -c \"podman rm -f web ; exec podman run --name 'web' web:1\"", "Remove web, Make web"),
            ("/bin/sh -c \"podman rm -f web; podman start db && echo web\"", "Remove web, Start db"),
            ("podman run --health-cmd a || exit 1 --name web web:1", "Make web"),
            ("podman run web:1 run", ""),
            ("podman run --name", ""),
            ("podman exec web start db", ""),
            ("/usr/bin/podman pod start app", ""),
            ("/usr/bin/podman pod create --name app", ""),
            ("/usr/sbin/start web", ""),
            ("/bin/sh -c \"podman stop -t 9 db; tar c /data; podman start db\"", ""),
            ("podman", ""),
            ("", ""),
        ] {
            assert_eq!(named(command), expected, "{command}");
        }
    }

    #[test]
    fn what_is_done_before_the_start_comes_after_what_is_started() {
        let command = |command: &str| format!("{{ path=/x ; argv[]={command} ; ignore_errors=yes }}");
        let before_start = ["podman start db", "podman stop web", "podman rm -f web"].map(command).join("\n");
        let unit = ServiceState {
            name: "a.service".into(),
            start: command("podman run --name web web:1"),
            before_start,
            ..ServiceState::default()
        };
        let named = |deed| Named { container: "web".into(), unit: "a.service".into(), manager: Manager::System, deed };
        assert_eq!(Named::by(&unit, &Manager::System).collect::<Vec<_>>(), [named(Deed::Make), named(Deed::Remove)]);
    }
}
